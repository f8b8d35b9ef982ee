"""Quality by API: flags, their states, the daily report, the checks as they are set."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.models import User
from backend.accounts.permissions import may_review
from backend.pagination import column_key, page_of, page_size_of
from backend.problems import Problem
from surveys.cleaning.models import QualityFlag
from surveys.privacy.access import reader, reviewer
from surveys.quality import serializers
from surveys.quality.catalog import SEVERITIES
from surveys.quality.daily import summary_json
from surveys.quality.reading import FILTERS, STATES, flag_rows, flags_asked_for, visible_flags
from surveys.quality.send import Said, say_of_flag
from surveys.quality.setting import checks_in_force
from surveys.quality.words import FLAGS, word
from surveys.submissions.review import Looked

KNOWN = {*FILTERS, "page_size", "cursor", "format"}
EXPLAINED = OpenApiExample(
    "Explained",
    value={
        "state": "explained",
        "reason": "They were called: the herd was counted with the neighbour's.",
        "looked": "open",
    },
    request_only=True,
)


class QualityFlagsView(APIView):
    @extend_schema(
        operation_id="quality_flags_list",
        parameters=[
            OpenApiParameter("state", str, enum=STATES, description="`live` if not said."),
            OpenApiParameter("severity", str, enum=SEVERITIES),
            OpenApiParameter("code", str),
            OpenApiParameter("form", str),
            OpenApiParameter("place", str, description="A place's code, and everything below it."),
            OpenApiParameter("enumerator", str),
            OpenApiParameter("record", str, description="The id of a record."),
            OpenApiParameter("page_size", int),
            OpenApiParameter("cursor", str),
        ],
        responses=serializers.QualityFlagPage,
    )
    def get(self, request: Request) -> Response:
        """Quality flags of the records you see, the newest first."""
        user = reader(request.user)
        query = request._request.GET
        for name in query:
            if name not in KNOWN:
                raise Problem("field_unknown", field=name)
        page = page_of(
            flags_asked_for(user, query),
            [column_key("id", "id", descending=True)],
            lambda keys: [_with_words(row) for row in flag_rows(user, keys)],
            request=request._request,
            list_name="quality flags",
            size=page_size_of(request._request),
        )
        return Response({"next": page.next, "previous": page.previous, "results": page.rows})


class QualityFlagView(APIView):
    @extend_schema(operation_id="quality_flags_retrieve", responses=serializers.QualityFlagHistory)
    def get(self, request: Request, flag_id: int) -> Response:
        """One flag and its history; nothing in it is ever changed."""
        user = reader(request.user)
        return Response(_history(_find(user, flag_id), user))


class QualityFlagStateView(APIView):
    @extend_schema(
        operation_id="quality_flags_state",
        request=serializers.SayOfFlag,
        responses={201: serializers.QualityFlagHistory},
        examples=[EXPLAINED],
    )
    def post(self, request: Request, flag_id: int) -> Response:
        """Puts a flag into another state; `sent` also sends the record back to its enumerator."""
        user = reviewer(request.user)
        flag = _find(user, flag_id)
        asked = serializers.SayOfFlag(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        edition = said.get("edition")
        looked = Looked(edition, said.get("last_step")) if edition else None
        told = Said(said["state"], said["reason"], said["looked"], record=looked)
        say_of_flag(flag, told, by=user)
        return Response(_history(_find(user, flag_id), user), status=201)


class QualityReportView(APIView):
    @extend_schema(operation_id="quality_report", responses=serializers.QualityReport)
    def get(self, request: Request) -> Response:
        """The daily report of what you see: codes, enumerators, days, progress."""
        return Response(summary_json(reader(request.user)))


class QualityChecksView(APIView):
    @extend_schema(operation_id="quality_checks_list", responses=serializers.CheckList)
    def get(self, request: Request) -> Response:
        """Every check with its parameters, as they are set."""
        reader(request.user)
        return Response(
            {
                "results": [
                    {
                        "code": check.code,
                        "what": word(FLAGS, check.code),
                        "group": check.group,
                        "severity": check.severity,
                        "owner": check.owner,
                        "when": check.when,
                        "enabled": check.enabled,
                        "parameters": check.parameters(),
                    }
                    for check in checks_in_force().values()
                ]
            }
        )


def _find(user: User, flag_id: int) -> QualityFlag:
    flag = visible_flags(user).select_related("submission__form").filter(pk=flag_id).first()
    if flag is None:
        raise Problem("not_found")
    return flag


def _history(flag: QualityFlag, user: User) -> dict[str, Any]:
    (row,) = flag_rows(user, [flag.pk])
    reviews = may_review(user)
    steps = [
        {
            "was": step.was,
            "now": step.now,
            "why": step.why,
            "reason": step.reason if reviews else None,
            "by": step.by.username if step.by else None,
            "at": step.at,
        }
        for step in flag.steps.select_related("by")
    ]
    return {**_with_words(row), "steps": steps}


def _with_words(row: dict[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in row.items() if name != "place_name"}
    return {**told, "what": word(FLAGS, row["code"])}
