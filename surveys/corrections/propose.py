"""propose_corrections: that answers of one record are others, for somebody else to approve."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.problems import Problem
from backend.said import Said
from surveys.cleaning.answers import MEDIA_TYPES
from surveys.cleaning.corrected import STALE, Verdict, text_at
from surveys.cleaning.placing import Fault
from surveys.cleaning.plain import PlainError, write_plain
from surveys.corrections import states
from surveys.corrections.drops import propose_drop
from surveys.corrections.models import Correction, CorrectionStep
from surveys.corrections.records import Record, lock_record
from surveys.corrections.standing import form_of_version
from surveys.corrections.visible import hides
from surveys.datasets.tables import dataset_of_form
from surveys.privacy.models import Unmasking
from surveys.xforms.models import FormMedia
from surveys.xforms.schema import Field

LONGEST_REASON, LONGEST_ANSWER = 1000, 10_000  # characters
LEAST_REASON = 3
MOST_AT_ONCE = 50  # answers of one record
Action = Correction.Action
_POSITION = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Wish:
    """What one answer should be, as plain JSON; `old` is the text that its author saw, if said."""

    row_id: UUID
    path: str
    new: Any = ""
    old: str | None = None
    action: str = Action.REPLACE
    id: UUID | None = None  # where it has one already, from a sheet


@dataclass(frozen=True, slots=True)
class Because:
    """Why, and how it is known; both are kept with the correction."""

    reason: str
    source: str = Correction.Source.OFFICE


@transaction.atomic
def propose_corrections(
    *,
    record_id: UUID,
    wishes: Sequence[Wish],
    because: Because,
    by: User,
    granted: Unmasking | None = None,
    bundle: UUID | None = None,
) -> list[Correction]:
    """Corrections of one record that are approved together; they change nothing until then.

    One wish to drop without a path is about the record itself (`drops.py`).

    Raises `Problem`: `not_found`, `record_unreadable`, `question_unknown`, `question_fixed`,
    `field_masked`, `correction_stale` with what stands there now, `correction_waiting` where a
    proposal for the same answer waits, `correction_invalid` with every fault, `value_invalid`.
    """
    _check_words(because, wishes)
    if not all(wish.path for wish in wishes):
        return [_drop(record_id, wishes, because, by=by, bundle=bundle)]
    record = lock_record(record_id)
    bundle = bundle or uuid4()
    made = [_made(record, wish, because, by=by, granted=granted, bundle=bundle) for wish in wishes]
    standing = record.with_(made)
    check_verdicts(record, made, [standing.verdicts[c.pk] for c in made])
    Correction.objects.bulk_create(made)
    CorrectionStep.objects.bulk_create(
        [
            CorrectionStep(
                correction=c, step=states.PROPOSED, by=by, at=c.proposed_at, why=c.reason
            )
            for c in made
        ]
    )
    for each in made:
        log_event("correction.proposed", by=by, target=each, record_id=str(record_id))
    return made


def _drop(
    record_id: UUID, wishes: Sequence[Wish], because: Because, *, by: User, bundle: UUID | None
) -> Correction:
    wish = wishes[0]
    if len(wishes) > 1 or wish.action != Action.DROP or wish.row_id != record_id:
        raise Problem(
            "value_invalid", field="path", reason=Said("is left out only to drop the record")
        )
    reason, source = because.reason, because.source
    return propose_drop(
        record_id=record_id, reason=reason, source=source, by=by, id=wish.id, bundle=bundle
    )


def check_verdicts(
    record: Record, corrections: Sequence[Correction], verdicts: Sequence[Verdict]
) -> None:
    """Raises `correction_stale` or `correction_invalid` for the first that does not hold."""
    for correction, verdict in zip(corrections, verdicts, strict=True):
        if verdict.why == STALE and verdict.now != correction.old.strip():
            raise Problem("correction_stale", path=correction.path, now=verdict.now)
        if not verdict.holds:
            faults = verdict.faults or (Fault(correction.path, verdict.why),)
            raise _invalid(faults, record)


def _made(
    record: Record,
    wish: Wish,
    because: Because,
    *,
    by: User,
    granted: Unmasking | None,
    bundle: UUID,
) -> Correction:
    field = _field(record, wish.path)
    wish = replace(wish, path=field.path)
    if hides(by, field, granted):
        raise Problem("field_masked", field=field.key)
    if field.calculated or field.type in MEDIA_TYPES or _names_an_entity(record, field):
        raise Problem("question_fixed", path=wish.path)
    now = _standing_text(record, wish, field)
    new = _new_text(wish, field, now)
    _check_nobody_else(record, wish)
    made = Correction(
        bundle=bundle,
        form_id=record.head.form_id,
        submission=record.head,
        record_id=record.id,
        row_id=wish.row_id,
        repeat=field.repeat,
        path=field.path,
        action=wish.action,
        old=now,
        new=new,
        reason=because.reason.strip(),
        source=because.source,
        proposed_by=by,
        proposed_at=timezone.now(),
    )
    made.id = wish.id or made.id
    return made


def _field(record: Record, path: str) -> Field:
    """What the record's version asked there, or asked of what another version asks there."""
    fields = record.reading.schema.fields
    found = next((f for f in fields if f.path == path), None)
    if found is None:
        elsewhere = dataset_of_form(record.head.form).asked_at.get(path, ())
        same = {(c.field.repeat, c.field.key) for c in elsewhere}
        found = next((f for f in fields if (f.repeat, f.key) in same), None)
    if found is None:
        raise Problem("question_unknown", path=path[:300])
    return found


