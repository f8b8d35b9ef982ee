"""Overrides of *vulnerable* by API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from surveys.indicators import serializers
from surveys.indicators.models import VulnerableOverride
from surveys.indicators.override.decide import (
    override_vulnerable,
    overrides_for,
    revoke_override,
)
from surveys.indicators.views import keeper, ring_indicators_bell

MOST = 500


class OverridesView(APIView):
    @extend_schema(operation_id="indicators_overrides_list", responses=serializers.OverrideList)
    def get(self, request: Request) -> Response:
        """Who said of which family that it is vulnerable, or is not, and why; the newest first."""
        rows = overrides_for(keeper(request.user))[:MOST]
        return Response({"results": [_json(each) for each in rows]})

    @extend_schema(
        operation_id="indicators_overrides_create",
        request=serializers.AskOverride,
        responses={201: serializers.OverrideShape},
    )
    def post(self, request: Request) -> Response:
        """From the next run on the family counts as said; the record stays as it was answered."""
        user = keeper(request.user)
        said = serializers.AskOverride(data=request.data)
        said.is_valid(raise_exception=True)
        made = override_vulnerable(by=user, **said.validated_data)
        ring_indicators_bell()
        return Response(_json(made), status=201)


class RevokeView(APIView):
    @extend_schema(
        operation_id="indicators_overrides_revoke",
        request=serializers.AskRevokeOverride,
        responses={204: None},
    )
    def post(self, request: Request, pk: int) -> Response:
        """The form's own answer counts again."""
        user = keeper(request.user)
        said = serializers.AskRevokeOverride(data=request.data)
        said.is_valid(raise_exception=True)
        revoke_override(override_id=pk, by=user, **said.validated_data)
        ring_indicators_bell()
        return Response(status=204)


def _json(override: VulnerableOverride) -> dict[str, Any]:
    revoked_by = override.revoked_by
    return {
        "id": override.pk,
        "household": str(override.household_id),
        "vulnerable": override.vulnerable,
        "reason": override.reason,
        "by": override.by.username,
        "at": override.at,
        "revoked_at": override.revoked_at,
        "revoked_by": revoked_by.username if revoked_by else None,
        "revoked_why": override.revoked_why,
    }
