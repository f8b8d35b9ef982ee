"""Corrections by API: the log, proposing, deciding."""

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from surveys.corrections import serializers
from surveys.corrections.bell import ring_errands_bell
from surveys.corrections.decide import decide_corrections
from surveys.corrections.errands import ask_decision, errand_json, find_errand
from surveys.corrections.listing import (
    STATES,
    corrections_json,
    corrections_page,
    granted_for,
)
from surveys.corrections.propose import Because, Wish, propose_corrections
from surveys.corrections.visible import find_root, proposer
from surveys.privacy.access import reader


class CorrectionsView(APIView):
    @extend_schema(
        operation_id="corrections_list",
        parameters=[
            OpenApiParameter("state", str, enum=list(STATES), description="`all` if not said."),
            OpenApiParameter("form", str),
            OpenApiParameter("record", str),
            OpenApiParameter("bundle", str),
            OpenApiParameter("path", str),
            OpenApiParameter("unmask", str, description="Why you need to see personal data."),
            OpenApiParameter("page_size", int),
            OpenApiParameter("cursor", str),
        ],
        responses=serializers.CorrectionPage,
    )
    def get(self, request: Request) -> Response:
        """The log of corrections, the newest first; nothing in it is ever changed."""
        return Response(corrections_page(reader(request.user), request._request))

    @extend_schema(
        operation_id="corrections_create",
        request=serializers.Proposal,
        responses={201: serializers.CorrectionsDecided},
    )
    def post(self, request: Request) -> Response:
        """Proposes that answers of one record are others; somebody else approves it."""
        user = proposer(request.user)
        asked = serializers.Proposal(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        record_id = find_root(said["record"], user).pk
        granted = granted_for(user, said["unmask"])
        made = propose_corrections(
            record_id=record_id,
            wishes=[
                Wish(
                    each.get("row", record_id),
                    each["path"],
                    each.get("new"),
                    old=each.get("old"),
                    action=each["action"],
                )
                for each in said["changes"]
            ],
            because=Because(said["reason"], said["source"]),
            by=user,
            granted=granted,
        )
        found = corrections_json([c.pk for c in made], user, granted)
        return Response({"corrections": found}, status=201)


class CorrectionMoveView(APIView):
    @extend_schema(
        operation_id="corrections_decide",
        parameters=[
            OpenApiParameter(
                "move",
                str,
                OpenApiParameter.PATH,
                enum=["approve", "reject", "withdraw", "revoke"],
            )
        ],
        request=serializers.CorrectionMove,
        responses={200: serializers.CorrectionsDecided, 202: serializers.ErrandShape},
    )
    def post(self, request: Request, correction_id: UUID, move: str) -> Response:
        """Approves, rejects, withdraws or revokes it, and what was proposed with it.

        With `whole_bundle` a worker does so for all records of its bundle: 202, and how far it is.
        """
        user = proposer(request.user)
        asked = serializers.CorrectionMove(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        granted = granted_for(user, said["unmask"])
        decision = {"move": move, "by": user, "why": said["why"], "granted": granted}
        if said["whole_bundle"]:
            errand = ask_decision(correction_id=correction_id, **decision)
            ring_errands_bell()
            return Response(errand_json(errand), status=202)
        decided = decide_corrections(correction_id=correction_id, **decision)
        done = corrections_json([c.pk for c in decided], user, granted)
        return Response({"corrections": done})


class ErrandView(APIView):
    @extend_schema(operation_id="corrections_errand", responses=serializers.ErrandShape)
    def get(self, request: Request, errand_id: UUID) -> Response:
        """How far a decision on a whole bundle, or a recode, is; for whoever asked for it."""
        return Response(errand_json(find_errand(errand_id, reader(request.user))))
