"""Links by API: candidates, what was decided, and deciding."""

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from surveys.links import serializers
from surveys.links.adjudicate import say_of_pair, take_back
from surveys.links.listing import STATES, decision_made, decisions_page, links_page
from surveys.links.visible import decider
from surveys.links.words import VETOES
from surveys.privacy.access import reader

PAGING = [OpenApiParameter("page_size", int), OpenApiParameter("cursor", str)]
RECORD = OpenApiParameter("record", str, description="The id of a record.")
A_PAIR = OpenApiExample(
    "Two records of one household",
    value={
        "a": "0b8f4a52-8f0e-4a3c-9d43-1f2f6f0f7d11",
        "b": "5d1c7e7e-33b2-4a0e-8a54-0f9a6b1f2c90",
        "decision": "same",
        "reason": "They were asked",
        "newest": 0,
    },
    request_only=True,
)
A_DECISION = OpenApiExample(
    "Decided",
    value={
        "id": 118,
        "a": "0b8f4a52-8f0e-4a3c-9d43-1f2f6f0f7d11",
        "b": "5d1c7e7e-33b2-4a0e-8a54-0f9a6b1f2c90",
        "decision": "same",
        "kind": "person",
        "by": "supervisor",
        "reason": "They were asked",
        "weight": None,
        "at": "2014-06-03T13:20:00Z",
        "revokes": None,
        "revoked": False,
        "households": {
            "a": "91a3b1f0-6a1b-4a5e-8a1c-2f6f1f0b7d22",
            "b": "91a3b1f0-6a1b-4a5e-8a1c-2f6f1f0b7d22",
        },
    },
    response_only=True,
)


class LinksView(APIView):
    @extend_schema(
        operation_id="links_list",
        parameters=[
            OpenApiParameter("state", str, enum=STATES, description="`open` if not said."),
            OpenApiParameter(
                "place",
                str,
                many=True,
                description="Codes of places, each with everything below it.",
            ),
            OpenApiParameter("veto", str, enum=sorted(VETOES)),
            RECORD,
            OpenApiParameter("unmask", str, description="Why you need to see personal data."),
            *PAGING,
        ],
        responses=serializers.LinkPage,
    )
    def get(self, request: Request) -> Response:
        """Pairs of records that may be one household, and why; the heaviest first."""
        return Response(links_page(reader(request.user), request._request))


class DecisionsView(APIView):
    @extend_schema(
        operation_id="links_decisions_list",
        parameters=[RECORD, *PAGING],
        responses=serializers.LinkDecisionPage,
    )
    def get(self, request: Request) -> Response:
        """What was decided, by whom, the newest first; nothing in it is ever changed."""
        return Response(decisions_page(reader(request.user), request._request))

    @extend_schema(
        operation_id="links_decisions_create",
        request=serializers.SayOfPair,
        responses={201: serializers.DecisionMade},
        examples=[A_PAIR, A_DECISION],
    )
    def post(self, request: Request) -> Response:
        """Says of two records that they are one household, different ones, or cannot be told."""
        user = decider(request.user)
        asked = serializers.SayOfPair(data=request.data)
        asked.is_valid(raise_exception=True)
        said = dict(asked.validated_data)
        decision = say_of_pair(verdict=said.pop("decision"), by=user, **said)
        return Response(decision_made(decision, user), status=201)


class RevokeView(APIView):
    @extend_schema(
        operation_id="links_decisions_revoke",
        request=serializers.TakeBack,
        responses={201: serializers.DecisionMade},
        examples=[OpenApiExample("Why", value={"reason": "The wrong pair"}, request_only=True)],
    )
    def post(self, request: Request, decision_id: int) -> Response:
        """Takes a decision back; the households are what they were before it."""
        user = decider(request.user)
        asked = serializers.TakeBack(data=request.data)
        asked.is_valid(raise_exception=True)
        reason = asked.validated_data["reason"]
        decision = take_back(decision_id=decision_id, reason=reason, by=user)
        return Response(decision_made(decision, user), status=201)
