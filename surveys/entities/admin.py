"""Entity lists in the console: what tablets are given, what waits, what could not be done.

Read-only, and without labels or values: those are masked on the pages and in the API.
"""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from backend.accounts.permissions import logged_in
from backend.console import ReadOnlyAdmin
from surveys.entities.models import (
    Entity,
    EntityList,
    EntityProblem,
    EntityVersion,
    HeldAction,
)
from surveys.entities.publish import list_properties
from surveys.entities.reading import visible_entities, visible_held, visible_problems


@admin.register(EntityList)
class EntityListAdmin(ReadOnlyAdmin):
    list_display = ("name", "rows", "columns", "revision")

    def get_queryset(self, request: HttpRequest) -> QuerySet[EntityList]:
        lists: QuerySet[EntityList] = super().get_queryset(request)
        listed = Q(entities__deleted_at=None, entities__redirect_to=None)
        return lists.annotate(rows=Count("entities", filter=listed))

    @admin.display
    def rows(self, entity_list: Any) -> int:
        return int(entity_list.rows)

    @admin.display
    def columns(self, entity_list: EntityList) -> str:
        return ", ".join(list_properties(entity_list.name))


@admin.register(Entity)
class EntityAdmin(ReadOnlyAdmin):
    list_display = ("id", "entity_list", "version", "place", "updated_at", "redirect_to", "gone")
    list_filter = ("entity_list",)
    search_fields = ("=id",)
    list_select_related = ("entity_list", "place")
    fields = (*list_display, "submission", "deleted_at", "revision", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entity]:
        return visible_entities(logged_in(request)).order_by("-updated_at", "pk")

    @admin.display(boolean=True)
    def gone(self, entity: Entity) -> bool:
        return entity.deleted_at is not None


@admin.register(EntityVersion)
class EntityVersionAdmin(ReadOnlyAdmin):
    list_display = ("entity_id", "version", "conflict", "forced", "submission", "by", "created_at")
    list_filter = ("conflict", "forced")
    search_fields = ("=entity__id", "submission__instance_id")
    list_select_related = ("submission", "by")
    fields = (*list_display, "base_version", "branch_id", "trunk_version", "branch_version")

    def get_queryset(self, request: HttpRequest) -> QuerySet[EntityVersion]:
        mine = visible_entities(logged_in(request)).values("pk")
        return EntityVersion.objects.filter(entity__in=mine).order_by("-pk")


@admin.register(HeldAction)
class HeldActionAdmin(ReadOnlyAdmin):
    list_display = ("entity_id", "submission", "position", "held_at", "force_after")
    search_fields = ("=entity_id", "submission__instance_id")
    list_select_related = ("submission",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[HeldAction]:
        return visible_held(logged_in(request)).order_by("pk")


@admin.register(EntityProblem)
class EntityProblemAdmin(ReadOnlyAdmin):
    list_display = ("code", "submission", "position", "created_at")
    list_filter = ("code",)
    search_fields = ("submission__instance_id",)
    list_select_related = ("submission",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[EntityProblem]:
        return visible_problems(logged_in(request)).order_by("-pk")
