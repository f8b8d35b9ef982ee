"""carry_out: entities and their versions, read for what is asked of them and written back.

The lists are locked by the caller (`lists.lock_lists`), so that the order of updates is one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from django.db.models import Q

from backend.inserts import insert_rows
from surveys.cleaning.models import CleanRow
from surveys.entities.block import ID_EXISTS
from surveys.entities.lists import Change, note_changes
from surveys.entities.models import Entity, EntityConflict, EntityVersion
from surveys.entities.versions import LABEL, Asked, History, Step, Version, replay
from surveys.entities.whereabouts import places_named
from surveys.submissions.models import Submission

_MOST_MERGERS = 10  # of one entity; more would be a circle


@dataclass(slots=True)
class _Known:
    """The entities asked for and those they were merged into; lists by name."""

    entities: dict[UUID, Entity]
    lists: Mapping[str, int]

    def stayed(self, pk: UUID) -> UUID:
        """The entity that acts for this one."""
        for _ in range(_MOST_MERGERS):
            entity = self.entities.get(pk)
            if entity is None or entity.redirect_to_id is None:
                break
            pk = entity.redirect_to_id
        return pk

    def in_another_list(self, asked: Asked) -> bool:
        entity = self.entities.get(asked.entity_id)
        wanted = self.lists.get(asked.action.list_name)
        return entity is not None and entity.entity_list_id != wanted


def carry_out(asked: Sequence[Asked], lists: Mapping[str, int]) -> tuple[list[Step], list[Asked]]:
    """Creates and updates entities; what must be held comes back as the second of the pair.

    `lists` is what locking them gave.
    """
    if not asked:
        return [], []
    known = _Known(_entities({each.entity_id for each in asked}), lists)
    steps = [Step(each, problem=ID_EXISTS) for each in asked if known.in_another_list(each)]
    mine: dict[UUID, list[Asked]] = {}
    for each in asked:
        if not known.in_another_list(each):
            mine.setdefault(known.stayed(each.entity_id), []).append(each)
    histories = _histories(known, mine)
    held: list[Asked] = []
    for pk in sorted(mine):
        did, waits = replay(histories[pk], mine[pk])
        steps += did
        held += waits
    _write([step for step in steps if step.version], known, histories)
    return steps, held


def _entities(ids: Iterable[UUID]) -> dict[UUID, Entity]:
    entities: dict[UUID, Entity] = {}
    missing = set(ids)
    while missing:
        found = Entity.objects.in_bulk(missing)
        entities |= found
        missing = {e.redirect_to_id for e in found.values() if e.redirect_to_id} - entities.keys()
    return entities


def _histories(known: _Known, mine: Mapping[UUID, Sequence[Asked]]) -> dict[UUID, History]:
    """With those earlier versions that an update may have been made on."""
    histories = {pk: History(pk) for pk in mine}
    for pk, history in histories.items():
        if entity := known.entities.get(pk):
            values = {**entity.data, LABEL: entity.label}
            history.latest = Version(pk, entity.version, values)
            history.add(history.latest)
    actions = [each.action for of_entity in mine.values() for each in of_entity]
    ids = [pk for pk in known.entities if known.stayed(pk) in histories]
    rows = EntityVersion.objects.filter(
        Q(version__in={a.base_version for a in actions if a.base_version})
        | Q(branch_id__in={a.branch_id for a in actions if a.branch_id}),
        entity__in=ids,
    )
    for row in rows.order_by("entity", "version") if ids else ():
        histories[known.stayed(row.entity_id)].add(_as_version(row))
    return histories


def _as_version(row: EntityVersion) -> Version:
    return Version(
        entity_id=row.entity_id,
        number=row.version,
        values={**row.data, LABEL: row.label},
        believed=row.believed,
        branch_id=row.branch_id,
        branch_version=row.branch_version,
    )


def _write(made: Sequence[Step], known: _Known, histories: Mapping[UUID, History]) -> None:
    if not made:
        return
    first = {step.version.entity_id: step for step in reversed(made) if step.version}
    changes = []
    for pk, step in first.items():
        list_pk = known.lists[step.asked.action.list_name]
        new = Entity(pk=pk, entity_list_id=list_pk, submission_id=step.asked.order[0])
        entity = known.entities.get(pk)
        changes.append(Change(new) if entity is None else Change.of(entity))
        latest = histories[pk].latest
        assert latest is not None
        _set(changes[-1].entity, latest)
    _settle_places(changes)
    note_changes(changes)
    _save([change.entity for change in changes])
    _write_versions(made)


def _set(entity: Entity, latest: Version) -> None:
    entity.version = latest.number
    entity.label = latest.values[LABEL]
    entity.data = {name: text for name, text in latest.values.items() if name != LABEL}


def _settle_places(changes: Sequence[Change]) -> None:
    """Where a property says, else where its record was made; else where it was."""
    named = places_named({change.entity.pk: change.entity.data for change in changes})
    silent = [c.entity for c in changes if c.entity.pk not in named and c.entity._state.adding]
    for change in changes:
        change.entity.place_id = named.get(change.entity.pk, change.entity.place_id)
    if not silent:
        return
    makers = Submission.objects.filter(pk__in={entity.submission_id for entity in silent})
    records = dict(makers.values_list("pk", "record_id"))
    rows = CleanRow.objects.filter(pk__in=set(records.values()))  # a root row has its record's id
    places = dict(rows.values_list("pk", "place_id"))
    for entity in silent:
        entity.place_id = places.get(records[entity.submission_id or 0])


def _save(entities: Sequence[Entity]) -> None:
    """New and known ones in one statement; `bulk_update` costs three times as much."""
    insert_rows(
        entities,
        unique=("id",),
        update=("label", "version", "data", "place", "revision", "updated_at"),
    )


def _write_versions(made: Sequence[Step]) -> None:
    rows = [(step, _as_row(step, step.version)) for step in made if step.version]
    insert_rows(row for _, row in rows)
    EntityConflict.objects.bulk_create(
        [
            EntityConflict(
                version=row,
                entity_id=row.entity_id,
                kind=step.conflict,
                fields=[asdict(each) for each in step.fields],
            )
            for step, row in rows
            if step.conflict
        ]
    )


def _as_row(step: Step, version: Version) -> EntityVersion:
    submission, position = step.asked.order
    return EntityVersion(
        entity_id=version.entity_id,
        version=version.number,
        label=version.values[LABEL],
        data={name: text for name, text in version.values.items() if name != LABEL},
        believed=dict(version.believed),
        base_version=step.base,
        branch_id=version.branch_id,
        trunk_version=step.asked.action.trunk_version,
        branch_version=version.branch_version,
        conflict=step.conflict,
        forced=step.forced,
        submission_id=submission,
        position=position,
    )
