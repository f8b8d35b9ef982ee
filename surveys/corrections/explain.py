"""An answer that is right as it is explains what checks found in it, until that is revoked."""

from collections.abc import Sequence

from django.db.models import OuterRef, Subquery

from backend.accounts.models import User
from surveys.cleaning.flags import LONGEST_REASON, change_flag
from surveys.cleaning.models import FlagStep, QualityFlag
from surveys.corrections.models import Correction
from surveys.corrections.records import Record

State = QualityFlag.State


def explain_flags(record: Record, approved: Sequence[Correction], by: User) -> None:
    for path, reason in _right(record, approved).items():
        found = QualityFlag.objects.filter(submission=record.head, path=path, settled_at=None)
        for flag in found.order_by("pk"):
            to = State.EXPLAINED
            change_flag(flag_id=flag.pk, to=to, by=by, reason=reason, looked=flag.state)


def reopen_flags(record: Record, revoked: Sequence[Correction], by: User, why: str) -> None:
    """Those that these explained, and nobody spoke of since, nor another that still holds."""
    gone = {c.pk for c in revoked}
    held = _right(record, [c for c in record.in_force if c.pk not in gone])
    last = FlagStep.objects.filter(flag=OuterRef("pk")).order_by("-pk")
    for path, reason in _right(record, revoked).items():
        explained = QualityFlag.objects.filter(
            submission__record_id=record.id, path=path, state=State.EXPLAINED
        ).annotate(last=Subquery(last.values("reason")[:1]))
        for flag in explained.filter(last=reason).order_by("pk") if path not in held else ():
            words = why.strip()[:LONGEST_REASON]
            change_flag(flag_id=flag.pk, to=State.OPEN, by=by, reason=words, looked=flag.state)


def _right(record: Record, corrections: Sequence[Correction]) -> dict[str, str]:
    """Path as flags have it, with and without the number of the row → why it is right."""
    places = {row_id: place for place, row_id in record.places.items()}
    found: dict[str, str] = {}
    for each in corrections:
        if each.action == Correction.Action.OKAY:
            reason = each.reason[:LONGEST_REASON].strip()
            row = places.get(each.row_id, "") if each.repeat else ""
            numbered = f"{row}{each.path.removeprefix(each.repeat)}" if row else each.path
            found |= dict.fromkeys({each.path, numbered}, reason)
    return found
