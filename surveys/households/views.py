"""Households in JSON: a page of them, or one."""

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from surveys.households import serializers
from surveys.households.profiles import households_page, one_household
from surveys.privacy.access import reader

PARAMETERS = [
    OpenApiParameter("place", str, description="A place's code, and everything below it."),
    OpenApiParameter("card", str, description="A card number, however it is written."),
    OpenApiParameter("unmask", str, description="Why you need to see personal data."),
    OpenApiParameter("page_size", int),
    OpenApiParameter("cursor", str),
]


class HouseholdsView(APIView):
    @extend_schema(
        operation_id="households_list",
        parameters=PARAMETERS,
        responses=serializers.HouseholdPage,
    )
    def get(self, request: Request) -> Response:
        """A page of households with their members as last registered."""
        return Response(households_page(reader(request.user), request._request))


class HouseholdView(APIView):
    @extend_schema(
        operation_id="households_retrieve",
        parameters=PARAMETERS[2:3],
        responses=serializers.HouseholdShape,
    )
    def get(self, request: Request, household_id: UUID) -> Response:
        """One household; `redirect_to` names the one it was merged into."""
        return Response(one_household(reader(request.user), household_id, request._request))
