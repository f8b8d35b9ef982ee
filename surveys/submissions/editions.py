"""The editions of a record: which submissions belong together, and which of them counts.

An edit names the edition it replaces (`deprecated_id`); editions arrive in any order, from several
tablets, and an original may never come (openrosa.md S14). The answer depends only on what has
arrived, not on the order of work: the record's id is that of the edition that came first; the
head is the edition no other replaces, and of several the one that came last.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Q

from surveys.submissions.models import Submission

_LOCK_SPACE = 1  # of PostgreSQL's advisory locks: editions of a form


@dataclass(frozen=True, slots=True)
class Lineage:
    """All editions of one record, the first to arrive first."""

    record_id: UUID
    head: Submission
    editions: tuple[Submission, ...]
    branched: bool = False  # two edits of one edition: a person should look
    former_ids: frozenset[UUID] = frozenset()  # record ids that editions had before they met

    @property
    def deleted(self) -> bool:
        return any(edition.deleted_at for edition in self.editions)

    @property
    def ids(self) -> set[UUID]:
        """The record's, and those that editions had before they met."""
        return {self.record_id, *self.former_ids}

    @property
    def first_time(self) -> bool:
        """Nothing was ever written for this record, so there is nothing to compare with."""
        return len(self.editions) == 1 and self.head.processed_at is None


def settle_editions(batch: Sequence[Submission]) -> list[Lineage]:
    """The lineages of these locked submissions, with `record_id` and `head` brought up to date.

    Runs inside the caller's transaction. One worker at a time settles a form's edits; where
    another is at it, they are left out of the answer and so stay waiting.
    """
    linked = _linked(batch)
    lineages = [Lineage(s.record_id, s, (s,)) for s in batch if s.pk not in linked]
    by_form: dict[int, list[Submission]] = {}
    for submission in batch:
        if submission.pk in linked:
            by_form.setdefault(submission.form_id, []).append(submission)
    for form_id, seeds in sorted(by_form.items()):
        if _may_settle(form_id):
            ready = {submission.pk: submission for submission in seeds}
            lineages += [_settle(family, ready) for family in _families(form_id, seeds, ready)]
    return lineages


def _linked(batch: Sequence[Submission]) -> set[int]:
    """Those that replace another edition, or are replaced by one."""
    replaced = set(
        Submission.objects.filter(
            form_id__in={s.form_id for s in batch}, deprecated_id__in=[s.instance_id for s in batch]
        )
        .exclude(deprecated_id="")
        .values_list("form_id", "deprecated_id")
    )
    return {s.pk for s in batch if s.deprecated_id or (s.form_id, s.instance_id) in replaced}


def _may_settle(form_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCK_SPACE, form_id])
        return bool(cursor.fetchone()[0])


def _families(
    form_id: int, seeds: Iterable[Submission], ready: dict[int, Submission]
) -> list[list[Submission]]:
    """The seeds and all they are linked with, locked; one list a record, oldest first."""
    found: dict[int, Submission] = {}
    names = {name for s in seeds for name in (s.instance_id, s.deprecated_id) if name}
    asked: set[str] = set()
    while names - asked:
        rows = (
            Submission.objects.filter(form_id=form_id)
            .filter(Q(instance_id__in=names - asked) | Q(deprecated_id__in=names - asked))
            .defer("raw_xml")
            .order_by("pk")
            .select_for_update(no_key=True)
        )
        asked |= names
        for row in rows:
            found[row.pk] = ready.get(row.pk, row)
            names |= {name for name in (row.instance_id, row.deprecated_id) if name}
    return _grouped([found[pk] for pk in sorted(found)])


def _grouped(editions: Sequence[Submission]) -> list[list[Submission]]:
    group_of: dict[str, dict[int, Submission]] = {}
    for edition in editions:
        group = {edition.pk: edition}
        for name in (edition.instance_id, edition.deprecated_id):
            group |= group_of.get(name, {}) if name else {}
        for member in group.values():
            for name in (member.instance_id, member.deprecated_id):
                group_of[name] = group
    group_of.pop("", None)
    groups = {id(group): group for group in group_of.values()}
    return [sorted(group.values(), key=lambda s: s.pk) for group in groups.values()]


def _settle(editions: Sequence[Submission], batch: dict[int, Submission]) -> Lineage:
    head, branched = _head(editions, batch)
    record_id = editions[0].record_id
    former_ids = frozenset(s.record_id for s in editions) - {record_id}
    if head.deprecated_id and head.review_state == Submission.ReviewState.RECEIVED:
        head.review_state = Submission.ReviewState.EDITED
    moved = [s for s in editions if (s.record_id, s.head) != (record_id, s.pk == head.pk)]
    for edition in moved:
        edition.record_id, edition.head = record_id, edition.pk == head.pk
    Submission.objects.bulk_update({*moved, head}, ["record_id", "head", "review_state"])
    return Lineage(record_id, head, tuple(editions), branched, former_ids)


def _head(editions: Sequence[Submission], batch: dict[int, Submission]) -> tuple[Submission, bool]:
    """The edition that counts, and whether others claim the same.

    One that waits elsewhere or was parked is not chosen: rows are never made from, nor hidden by,
    what could not be processed. It is settled again when its turn comes.
    """
    ready = [s for s in editions if s.pk in batch or s.state == Submission.State.PROCESSED]
    replaced = {s.deprecated_id for s in editions if s.deprecated_id != s.instance_id}
    leaves = [s for s in ready if s.instance_id not in replaced]
    return (leaves or ready)[-1], len(leaves) > 1
