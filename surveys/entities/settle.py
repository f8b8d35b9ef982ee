"""settle_conflict: a person says which of two values is right."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.problems import Problem
from backend.said import Said
from surveys.entities.block import LONGEST_LABEL, LONGEST_VALUE
from surveys.entities.lists import Change, lock_lists, note_changes
from surveys.entities.models import Entity, EntityConflict, EntityVersion
from surveys.entities.versions import LABEL
from surveys.entities.whereabouts import places_named

SIDES = ("ours", "theirs", "base")
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the three sides of a property, or a value of one's own."""

    side: str = ""
    value: str = ""


@transaction.atomic
def settle_conflict(
    *,
    conflict_id: int,
    choices: Mapping[str, Choice],
    entity_version: int,
    reason: str,
    by: User,
) -> EntityConflict:
    """Makes a version of what was chosen, unless it is so already, and closes the conflict.

    Properties without a choice stay as they are. `entity_version` is what the person looked at.
    Raises `Problem`: `not_found`, `value_invalid`, `conflict_settled`, `conflict_outdated`.
    """
    lock_lists()
    conflict = EntityConflict.objects.select_for_update().filter(pk=conflict_id).first()
    if conflict is None:
        raise Problem("not_found")
    if conflict.settled_at is not None:
        raise Problem("conflict_settled", conflict=conflict.pk)
    entity = conflict.entity.stayed()
    if entity.version != entity_version:
        raise Problem("conflict_outdated", conflict=conflict.pk, entity_version=entity.version)
    chosen = {name: _value(conflict, name, choice) for name, choice in choices.items()}
    changed = _change(entity, chosen, by)
    conflict.settled_at, conflict.settled_by = timezone.now(), by
    conflict.reason = reason.strip()[:LONGEST_REASON]
    conflict.save(update_fields=["settled_at", "settled_by", "reason"])
    log_event("entity_conflict.settled", by=by, target=conflict, changed=changed)
    return conflict


def _value(conflict: EntityConflict, name: str, choice: Choice) -> str:
    sides = next((field for field in conflict.fields if field["name"] == name), None)
    if sides is None:
        raise Problem("value_invalid", field=name, reason=Said("is not part of this conflict"))
    value = sides.get(choice.side) if choice.side else choice.value.strip()
    if value is None:
        raise Problem(
            "value_invalid", field=name, reason=Said("one of {allowed}", allowed=", ".join(SIDES))
        )
    if name == LABEL and not value:
        raise Problem(
            "value_invalid", field=name, reason=Said("no household may be without a label")
        )
    if "\0" in value or len(value) > (LONGEST_LABEL if name == LABEL else LONGEST_VALUE):
        raise Problem(
            "value_invalid", field=name, reason=Said("too long, or holds a NUL character")
        )
    return str(value)


def _change(entity: Entity, chosen: Mapping[str, str], by: User) -> list[str]:
    """Saves what differs as a new version, and returns the names of it."""
    now = {**entity.data, LABEL: entity.label}
    changed = sorted(name for name, text in chosen.items() if text != now.get(name, ""))
    if not changed:
        return []
    change = Change.of(entity)
    values = {name: text for name, text in {**now, **chosen}.items() if text}
    entity.label = values.pop(LABEL)
    entity.data, entity.version = values, entity.version + 1
    entity.place_id = places_named({entity.pk: values}).get(entity.pk, entity.place_id)
    note_changes([change])
    entity.save(update_fields=["label", "data", "version", "place", "revision", "updated_at"])
    EntityVersion.objects.create(
        entity=entity,
        version=entity.version,
        label=entity.label,
        data=values,
        base_version=entity.version - 1,
        by=by,
    )
    return changed
