"""Entities, conflicts, problems and held updates as people read them: their places, masked."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet

from backend.accounts.models import User
from backend.problems import Problem
from surveys.cleaning.models import CleanRow
from surveys.entities.models import (
    Entity,
    EntityConflict,
    EntityList,
    EntityProblem,
    EntityVersion,
    HeldAction,
)
from surveys.entities.publish import list_properties
from surveys.entities.versions import LABEL
from surveys.privacy.access import masked_keys, places_for, rows_for
from surveys.privacy.models import Unmasking
from surveys.xforms.models import FormVersion, schema_of_version
from surveys.xforms.schema import ROOT, Field

Json = dict[str, Any]


class Sides(NamedTuple):
    """One property of a conflict as a reader sees it; all None where it is masked."""

    name: str
    base: str | None
    theirs: str | None
    ours: str | None
    now: str | None
    masked: bool


def find_list(name: str) -> EntityList:
    """Raises `Problem("not_found")`."""
    found = EntityList.objects.filter(name=name.replace("\0", "�")).first()
    if found is None:
        raise Problem("not_found")
    return found


def visible_entities(user: User) -> QuerySet[Entity]:
    """Those of the user's places, deleted and merged ones too."""
    places = places_for(user)
    return Entity.objects.filter(Q() if places is None else Q(place__in=places.values("pk")))


def visible_conflicts(user: User) -> QuerySet[EntityConflict]:
    conflicts = EntityConflict.objects.filter(entity__in=visible_entities(user).values("pk"))
    return conflicts.select_related("entity__entity_list", "entity__place", "version", "settled_by")


def visible_problems(user: User) -> QuerySet[EntityProblem]:
    """Of records the user may see: that an update was about legal aid is a legal-aid fact."""
    return EntityProblem.objects.filter(submission__record_id__in=_records(user))


def visible_held(user: User) -> QuerySet[HeldAction]:
    return HeldAction.objects.filter(submission__record_id__in=_records(user))


def of_list(name: str) -> Q:
    """Problems and held updates of a list: those of records whose form saves to it."""
    return Q(submission__form_version__schema_json__entities__contains=[{"list_name": name}])


def masked_properties(user: User, *, granted: Unmasking | None = None) -> frozenset[str]:
    """Properties a user may not see, as the questions that save to them; a label holds a name."""
    return masked_keys(user, _fields(), granted=granted)


def describe_lists(user: User) -> list[Json]:
    """Every list with its columns, and how many rows, conflicts and troubles this user sees."""
    masked = masked_properties(user)
    listed = Q(deleted_at=None, redirect_to=None)
    rows = visible_entities(user).filter(listed).values_list("entity_list").annotate(Count("pk"))
    of_lists = dict(rows)
    open_ones = visible_conflicts(user).filter(settled_at=None)
    conflicts = dict(open_ones.values_list("entity__entity_list").annotate(Count("pk")))
    return [
        {
            "name": each.name,
            "revision": each.revision,
            "properties": [
                {"name": name, "masked": name in masked} for name in list_properties(each.name)
            ],
            "entities": of_lists.get(each.pk, 0),
            "open_conflicts": conflicts.get(each.pk, 0),
            "held": visible_held(user).filter(of_list(each.name)).count(),
            "problems": visible_problems(user).filter(of_list(each.name)).count(),
        }
        for each in EntityList.objects.order_by("name")
    ]


def entity_json(entity: Entity, masked: frozenset[str]) -> Json:
    return {
        "id": entity.pk,
        "label": None if LABEL in masked else entity.label,
        "version": entity.version,
        "place": entity.place.code if entity.place else None,
        "properties": _shown(entity.data, masked),
        "redirect_to": entity.redirect_to_id,
        "deleted_at": entity.deleted_at,
        "created_at": entity.created_at,
        "updated_at": entity.updated_at,
    }


def version_json(version: EntityVersion, masked: frozenset[str]) -> Json:
    return {
        "version": version.version,
        "label": None if LABEL in masked else version.label,
        "properties": _shown(version.data, masked),
        "base_version": version.base_version,
        "branch_id": version.branch_id,
        "trunk_version": version.trunk_version,
        "conflict": version.conflict,
        "forced": version.forced,
        "instance_id": version.submission.instance_id if version.submission else None,
        "by": version.by.username if version.by else None,
        "created_at": version.created_at,
    }


def conflict_json(conflict: EntityConflict, masked: frozenset[str]) -> Json:
    return {
        "id": conflict.pk,
        "entity": conflict.entity_id,
        "kind": conflict.kind,
        "version": conflict.version.version,
        "entity_version": conflict.entity.stayed().version,
        "fields": [side._asdict() for side in sides_of(conflict, masked)],
        "created_at": conflict.created_at,
        "settled_at": conflict.settled_at,
        "settled_by": conflict.settled_by.username if conflict.settled_by else None,
        "reason": conflict.reason,
    }


def sides_of(conflict: EntityConflict, masked: frozenset[str]) -> list[Sides]:
    """Field by field, beside what the entity holds now."""
    entity = conflict.entity.stayed()
    now = {**entity.data, LABEL: entity.label}
    return [
        Sides(name, None, None, None, None, masked=True)
        if (name := each["name"]) in masked
        else Sides(
            name, each["base"], each["theirs"], each["ours"], now.get(name, ""), masked=False
        )
        for each in conflict.fields
    ]


def _records(user: User) -> QuerySet[CleanRow, UUID]:
    return CleanRow.objects.filter(rows_for(user), repeat="").values_list("record_id", flat=True)


def _fields() -> Iterable[Field]:
    """Of all versions ever: a question that was personal in any of them stays so."""
    yield Field(LABEL, LABEL, LABEL, "string", ROOT, privacy="direct")
    newest = FormVersion.objects.aggregate(newest=Max("pk"))["newest"]
    for pk in FormVersion.objects.filter(pk__lte=newest or 0).values_list("pk", flat=True):
        for field in schema_of_version(pk).fields:
            if field.entity_property:
                yield replace(field, key=field.entity_property)


def _shown(data: dict[str, str], masked: frozenset[str]) -> dict[str, str | None]:
    return {name: None if name in masked else text for name, text in sorted(data.items())}