def _names_an_entity(record: Record, field: Field) -> bool:
    """Chosen from a list that tablets keep: which household a record is about, linkage says."""
    media = FormMedia.objects.filter(form=record.head.form_id, name=field.choices_file)
    return bool(field.choices_file) and not media.exists()


def _standing_text(record: Record, wish: Wish, field: Field) -> str:
    number = record.numbers.get(wish.row_id)
    if number is None or record.reading.answers.rows[number].repeat != field.repeat:
        raise Problem("value_invalid", field="row", reason=Said("the record has no such row"))
    assert record.reading.version_pk is not None
    now = text_at(form_of_version(record.reading.version_pk), record.now, number, field.path)
    if wish.old is not None and wish.old.strip() != now:
        raise Problem("correction_stale", path=field.path, now=now)
    return now


def _new_text(wish: Wish, field: Field, now: str) -> str:
    if wish.action == Action.OKAY:
        return now
    if wish.action == Action.DROP:
        new = ""
    else:
        try:
            new = write_plain(wish.new, field).strip()
        except PlainError as error:
            raise _invalid((Fault(field.path, error.code),)) from error
        if not new:
            raise Problem(
                "value_invalid", field="new", reason=Said("is empty; to remove it say drop")
            )
    if len(new) > LONGEST_ANSWER:
        raise Problem(
            "value_invalid",
            field="new",
            reason=Said("at most {most} characters", most=LONGEST_ANSWER),
        )
    if new == now:
        raise Problem("value_invalid", field="new", reason=Said("is what stands there already"))
    return new


def _check_nobody_else(record: Record, wish: Wish) -> None:
    for other in record.live:
        same = (other.row_id, other.path) == (wish.row_id, wish.path)
        if same and other.state in states.WAITING:
            raise Problem("correction_waiting", path=wish.path, correction=str(other.pk))


def check_reason(words: str) -> None:
    """Raises `Problem`: `reason_missing`, `value_invalid`."""
    if len(words.strip()) < LEAST_REASON:
        raise Problem("reason_missing")
    if len(words) > LONGEST_REASON or "\0" in words:
        raise Problem(
            "value_invalid",
            field="reason",
            reason=Said("at most {most} plain characters", most=LONGEST_REASON),
        )


def _check_words(because: Because, wishes: Sequence[Wish]) -> None:
    check_reason(because.reason)
    if because.source not in Correction.Source.values:
        raise Problem(
            "value_invalid",
            field="source",
            reason=Said("one of {allowed}", allowed=", ".join(Correction.Source.values)),
        )
    if not 0 < len(wishes) <= MOST_AT_ONCE:
        raise Problem(
            "value_invalid", field="changes", reason=Said("1 to {most}", most=MOST_AT_ONCE)
        )
    if len({(wish.row_id, wish.path) for wish in wishes}) < len(wishes):
        raise Problem(
            "value_invalid", field="changes", reason=Said("one answer stands there twice")
        )
    for wish in wishes:
        if wish.action not in Action.values:
            raise Problem(
                "value_invalid",
                field="action",
                reason=Said("one of {allowed}", allowed=", ".join(Action.values)),
            )


def _invalid(faults: Sequence[Fault], record: Record | None = None) -> Problem:
    """Each fault with the row it is in and its field's path, so that it can be corrected too."""
    places = {} if record is None else record.places
    errors = []
    for fault in faults:
        row = max((p for p in places if f"{fault.path}/".startswith(f"{p}/")), key=len, default="")
        told = {key: value for key, value in asdict(fault).items() if value}
        if row or "" in places:
            told |= {"row": str(places[row]), "field": _POSITION.sub("", fault.path)}
        errors.append(told)
    return Problem("correction_invalid", count=len(errors), errors=errors)
