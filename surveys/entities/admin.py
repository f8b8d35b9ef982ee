"""Entity lists in the console: what tablets are given, and what could not be done. Read-only."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from backend.console import ReadOnlyAdmin
from surveys.entities.models import EntityList, EntityProblem
from surveys.entities.publish import list_properties


@admin.register(EntityList)
class EntityListAdmin(ReadOnlyAdmin):
    list_display = ("name", "rows", "columns", "revision")

    def get_queryset(self, request: HttpRequest) -> QuerySet[EntityList]:
        lists: QuerySet[EntityList] = super().get_queryset(request)
        return lists.annotate(rows=Count("entities"))

    @admin.display
    def rows(self, entity_list: Any) -> int:
        return int(entity_list.rows)

    @admin.display
    def columns(self, entity_list: EntityList) -> str:
        return ", ".join(list_properties(entity_list.name))


@admin.register(EntityProblem)
class EntityProblemAdmin(ReadOnlyAdmin):
    list_display = ("code", "submission", "position", "created_at")
    list_filter = ("code",)
    search_fields = ("submission__instance_id",)
    list_select_related = ("submission",)
