"""Indicators by API: figures, households behind, history, files; tables, freezing, computing."""

import logging
import threading
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import override
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from kombu.exceptions import OperationalError as BrokerAway
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.models import User
from backend.accounts.permissions import may_keep_indicators
from backend.audit.log import log_event
from backend.problems import Problem
from backend.said import Said
from surveys.datasets.files.to_xlsx import XLSX
from surveys.indicators import serializers
from surveys.indicators.answers import history_json, told_json
from surveys.indicators.compute import STATES
from surveys.indicators.definitions import DEFINITIONS
from surveys.indicators.files import CSV, to_csv, to_xlsx
from surveys.indicators.freeze import freeze_period
from surveys.indicators.grouping import DISTRICT
from surveys.indicators.headlines import listed
from surveys.indicators.listing import STATUSES, households_page
from surveys.indicators.maps import geojson_of
from surveys.indicators.names import place_names
from surveys.indicators.read import ask, codes_of, newest_run, result_of, tell
from surveys.indicators.report import LANGUAGES, language_of, places_of, report_of
from surveys.indicators.tables import TABLES, load_table
from surveys.indicators.tasks import compute_indicators_task
from surveys.privacy.access import reader

PDF = "application/pdf"
log = logging.getLogger(__name__)
GEOJSON = "application/geo+json"
QUERY = [
    OpenApiParameter("from", OpenApiTypes.DATE, description="First day of the period."),
    OpenApiParameter("until", OpenApiTypes.DATE, description="Its last day."),
    OpenApiParameter("period", str, description="Instead of days, a quarter like `2014Q3`."),
    OpenApiParameter("states", str, enum=sorted(STATES), description="Review states that count."),
]
BY = OpenApiParameter("by", str, description="Groups to break down by, at most three.")
EXACT = OpenApiParameter("exact", bool, description="Small numbers too; managers and admins.")
CODE = OpenApiParameter("code", str, OpenApiParameter.PATH, enum=list(DEFINITIONS))


class IndicatorsView(APIView):
    @extend_schema(operation_id="indicators_list", responses=serializers.IndicatorList)
    def get(self, request: Request) -> Response:
        """Every indicator with its headline figure and target."""
        user, run = reader(request.user), newest_run()
        results = listed(run, codes_of(user))
        return Response({"as_of": run.as_of if run else None, "results": results})


class IndicatorView(APIView):
    @extend_schema(
        operation_id="indicators_retrieve",
        parameters=[CODE, BY, *QUERY, EXACT],
        responses=serializers.IndicatorShape,
    )
    def get(self, request: Request, code: str) -> Response:
        """One indicator's figures, whom they leave out and why, and all they rest on."""
        return Response(told_json(tell(_asked(request, code))))


class BehindView(APIView):
    @extend_schema(
        operation_id="indicators_households_list",
        parameters=[
            CODE,
            OpenApiParameter("status", str, enum=STATUSES, description="`counted` if not said."),
            OpenApiParameter("measure", str, description="The headline if not said."),
            OpenApiParameter("reason", str, description="Of the dropped ones."),
            OpenApiParameter("days", int, description="Baseline longer ago, of the dropped ones."),
            *QUERY,
            OpenApiParameter("page", int),
            OpenApiParameter("page_size", int),
        ],
        responses=serializers.BehindPage,
    )
    def get(self, request: Request, code: str) -> Response:
        """The households counted, or left out; a group's value narrows them: `district=…`."""
        query = request.query_params.dict()
        page = households_page(_asked(request, code), query)
        told = {"next": page.next or None, "previous": page.previous or None}
        return Response({"count": page.count, **told, "results": page.rows})


class MapView(APIView):
    @extend_schema(
        operation_id="indicators_map_retrieve",
        parameters=[CODE, BY, *QUERY, EXACT],
        responses={(200, GEOJSON): serializers.DistrictFeatures},
    )
    def get(self, request: Request, code: str) -> Response:
        """Its figures by district, joined by code with the outlines, as GeoJSON."""
        query = request.query_params.dict()
        query["by"] = f"{DISTRICT},{query.get('by', '')}"
        asked = ask(reader(request.user), code, query)
        return Response(geojson_of(tell(asked), place_names()), content_type=GEOJSON)


class HistoryView(APIView):
    @extend_schema(
        operation_id="indicators_history_retrieve",
        parameters=[CODE, QUERY[-1]],
        responses=serializers.IndicatorHistoryShape,
    )
    def get(self, request: Request, code: str) -> Response:
        """What it was on earlier days, which periods are frozen, and what was restated."""
        return Response(history_json(_asked(request, code)))


