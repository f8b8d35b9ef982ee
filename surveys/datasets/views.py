"""What analysts read: forms, records, exports. Each takes in, calls one verb, gives out."""

import logging
import threading
from typing import Any
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http.response import HttpResponseBase
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from kombu.exceptions import OperationalError as BrokerAway
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from surveys.datasets import serializers
from surveys.datasets.build import request_export, stop_export
from surveys.datasets.describe import describe_form, describe_forms
from surveys.datasets.downloads import (
    CONTENT_TYPES,
    download,
    export_json,
    exports_page,
    own_export,
)
from surveys.datasets.openapi import DELETED, FILTERS, ONE, QUERY, AnyJsonRenderer
from surveys.datasets.records import Asked, one_record, records_page
from surveys.datasets.saved import export_query, find_query
from surveys.datasets.tables import dataset_of_form, find_form, find_table
from surveys.datasets.tasks import build_waiting_exports_task
from surveys.privacy.access import dataset_reader

log = logging.getLogger(__name__)


class FormsView(APIView):
    @extend_schema(operation_id="forms_list", responses=serializers.FormPage)
    def get(self, request: Request) -> Response:
        """Every published form with its fields, as the caller may see them."""
        return Response(describe_forms(dataset_reader(request.user)))


class FormView(APIView):
    @extend_schema(operation_id="forms_retrieve", responses=serializers.FormShape)
    def get(self, request: Request, form_id: str) -> Response:
        """One form: languages, versions, repeats and fields."""
        user = dataset_reader(request.user, form_id)
        return Response(describe_form(dataset_of_form(find_form(form_id)), user))


class RecordsView(APIView):
    @extend_schema(
        operation_id="records_list",
        description=f"A page of a form's records. {FILTERS}",
        parameters=[*QUERY, DELETED],
        responses=serializers.RecordPage,
    )
    def get(self, request: Request, form_id: str) -> Response:
        """A page of a form's records."""
        return Response(records_page(_asked(request, form_id), request._request, as_json=True))


class RepeatView(APIView):
    @extend_schema(
        operation_id="repeats_list",
        description=f"A page of the rows of one repeat, with their parent's id. {FILTERS}",
        parameters=QUERY,
        responses=serializers.RecordPage,
    )
    def get(self, request: Request, form_id: str, repeat: str) -> Response:
        """A page of the rows of one repeat, with the ids of their parent and their record."""
        asked = _asked(request, form_id, repeat)
        return Response(records_page(asked, request._request, as_json=True))


class RecordView(APIView):
    @extend_schema(
        operation_id="records_retrieve",
        parameters=[p for p in QUERY if p.name in ONE],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, form_id: str, record_id: UUID) -> Response:
        """One record by its permanent id."""
        return Response(one_record(_asked(request, form_id), record_id, request._request))


class ExportsView(APIView):
    @extend_schema(
        operation_id="exports_list",
        parameters=[p for p in QUERY if p.name in {"page_size", "cursor"}],
        responses=serializers.ExportPage,
    )
    def get(self, request: Request) -> Response:
        """The exports you asked for, newest first."""
        return Response(exports_page(dataset_reader(request.user), request._request))

    @extend_schema(
        operation_id="exports_create",
        request=serializers.AskExport,
        responses={202: serializers.ExportAsked},
    )
    def post(self, request: Request) -> Response:
        """Asks for a file; it is built in the background."""
        user = dataset_reader(request.user)
        asked = serializers.AskExport(data=request.data)
        asked.is_valid(raise_exception=True)
        words = dict(asked.validated_data)
        export = request_export(by=user, unmask_reason=words.pop("unmask"), **words)
        ring_exports_bell()
        return Response({"id": export.pk}, status=202)


class QueryExportsView(APIView):
    @extend_schema(
        operation_id="queries_exports_create",
        request=serializers.AskQueryExport,
        responses={202: serializers.ExportAsked},
    )
    def post(self, request: Request, query_id: UUID) -> Response:
        """Asks for a file of what the query finds now; with `updated_since`, what changed of it."""
        user = dataset_reader(request.user)
        asked = serializers.AskQueryExport(data=request.data)
        asked.is_valid(raise_exception=True)
        words = dict(asked.validated_data)
        saved = find_query(user, query_id)
        export = export_query(saved, by=user, unmask_reason=words.pop("unmask"), **words)
        ring_exports_bell()
        return Response({"id": export.pk}, status=202)


class ExportView(APIView):
    @extend_schema(operation_id="exports_retrieve", responses=serializers.ExportShape)
    def get(self, request: Request, export_id: UUID) -> Response:
        """How far an export is, and where its file is."""
        export = own_export(dataset_reader(request.user), export_id)
        return Response(export_json(export, request._request))

    @extend_schema(operation_id="exports_destroy", responses={204: None})
    def delete(self, request: Request, export_id: UUID) -> Response:
        """Stops an export that waits or runs."""
        user = dataset_reader(request.user)
        stop_export(own_export(user, export_id), by=user)
        return Response(status=204)


class DownloadView(APIView):
    @extend_schema(
        operation_id="exports_download",
        responses={
            (status, kind): OpenApiTypes.BINARY
            for status in (200, 206)
            for kind in CONTENT_TYPES.values()
        },
    )
    def get(self, request: Request, export_id: UUID) -> HttpResponseBase:
        """The file, for whoever asked for it, or the rest of it by Range. Each is written down."""
        user = dataset_reader(request.user)
        return download(own_export(user, export_id), request._request, by=user)


class SchemaView(SpectacularAPIView):
    """The OpenAPI document: JSON, or YAML where that is asked for."""

    permission_classes = [IsAuthenticated]
    renderer_classes = [AnyJsonRenderer, OpenApiJsonRenderer, OpenApiYamlRenderer]


class DocsView(SpectacularSwaggerSplitView):
    """The document to read and try in a browser; its scripts come from this server."""

    permission_classes = [IsAuthenticated]

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, NotAuthenticated):
            return redirect_to_login(self.request.get_full_path())
        return super().handle_exception(exc)


def ring_exports_bell() -> None:
    """Wakes the exports worker after the commit; without a broker the sweep finds the row.

    In a thread of its own, since a dead broker says so only after six seconds.
    """
    thread = threading.Thread(target=_ring, name="exports-bell", daemon=True)
    transaction.on_commit(thread.start)


def _ring() -> None:
    try:
        build_waiting_exports_task.delay()
    except BrokerAway:
        log.warning("no broker: the sweep will find the export")


def _asked(request: Request, form_id: str, repeat: str = "") -> Asked:
    user = dataset_reader(request.user, form_id)
    form = find_form(form_id)
    dataset = dataset_of_form(form)
    return Asked(form, dataset, find_table(dataset, repeat), user)
