"""Saved queries: keep one, list them, ask one by its link, drop it."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from surveys.datasets import serializers
from surveys.datasets.openapi import DELETED, QUERY
from surveys.datasets.saved import (
    drop_query,
    find_query,
    queries_page,
    query_json,
    save_query,
    saved_records,
)
from surveys.privacy.access import dataset_reader

AGAIN = frozenset({"page_size", "cursor", "updated_since", "unmask", "count"})


class QueriesView(APIView):
    @extend_schema(
        operation_id="queries_list",
        parameters=[p for p in QUERY if p.name in {"page_size", "cursor"}],
        responses=serializers.SavedQueryPage,
    )
    def get(self, request: Request) -> Response:
        """Your saved queries and those others share, newest first."""
        return Response(queries_page(dataset_reader(request.user), request._request))

    @extend_schema(
        operation_id="queries_create",
        request=serializers.SaveQuery,
        responses={201: serializers.SavedQueryShape},
    )
    def post(self, request: Request) -> Response:
        """Keeps a query under a link that stays."""
        user = dataset_reader(request.user)
        asked = serializers.SaveQuery(data=request.data)
        asked.is_valid(raise_exception=True)
        saved = save_query(by=user, **asked.validated_data)
        return Response(query_json(saved, request._request), status=201)


class QueryView(APIView):
    @extend_schema(operation_id="queries_retrieve", responses=serializers.SavedQueryShape)
    def get(self, request: Request, query_id: UUID) -> Response:
        """One saved query."""
        saved = find_query(dataset_reader(request.user), query_id)
        return Response(query_json(saved, request._request))

    @extend_schema(operation_id="queries_destroy", responses={204: None})
    def delete(self, request: Request, query_id: UUID) -> Response:
        """Ends its link; its owner and admins may."""
        user = dataset_reader(request.user)
        drop_query(find_query(user, query_id), by=user)
        return Response(status=204)


class QueryRecordsView(APIView):
    @extend_schema(
        operation_id="queries_records",
        parameters=[*(p for p in QUERY if p.name in AGAIN), DELETED],
        responses=serializers.RecordPage,
    )
    def get(self, request: Request, query_id: UUID) -> Response:
        """A page of what the query finds now; with `updated_since`, what changed of it."""
        user = dataset_reader(request.user)
        return Response(saved_records(user, find_query(user, query_id), request._request))
