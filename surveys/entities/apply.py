"""apply_entities: carries out what submissions ask of entity lists: create, update, upsert.

What an action comes to, `versions.py` says; `chronicle.py` reads and writes the entities. Nothing
here fails a submission: what cannot be done is recorded for managers (openrosa.md E9).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from surveys.cleaning.clean import Reading
from surveys.entities.asking import Asks, Problems, asked_by, held_for
from surveys.entities.block import UNKNOWN
from surveys.entities.chronicle import carry_out
from surveys.entities.lists import lock_lists
from surveys.entities.models import Entity, EntityProblem, EntityVersion, HeldAction
from surveys.entities.versions import Asked, Key
from surveys.submissions.models import Submission

FORCED_AT_ONCE = 500  # held actions a transaction


def apply_entities(readings: Sequence[Reading], asks: Asks, *, now: datetime) -> None:
    """Carries out each action once, after its predecessor, or holds it until that arrives (E8).

    `asks`: what each of the readings' submissions says in its entity block.
    Safe to run twice, and in any order of an original and its edits: the edition that comes first
    acts on an entity, the others leave it as it is (E10). Runs inside the caller's transaction;
    workers that meet in a list take turns.
    """
    submissions = {reading.submission.pk: reading.submission for reading in readings}
    asked, problems = asked_by(readings, asks, now)
    held: list[Asked] = []
    if asked:
        lists = lock_lists({each.action.list_name for each in asked})
        asked = _not_done(asked, submissions)
        ids = {each.entity_id for each in asked}
        held = held_for(ids, but=submissions, now=now)
        problems |= _work_off([*asked, *held], lists)
    _record_problems(problems, {each.order for each in held}, submissions.values())


@transaction.atomic
def force_held(*, now: datetime) -> int:
    """Carries out what was held for too long, on what is there (E8); returns how many it tried.

    An update whose entity never came goes on waiting, and is shown as a problem.
    """
    late = HeldAction.objects.filter(force_after__lte=now).order_by("force_after")
    if not late.exists():
        return 0
    lists = lock_lists()
    held = held_for(set(late.values_list("entity_id", flat=True)[:FORCED_AT_ONCE]), but=(), now=now)
    problems = _work_off(held, lists)
    _record_problems(problems, {each.order for each in held}, ())
    return len(held)


def _not_done(asked: Sequence[Asked], submissions: Mapping[int, Submission]) -> list[Asked]:
    """Leaves out what was done, and what another edition of the record did or waits to do."""
    done, acting = _acts({submission.record_id for submission in submissions.values()})
    ids = {each.entity_id for each in asked}
    merged = (
        Entity.objects.filter(pk__in=ids, redirect_to__isnull=False)
        if acting
        else Entity.objects.none()
    )
    stayed = dict(merged.values_list("pk", "redirect_to_id"))
    left = []
    for each in sorted(asked, key=lambda each: each.order):
        pk, entity = each.order[0], each.entity_id
        record = submissions[pk].record_id
        actor = acting.get((record, stayed.get(entity))) or acting.setdefault((record, entity), pk)
        if actor == pk and each.order not in done:
            left.append(each)
    return left


def _acts(records: Collection[UUID]) -> tuple[set[Key], dict[tuple[UUID, UUID | None], int]]:
    """What editions of these records did; and for each of their entities the edition that acts."""
    of_records = {"submission__record_id__in": records}
    columns = "submission_id", "position", "submission__record_id", "entity_id"
    did = list(EntityVersion.objects.filter(**of_records).values_list(*columns))
    waits = list(HeldAction.objects.filter(**of_records).values_list(*columns))
    done = {(pk, position) for pk, position, _, _ in did}
    acting = {(record, entity): pk for pk, _, record, entity in (*waits, *did)}
    return done, acting


def _work_off(asked: Sequence[Asked], lists: Mapping[str, int]) -> Problems:
    """Carries out what can be, and holds the rest."""
    steps, held = carry_out(asked, lists)
    settled = {step.asked.order for step in steps}
    rows = HeldAction.objects.filter(submission_id__in={pk for pk, _ in settled})
    gone = [each.pk for each in rows if (each.submission_id, each.position) in settled]
    if gone:
        HeldAction.objects.filter(pk__in=gone).delete()
    HeldAction.objects.bulk_create(
        [
            HeldAction(
                submission_id=each.order[0],
                position=each.order[1],
                entity_id=each.entity_id,
                branch_id=each.action.branch_id,
                force_after=None if each.due else each.until,
            )
            for each in held
        ],
        update_conflicts=True,
        unique_fields=["submission", "position"],
        update_fields=["force_after"],
    )
    problems = {step.asked.order: step.problem for step in steps if step.problem}
    return problems | {each.order: UNKNOWN for each in held if each.due}


def _record_problems(
    problems: Problems, looked_at: Collection[Key], submissions: Iterable[Submission]
) -> None:
    """Records what could not be done, and forgets what now can: of these submissions all,
    of others the actions looked at."""
    again = {submission.pk for submission in submissions if submission.processed_at}
    wanted = {(pk, position, code) for (pk, position), code in problems.items()}
    stored = {
        (each.submission_id, each.position, each.code): each.pk
        for each in EntityProblem.objects.filter(
            submission_id__in=again | {pk for pk, _ in looked_at}
        )
    }
    gone = [
        row
        for (pk, position, code), row in stored.items()
        if (pk, position, code) not in wanted and (pk in again or (pk, position) in looked_at)
    ]
    if gone:
        EntityProblem.objects.filter(pk__in=gone).delete()
    EntityProblem.objects.bulk_create(
        [
            EntityProblem(submission_id=pk, position=position, code=code)
            for pk, position, code in sorted(wanted - stored.keys())
        ]
    )
