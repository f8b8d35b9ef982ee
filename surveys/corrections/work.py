"""run_errands: the worker's part of an errand. Each answer is done in a transaction of its own.

With the answer goes the mark how far the errand is: a worker may be killed at any moment, and
whoever goes on leaves nothing out and does nothing twice.
"""

import logging
from collections.abc import Sequence
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from backend.accounts.permissions import may_propose_corrections
from backend.audit.log import log_event
from backend.problems import Problem
from surveys.corrections import states
from surveys.corrections.decide import decide_corrections
from surveys.corrections.models import Correction, Errand
from surveys.corrections.others import OtherText
from surveys.corrections.propose import Because
from surveys.corrections.recode import answers_of, check_code, find_other, recode_answer
from surveys.corrections.sheet_errands import forget_old_logs, run_sheet
from surveys.corrections.visible import visible_corrections

log = logging.getLogger(__name__)
CHUNK = 100  # answers or records that are looked up at once
State = Errand.State


def run_errands() -> int:
    """Works off what was asked for, oldest first; returns how many errands it ended.

    Any number of workers may run it at once: one is at an errand, the others leave it alone.
    Raises OperationalError when the database is away: the next bell or sweep goes on.
    """
    ended = 0
    forget_old_logs()
    open_ = Errand.objects.filter(state=State.OPEN).order_by("asked_at")
    for pk in list(open_.values_list("pk", flat=True)):
        try:
            ended += _run(pk)
        except (OperationalError, InterfaceError):
            raise
        except Problem as problem:
            _end(pk, State.FAILED, error=problem.code)
        except Exception:
            log.exception("an errand failed", extra={"errand_id": str(pk)})
            _end(pk, State.FAILED, error="internal")
    return ended


def _run(pk: UUID) -> bool:
    """Whether it ended here. Raises `Problem` where nothing of it may be done any more."""
    errands = Errand.objects.select_related("form", "asked_by", "granted").defer("content")
    errand = errands.get(pk=pk)
    if errand.move in (Errand.Move.IMPORT, Errand.Move.EXPORT):
        return run_sheet(pk)
    by = errand.asked_by
    if not by.is_active or not may_propose_corrections(by):
        raise Problem("not_allowed")
    job = _Recode(errand) if errand.move == Errand.Move.RECODE else _Decision(errand)
    after = errand.done_to
    while keys := job.after(after):
        for key in keys:
            if not _one(pk, key, job):
                return False
        after = keys[-1]
    return _end(pk, State.DONE)


class _Recode:
    """Its parts are rows with one of the texts."""

    def __init__(self, errand: Errand) -> None:
        self.errand, self.by = errand, errand.asked_by
        assert errand.form is not None
        self.other: OtherText = find_other(errand.form, errand.path)
        check_code(self.other, errand.code)
        self.rows = answers_of(errand.form, self.other, self.by, errand.words)

    def after(self, key: UUID | None) -> Sequence[UUID]:
        rows = self.rows if key is None else self.rows.filter(pk__gt=key)
        return list(rows.order_by("pk").values_list("pk", flat=True)[:CHUNK])

    def do(self, key: UUID) -> int:
        row = self.rows.filter(pk=key).first()
        if row is None:  # it was edited, or corrected, since we looked
            raise Problem("correction_stale", path=self.errand.path)
        made = recode_answer(
            row,
            self.other,
            self.errand.code,
            because=Because(self.errand.why, Correction.Source.OFFICE),
            by=self.by,
            granted=self.errand.granted,
            bundle=self.errand.bundle,
        )
        return len(made)

    def size(self, key: UUID) -> int:
        return 1


class _Decision:
    """Its parts are records, each decided as a whole."""

    def __init__(self, errand: Errand) -> None:
        self.errand, self.by = errand, errand.asked_by
        self.rows = visible_corrections(self.by).filter(bundle=errand.bundle)
        self.ripe = self.rows.filter(state__in=states.before(errand.move))

    def after(self, key: UUID | None) -> Sequence[UUID]:
        rows = self.ripe if key is None else self.ripe.filter(record_id__gt=key)
        ids = rows.order_by("record_id").values_list("record_id", flat=True)
        return list(ids.distinct()[:CHUNK])

    def do(self, key: UUID) -> int:
        found = self.ripe.filter(record_id=key).order_by("pk").first()
        if found is None:
            raise Problem("correction_decided", state="")
        done = decide_corrections(
            correction_id=found.pk,
            move=self.errand.move,
            by=self.by,
            why=self.errand.why,
            granted=self.errand.granted,
        )
        return len(done)

    def size(self, key: UUID) -> int:
        return self.rows.filter(record_id=key).count()


@transaction.atomic
def _one(pk: UUID, key: UUID, job: _Recode | _Decision) -> bool:
    """One part, and the mark that it is done; False where somebody else is at it, or stopped it."""
    locked = Errand.objects.select_for_update(skip_locked=True, no_key=True)
    errand = locked.filter(pk=pk, state=State.OPEN).first()
    if errand is None:
        return False
    if errand.done_to is not None and errand.done_to >= key:
        return True
    try:
        with transaction.atomic():
            errand.done += job.do(key)
    except Problem as problem:
        errand.refused[problem.code] = errand.refused.get(problem.code, 0) + job.size(key)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("a part of an errand failed", extra={"errand_id": str(pk)})
        errand.refused["internal"] = errand.refused.get("internal", 0) + job.size(key)
    errand.done_to = key
    errand.save(update_fields=["done", "refused", "done_to"])
    return True


@transaction.atomic
def _end(pk: UUID, state: str, *, error: str = "") -> bool:
    said = {
        "state": state,
        "error": error,
        "words": [],
        "ended_at": timezone.now(),
        "content": None,
    }
    if not Errand.objects.filter(pk=pk, state=State.OPEN).update(**said):
        return False
    errand = Errand.objects.select_related("asked_by").get(pk=pk)
    log_event(f"errand.{state}", by=errand.asked_by, target=errand, count=errand.done)
    return True
