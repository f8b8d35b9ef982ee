"""What a tablet says of itself, as JSON → Health. Garbage is left out, never an error."""

from datetime import datetime
from typing import Any

from sync.health import MAX_FORMS, Health


def read_health(said: Any, sent_at: Any) -> Health:
    """Whatever came as `health` and `sent_at`; what cannot be read is as if it was not said."""
    known = said if isinstance(said, dict) else {}
    return Health(
        sent_at=_time(sent_at),
        app=_text(known.get("app")),
        platform=_text(known.get("platform")),
        battery=_number(known.get("battery"), most=100),
        free_mb=_number(known.get("free_mb"), most=2**40),
        unsent=_number(known.get("unsent"), most=1_000_000),
        oldest_unsent_at=_time(known.get("oldest_unsent")),
        forms=_forms(known.get("forms")),
    )


def _text(value: Any) -> str:
    return value.replace("\0", "") if isinstance(value, str) else ""


def _number(value: Any, *, most: int) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        return None
    return round(value)


def _time(value: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(_text(value))
    except ValueError:
        return None
    # Year 1 or 9999 cannot be moved to another zone; without an offset it says nothing.
    return at if at.tzinfo is not None and 1970 <= at.year <= 2200 else None


def _forms(value: Any) -> list[tuple[str, str]] | None:
    if not isinstance(value, list):
        return None
    entries = [each for each in value[:MAX_FORMS] if isinstance(each, dict)]
    return [(_text(each.get("form_id")), _text(each.get("version"))) for each in entries]