class FileView(APIView):
    @extend_schema(
        operation_id="indicators_file_retrieve",
        parameters=[CODE, BY, *QUERY, EXACT, OpenApiParameter("kind", str, enum=["xlsx", "csv"])],
        responses={(200, XLSX): OpenApiTypes.BINARY, (200, CSV): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        """The same as a file."""
        return indicator_file(reader(request.user), code, request.query_params.dict())


class ReportView(APIView):
    @extend_schema(
        operation_id="indicators_report_retrieve",
        parameters=[
            OpenApiParameter("period", str, description="A quarter, or `to date` if not said."),
            QUERY[-1],
            OpenApiParameter("language", str, enum=list(LANGUAGES)),
        ],
        responses={(200, PDF): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> HttpResponse:
        """The logframe's outputs on one page as PDF: as frozen, else of the newest run."""
        return report_file(reader(request.user), request.query_params.dict())


class FreezeView(APIView):
    @extend_schema(
        operation_id="indicators_freeze_create",
        parameters=[CODE],
        request=serializers.AskFreeze,
        responses={201: serializers.IndicatorHistoryShape},
        examples=[
            OpenApiExample(
                "A quarter",
                value={"period": "2014Q3", "reason": "Report to the donor"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, code: str) -> Response:
        """Keeps a period's figures as they are reported now."""
        user = keeper(request.user)
        said = serializers.AskFreeze(data=request.data)
        said.is_valid(raise_exception=True)
        asked = ask(user, code, {"states": said.validated_data["states"]})
        words = {name: said.validated_data[name] for name in ("period", "reason")}
        freeze_period(result=result_of(asked), by=user, **words)
        return Response(history_json(asked), status=201)


class TableView(APIView):
    parser_classes = [MultiPartParser, JSONParser]

    @extend_schema(
        operation_id="indicators_tables_create",
        parameters=[OpenApiParameter("name", str, OpenApiParameter.PATH, enum=list(TABLES))],
        request={"multipart/form-data": serializers.AskLoad},
        responses={201: serializers.Loaded},
    )
    def post(self, request: Request, name: str) -> Response:
        """Loads rates, prices or targets from CSV or XLSX; rows of the same key are replaced."""
        user = keeper(request.user)
        said = serializers.AskLoad(data=request.data)
        said.is_valid(raise_exception=True)
        rows = load_table(name=name, content=said.validated_data["file"].read(), by=user)
        ring_indicators_bell()
        return Response({"rows": rows}, status=201)


class ComputeView(APIView):
    @extend_schema(
        operation_id="indicators_compute_create", request=None, responses={202: serializers.Rung}
    )
    def post(self, request: Request) -> Response:
        """Asks for all indicators to be computed now; a worker does it."""
        keeper(request.user)
        ring_indicators_bell()
        return Response({"state": "asked"}, status=202)


def keeper(user: Any) -> User:
    """The user, if they keep the programme's tables. Raises `Problem("not_allowed")`."""
    if not may_keep_indicators(user):
        raise Problem("not_allowed")
    return reader(user)


def indicator_file(user: User, code: str, query: dict[str, str]) -> HttpResponse:
    """An attachment. Raises `Problem`: `value_invalid` for a kind there is not, and as `tell`."""
    kind = query.get("kind") or "xlsx"
    if kind not in {"xlsx", "csv"}:
        raise Problem(
            "value_invalid",
            field="kind",
            reason=Said("one of {allowed}", allowed=", ".join(("xlsx", "csv"))),
        )
    told = tell(ask(user, code, query))
    content = (to_xlsx if kind == "xlsx" else to_csv)(told, place_names())
    answer = HttpResponse(content, content_type=XLSX if kind == "xlsx" else CSV)
    name = f"{code}-{told.run.as_of:%Y%m%d}.{kind}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def report_file(user: User, query: dict[str, str]) -> HttpResponse:
    """An attachment. Raises `Problem`: as `report_of`, and `value_invalid` for the language."""
    # Four times as much to load as to draw, and most processes never draw.
    from surveys.indicators.pdf import draw  # noqa: PLC0415
    from surveys.indicators.report_sheet import sheet_of  # noqa: PLC0415

    language = language_of(query)
    report = report_of(user, query)
    with override(language):
        content = draw(sheet_of(report, place_names(), places_of(user)))
    log_event(
        "indicators.report_made",
        by=user,
        period=report.period,
        language=language,
        snapshots=sorted({each.digest for each in report.outputs}),
    )
    answer = HttpResponse(content, content_type=PDF)
    name = f"logframe-{report.period.replace(' ', '-')}-{language}.pdf"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _asked(request: Request, code: str) -> Any:
    return ask(reader(request.user), code, request.query_params.dict())


def ring_indicators_bell() -> None:
    """Wakes the worker after the commit; without a broker the hourly run computes them.

    In a thread of its own, since a dead broker says so only after seconds.
    """
    thread = threading.Thread(target=_ring, name="indicators-bell", daemon=True)
    transaction.on_commit(thread.start)


def _ring() -> None:
    try:
        compute_indicators_task.delay()
    except BrokerAway:
        log.warning("no broker: the hourly run computes the indicators")
