"""The history of every household on the list, replayed from what the tablets say they did.

Written apart from the server's own rules, and with what it cannot know: how each tablet held the
entity when its form was filled in (openrosa.md E7, E8, E10).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from uuid import UUID

from surveys.entities.models import Entity, EntityProblem, EntityVersion, HeldAction
from sync.fieldwork.fieldworker import Belief, Fieldworker, Parcel

Values = Mapping[str, str]
LABEL = "label"


def history_differences(
    workers: Sequence[Fieldworker], instance_ids: Mapping[int, str]
) -> Iterator[str]:
    """`instance_ids` of the records the server holds, by key of the submission."""
    chronicle = _Chronicle(workers, instance_ids)
    yield from chronicle.undone()
    yield from chronicle.wrongly_done()


class _Chronicle:
    def __init__(self, workers: Sequence[Fieldworker], instance_ids: Mapping[int, str]) -> None:
        self.parcels = {
            parcel.instance_id: parcel
            for worker in workers
            for parcel in worker.parcels
            if parcel.declared is not None
        }
        self.instance_ids = instance_ids
        self.makers: dict[str, set[str]] = defaultdict(set)  # entity → editions that create it
        for parcel in self.parcels.values():
            if parcel.declared is not None and parcel.declared.creates:
                self.makers[parcel.declared.id].add(parcel.instance_id)
        self.versions: dict[UUID, list[EntityVersion]] = defaultdict(list)
        touched = {UUID(parcel.declared.id) for parcel in self.parcels.values() if parcel.declared}
        entities = Entity.objects.filter(pk__in=touched)
        self.entities = {each.pk: each for each in entities}
        # Where households were merged, updates of the one stand in the history of the other.
        stayed = {each.redirect_to_id for each in entities if each.redirect_to_id}
        self.entities |= Entity.objects.in_bulk(stayed - self.entities.keys())
        made = EntityVersion.objects.filter(entity__in=list(self.entities))
        for row in made.order_by("entity", "version"):
            self.versions[row.entity_id].append(row)
        self.by_branch: dict[tuple[str, int], EntityVersion] = {}  # and count after the update
        self.done: Counter[str] = Counter()
        for rows in self.versions.values():
            for row in rows:
                self._note(row)

    def _note(self, row: EntityVersion) -> None:
        instance_id = self.instance_ids.get(row.submission_id or 0, "")
        self.done[instance_id] += 1
        parcel = self.parcels.get(instance_id)
        if parcel is not None and parcel.declared is not None:
            self.by_branch[parcel.declared.branch, parcel.declared.base + 1] = row

    def undone(self) -> Iterator[str]:
        """Every update was carried out once, or is recorded as one that cannot be."""
        problems = EntityProblem.objects.filter(submission_id__in=list(self.instance_ids))
        for problem in problems:
            instance_id = self.instance_ids[problem.submission_id]
            yield f"{instance_id}: the entity action failed with {problem.code}"
        held = HeldAction.objects.filter(submission_id__in=list(self.instance_ids))
        for each in held:
            yield f"{self.instance_ids[each.submission_id]}: its entity action is still held"
        there = set(self.instance_ids.values())
        for instance_id, parcel in self.parcels.items():
            times = sum(self.done[each] for each in self._editions(parcel))
            if parcel.belief == Belief.SAFE and instance_id in there and times != 1:
                yield f"{instance_id}: its entity action was carried out {times} times"

    def _editions(self, parcel: Parcel) -> set[str]:
        """Of one record only one edition acts on the list (E10)."""
        assert parcel.declared is not None
        if not parcel.declared.creates:
            return {parcel.instance_id}
        return self.makers[parcel.declared.id]

    def wrongly_done(self) -> Iterator[str]:
        for pk, rows in self.versions.items():
            numbers = [row.version for row in rows]
            if numbers != list(range(1, len(rows) + 1)):
                yield f"entity {pk} has the versions {numbers}"
                continue
            entity = self.entities[pk]
            if entity.version != len(rows) or entity.data != rows[-1].data:
                yield f"entity {pk} is not what its last version says"
            for before, row in pairwise(rows):
                yield from self._update_differences(before, row)

    def _update_differences(self, before: EntityVersion, row: EntityVersion) -> Iterator[str]:
        parcel = self.parcels.get(self.instance_ids.get(row.submission_id or 0, ""))
        if parcel is None or parcel.declared is None or parcel.before is None:
            return  # by the office, or by another season
        at = f"entity {row.entity_id} version {row.version}"
        seen = {**parcel.before.properties, LABEL: parcel.before.label}
        sent = dict(parcel.declared.properties)
        if parcel.declared.label:
            sent[LABEL] = parcel.declared.label
        server = _values(before)
        changed = {name for name, text in sent.items() if text != seen.get(name, "")}
        expected = {**server, **{name: sent[name] for name in changed}}
        if _differing(expected, _values(row)):
            names = ", ".join(sorted(_differing(expected, _values(row))))
            yield f"{at}: {names} is not what the update makes of the version before"
        base = self._base(parcel)
        if base is None or base.version != row.base_version:
            yield f"{at}: made on {base and base.version}, recorded as on {row.base_version}"
            return
        kind = _conflict(changed, sent, seen, server, _values(base))
        if kind != row.conflict:
            yield f"{at}: {kind or 'no'} conflict, recorded as {row.conflict or 'none'}"

    def _base(self, parcel: Parcel) -> EntityVersion | None:
        """What it was made on: a version the server gave, or the branch's own update before."""
        assert parcel.declared is not None
        asked = parcel.declared
        if asked.base in {1, asked.trunk}:
            own = self.versions.get(UUID(asked.id), [])
            return next((row for row in own if row.version == asked.base), None)
        return self.by_branch.get((asked.branch, asked.base))


def _conflict(changed: set[str], sent: Values, seen: Values, server: Values, base: Values) -> str:
    """Hard where both changed a property, soft where others changed others (E8)."""
    moved = _differing(server, seen)
    if any(name in moved and sent[name] != server.get(name, "") for name in changed):
        return EntityVersion.Conflict.HARD
    if changed and _differing(server, base):
        return EntityVersion.Conflict.SOFT
    return EntityVersion.Conflict.NONE


def _values(row: EntityVersion) -> dict[str, str]:
    return {**row.data, LABEL: row.label}


def _differing(one: Values, other: Values) -> set[str]:
    return {name for name in {*one, *other} if one.get(name, "") != other.get(name, "")}
