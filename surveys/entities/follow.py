"""follow_corrections: what corrections change of a record reaches the lists that tablets keep."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from surveys.cleaning.clean import Reading
from surveys.entities.asking import actions_of
from surveys.entities.block import EntityAction
from surveys.entities.corrected import Corrected, correct
from surveys.entities.lists import Change, lock_lists, note_changes
from surveys.entities.models import Entity, EntityConflict, EntityVersion
from surveys.entities.versions import LABEL, Version
from surveys.entities.whereabouts import places_named
from surveys.submissions.editions import Lineage


@dataclass(frozen=True, slots=True)
class Standing:
    """The head of a record as it was sent, and with the corrections that hold."""

    lineage: Lineage
    sent: Reading
    now: Reading


def follow_corrections(records: Iterable[Standing]) -> None:
    """Brings the entities that these records made or updated to what the records say now.

    Safe to run twice. Runs inside the caller's transaction, after `apply_entities`. One query where
    no correction touched them. Nothing moves where legal aid is spoken of, as with any update.
    """
    told = [each for each in records if _may_speak(each)]
    origins = _origins(told)
    fixed = set(
        EntityVersion.objects.filter(corrects__in=origins.values()).values_list(
            "corrects", flat=True
        )
    )
    work = [
        (origins[key], sent, now)
        for each in told
        for key, sent, now in _actions(each, origins)
        if sent != now or origins[key].pk in fixed
    ]
    if work:
        lock_lists({now.list_name for _, _, now in work})
        for origin, sent, now in work:
            _follow(origin, sent, now)


def _may_speak(each: Standing) -> bool:
    restricted = each.sent.answers.restricted or each.now.answers.restricted
    return bool(each.now.schema.entities) and not restricted and not each.lineage.deleted


_Key = tuple[int, int]  # the edition that acted, the position of its action


def _origins(told: Sequence[Standing]) -> dict[_Key, EntityVersion]:
    """What the editions of these records did to entities."""
    editions = [s.pk for each in told for s in each.lineage.editions]
    if not editions:
        return {}
    rows = EntityVersion.objects.filter(submission__in=editions, position__isnull=False)
    return {(row.submission_id or 0, row.position or 0): row for row in rows}


def _actions(
    each: Standing, origins: Collection[_Key]
) -> Iterable[tuple[_Key, EntityAction, EntityAction]]:
    """Of the head; for an earlier edition that acted in its place only where there is but one."""
    pairs = list(zip(actions_of(each.sent), actions_of(each.now), strict=False))
    for sent, now in pairs:
        own = (each.lineage.head.pk, now.position)
        earlier = [(s.pk, 0) for s in each.lineage.editions] if len(pairs) == 1 else []
        key = next((key for key in (own, *earlier) if key in origins), None)
        if key is not None:
            yield key, sent, now


def _follow(origin: EntityVersion, sent: EntityAction, now: EntityAction) -> None:
    entity = Entity.objects.get(pk=origin.entity_id).stayed()
    last = EntityVersion.objects.filter(corrects=origin).order_by("pk").last() or origin
    server = {**entity.data, LABEL: entity.label}
    made = correct(_version(origin), _version(last), server, sent, now)
    if made is not None:
        _write(entity, origin, last, made)


def _version(row: EntityVersion) -> Version:
    values = {**row.data, LABEL: row.label}
    return Version(row.entity_id, row.version, values, believed=row.believed)


def _write(entity: Entity, origin: EntityVersion, last: EntityVersion, made: Corrected) -> None:
    change = Change.of(entity)
    entity.label, entity.data = _parted(made.values)
    entity.version += 1
    entity.place_id = places_named({entity.pk: entity.data}).get(entity.pk, entity.place_id)
    note_changes([change])
    entity.save(update_fields=["label", "data", "version", "place", "revision", "updated_at"])
    version = EntityVersion.objects.create(
        entity=entity,
        version=entity.version,
        label=entity.label,
        data=entity.data,
        believed=dict(made.believed),
        base_version=last.version if last.entity_id == entity.pk else None,
        conflict=made.conflict,
        corrects=origin,
    )
    if made.conflict:
        fields = [asdict(each) for each in made.fields]
        EntityConflict.objects.create(
            version=version, entity=entity, kind=made.conflict, fields=fields
        )


def _parted(values: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    return values[LABEL], {name: text for name, text in values.items() if name != LABEL}
