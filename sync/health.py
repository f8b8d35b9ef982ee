"""What a tablet says of itself: kept as last heard, so that somebody notices the one in trouble."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sync.models import Device

MAX_FORMS = 200  # a tablet holds a few; a list of thousands is a mistake or worse
FURTHEST_SECONDS = 100 * 366 * 86400  # a clock may stand at 1970


@dataclass(frozen=True, slots=True)
class Health:
    """One report; None where it says nothing. Times are aware; `sent_at` is by its own clock."""

    app: str = ""
    platform: str = ""
    battery: int | None = None  # percent
    free_mb: int | None = None
    unsent: int | None = None  # records waiting on the tablet
    oldest_unsent_at: datetime | None = None
    forms: Sequence[tuple[str, str]] | None = None  # form_id and version that it holds
    sent_at: datetime | None = None


def note_health(*, device_id: int, health: Health, now: datetime) -> None:
    """Stores what the report says; what it does not say stays as it was.

    Figures that cannot be are brought to the nearest that can: a report never fails a push.
    """
    said = {
        "app": health.app[:120] or None,
        "platform": health.platform[:120] or None,
        "battery": _within(health.battery, 100),
        "free_mb": _within(health.free_mb, 2**40),
        "unsent": _within(health.unsent, 2**31 - 1),
        "clock_drift_seconds": _drift(health.sent_at, now),
    }
    changes: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    if health.unsent == 0:
        changes["oldest_unsent_at"] = None
    elif health.oldest_unsent_at is not None:
        ahead = timedelta(seconds=changes.get("clock_drift_seconds", 0))
        changes["oldest_unsent_at"] = health.oldest_unsent_at - ahead  # by our clock
    if health.forms is not None:
        changes["forms"] = [
            {"form_id": form_id[:255], "version": version[:200]}
            for form_id, version in health.forms[:MAX_FORMS]
        ]
    Device.objects.filter(pk=device_id).update(health_at=now, last_seen_at=now, **changes)


def _within(figure: int | None, most: int) -> int | None:
    return None if figure is None else max(0, min(figure, most))


def _drift(sent_at: datetime | None, now: datetime) -> int | None:
    """How far its clock is ahead of ours (behind: negative); the way here is counted in."""
    if sent_at is None:
        return None
    ahead = round((sent_at - now).total_seconds())
    return max(-FURTHEST_SECONDS, min(ahead, FURTHEST_SECONDS))
