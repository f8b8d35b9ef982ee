"""Entity lists by API, below `/api/v1/entity-lists/`."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.models import User
from backend.accounts.permissions import may_settle_conflicts
from backend.pagination import column_key, page_of, page_size_of
from backend.problems import Problem
from surveys.entities import reading, serializers
from surveys.entities.settle import Choice, settle_conflict
from surveys.places.models import Place
from surveys.privacy.access import reader, unmask

Json = dict[str, Any]
PAGE = [OpenApiParameter("page_size", int), OpenApiParameter("cursor", str)]
UNMASK = OpenApiParameter("unmask", str, description="Why you need to see personal data.")
PLACE = OpenApiParameter("place", str, description="A place's code, and everything below it.")
STATE = OpenApiParameter("state", str, enum=["open", "settled", "all"])


class ListsView(APIView):
    @extend_schema(operation_id="entity_lists_list", responses=serializers.ListShape(many=True))
    def get(self, request: Request) -> Response:
        """Every entity list: its columns, how many rows, conflicts and troubles you see."""
        return Response(reading.describe_lists(reader(request.user)))


class EntitiesView(APIView):
    @extend_schema(
        operation_id="entities_list",
        parameters=[PLACE, UNMASK, *PAGE],
        responses=serializers.EntityPage,
    )
    def get(self, request: Request, name: str) -> Response:
        """A page of a list's entities, deleted and merged ones too."""
        user = reader(request.user)
        entities = reading.visible_entities(user).filter(entity_list=reading.find_list(name))
        if place := request.query_params.get("place", ""):
            below = Place.objects.at_or_below(Place.objects.find(place.replace("\0", "�")))
            entities = entities.filter(place__in=below.values("pk"))
        masked = _masked(request, user)
        return _page(
            request,
            entities.select_related("place"),
            lambda each: reading.entity_json(each, masked),
        )


class EntityView(APIView):
    @extend_schema(
        operation_id="entities_retrieve", parameters=[UNMASK], responses=serializers.EntityHistory
    )
    def get(self, request: Request, name: str, entity_id: UUID) -> Response:
        """One entity with all its versions, the first of them first."""
        user = reader(request.user)
        entities = reading.visible_entities(user).filter(entity_list=reading.find_list(name))
        entity = entities.select_related("place").filter(pk=entity_id).first()
        if entity is None:
            raise Problem("not_found")
        masked = _masked(request, user)
        versions = entity.versions.select_related("submission", "by").order_by("version")
        told = [reading.version_json(version, masked) for version in versions]
        return Response({**reading.entity_json(entity, masked), "versions": told})


class ConflictsView(APIView):
    @extend_schema(
        operation_id="entity_conflicts_list",
        parameters=[STATE, UNMASK, *PAGE],
        responses=serializers.ConflictPage,
    )
    def get(self, request: Request, name: str) -> Response:
        """Updates made without knowing of each other, field by field; by default the open ones."""
        user = reader(request.user)
        conflicts = reading.visible_conflicts(user)
        conflicts = conflicts.filter(entity__entity_list=reading.find_list(name))
        state = request.query_params.get("state", "open")
        if state != "all":
            conflicts = conflicts.filter(settled_at__isnull=state != "settled")
        masked = _masked(request, user)
        return _page(request, conflicts, lambda each: reading.conflict_json(each, masked))


class SettleView(APIView):
    @extend_schema(
        operation_id="entity_conflicts_settle",
        request=serializers.Settlement,
        responses=serializers.ConflictShape,
    )
    def post(self, request: Request, name: str, conflict_id: int) -> Response:
        """Settles a conflict: what is chosen becomes a new version."""
        user = reader(request.user)
        if not may_settle_conflicts(user):
            raise Problem("not_allowed")
        mine = reading.visible_conflicts(user).filter(entity__entity_list=reading.find_list(name))
        if not mine.filter(pk=conflict_id).exists():
            raise Problem("not_found")
        said = serializers.Settlement(data=request.data)
        said.is_valid(raise_exception=True)
        settle_conflict(
            conflict_id=conflict_id,
            choices={
                field: Choice(chosen.get("take", ""), chosen.get("value", ""))
                for field, chosen in said.validated_data["choices"].items()
            },
            entity_version=said.validated_data["entity_version"],
            reason=said.validated_data.get("reason", ""),
            by=user,
        )
        masked = reading.masked_properties(user)
        return Response(reading.conflict_json(mine.get(pk=conflict_id), masked))


class ProblemsView(APIView):
    @extend_schema(
        operation_id="entity_problems_list", parameters=PAGE, responses=serializers.TroublePage
    )
    def get(self, request: Request, name: str) -> Response:
        """What could not be done with a list's entities; the records themselves were taken."""
        found = reading.visible_problems(reader(request.user))
        found = found.filter(reading.of_list(reading.find_list(name).name))
        return _page(
            request,
            found.select_related("submission"),
            lambda each: {
                "instance_id": each.submission.instance_id,
                "position": each.position,
                "code": each.code,
                "since": each.created_at,
            },
        )


class HeldView(APIView):
    @extend_schema(
        operation_id="entity_held_list", parameters=PAGE, responses=serializers.TroublePage
    )
    def get(self, request: Request, name: str) -> Response:
        """Updates that wait for the one before them, still on a tablet, and until when."""
        found = reading.visible_held(reader(request.user))
        found = found.filter(reading.of_list(reading.find_list(name).name))
        return _page(
            request,
            found.select_related("submission"),
            lambda each: {
                "instance_id": each.submission.instance_id,
                "position": each.position,
                "entity": each.entity_id,
                "force_after": each.force_after,
                "since": each.held_at,
            },
        )


def _masked(request: Request, user: User) -> frozenset[str]:
    reason = request.query_params.get("unmask", "")
    granted = unmask(user=user, reason=reason, target="entities") if reason else None
    return reading.masked_properties(user, granted=granted)


def _page(request: Request, rows: QuerySet[Any], as_json: Callable[[Any], Json]) -> Response:
    """By key: conflicts and troubles as they came, entities in an order that tells nothing."""
    page = page_of(
        rows,
        [column_key("id", "id")],
        lambda ids: [{"id": row.pk, "row": row} for row in rows.filter(pk__in=ids)],
        request=request._request,
        list_name=request.path,
        size=page_size_of(request._request),
    )
    results = [as_json(row["row"]) for row in page.rows]
    return Response({"next": page.next, "previous": page.previous, "results": results})
