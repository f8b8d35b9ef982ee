"""Errands: a recode of many answers, or one decision on all of a bundle, asked for and stopped.

What can be checked is checked when it is asked for; `work.py` does it.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.problems import Problem
from backend.said import Said
from surveys.corrections import states
from surveys.corrections.decide import check_person, check_words
from surveys.corrections.models import Correction, Errand
from surveys.corrections.propose import check_reason
from surveys.corrections.recode import (
    MOST_TEXTS,
    answers_of,
    check_code,
    check_shown,
    find_other,
)
from surveys.corrections.visible import visible_corrections
from surveys.privacy.models import Unmasking
from surveys.xforms.models import Form

SHOWN_FOR, MOST_SHOWN = timedelta(days=1), 5


@transaction.atomic
def ask_recode(
    *,
    form: Form,
    path: str,
    words: Sequence[str],
    code: str,
    reason: str,
    by: User,
    granted: Unmasking | None = None,
) -> Errand:
    """Every answer that gives one of these texts is to be proposed for `code`.

    Raises `Problem`: `question_unknown`, `field_masked`, `value_invalid`, `reason_missing`.
    """
    other = find_other(form, path)
    if not 0 < len(words) <= MOST_TEXTS:
        raise Problem("value_invalid", field="words", reason=Said("choose texts first"))
    check_code(other, code)
    check_reason(reason)
    check_shown(other, by, granted)
    return keep_errand(
        form=form,
        bundle=uuid4(),
        move=Errand.Move.RECODE,
        path=path,
        words=list(words),
        code=code,
        why=reason.strip(),
        granted=granted,
        asked_by=by,
        total=answers_of(form, other, by, words).count(),
    )


@transaction.atomic
def ask_decision(
    *, correction_id: UUID, move: str, by: User, why: str = "", granted: Unmasking | None = None
) -> Errand:
    """The bundle of this correction is to be decided on, record by record.

    A second wish for what is being done already gives the first. Raises `Problem`: `not_found`,
    `correction_busy` where another errand works on the bundle, `correction_decided` where nothing
    is left to decide, and what one decision raises of a person.
    """
    check_words(move, why)
    found = visible_corrections(by).filter(pk=correction_id).first()
    if found is None:
        raise Problem("not_found")
    check_person([found], move, by, granted)
    # Two who ask at once take turns here.
    Correction.objects.filter(bundle=found.bundle).select_for_update(no_key=True).order_by(
        "pk"
    ).first()
    busy = Errand.objects.filter(bundle=found.bundle, state=Errand.State.OPEN).first()
    if busy is not None:
        if (busy.move, busy.asked_by_id) == (move, by.pk):
            return busy
        raise Problem("correction_busy", left=busy.left)
    total = visible_corrections(by).filter(bundle=found.bundle, state__in=states.before(move))
    count = total.count()
    if not count:
        raise Problem("correction_decided", state=found.state)
    return keep_errand(
        form=found.form,
        bundle=found.bundle,
        move=move,
        why=why.strip(),
        granted=granted,
        asked_by=by,
        total=count,
    )


def find_errand(errand_id: UUID, user: User) -> Errand:
    """One's own. Raises `Problem("not_found")`."""
    found = Errand.objects.select_related("form").filter(pk=errand_id, asked_by=user).first()
    if found is None:
        raise Problem("not_found")
    return found


def errand_json(errand: Errand) -> dict[str, object]:
    names = ("bundle", "move", "state", "total", "done", "left", "refused", "error")
    told = {name: getattr(errand, name) for name in names}
    return {"id": errand.pk, **told, "asked_at": errand.asked_at, "ended_at": errand.ended_at}


def errands_shown(user: User) -> list[Errand]:
    """One's last few; those of the last day, and whatever is being done."""
    lately = Q(asked_at__gte=timezone.now() - SHOWN_FOR) | Q(state=Errand.State.OPEN)
    return list(user.errands.filter(lately).select_related("form").defer("content")[:MOST_SHOWN])


@transaction.atomic
def stop_errand(errand: Errand, *, by: User) -> None:
    """What was done stays done; a sheet is all or nothing, and not stopped.

    Raises `Problem("correction_decided")` where it has ended.
    """
    open_ = Errand.objects.filter(pk=errand.pk, state=Errand.State.OPEN, form__isnull=False)
    if not open_.update(state=Errand.State.STOPPED, words=[], ended_at=timezone.now()):
        raise Problem("correction_decided", state=errand.state)
    log_event("errand.stopped", by=by, target=errand)


def keep_errand(**said: object) -> Errand:
    """Puts it in the queue, inside the caller's transaction; `said`: fields of `Errand`."""
    errand = Errand.objects.create(**said)
    log_event("errand.asked", by=errand.asked_by, target=errand, move=errand.move)
    return errand
