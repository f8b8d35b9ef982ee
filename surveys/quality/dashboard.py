"""dashboard: enumerators by what their interviews say, with flags, reviews and back-checks."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from backend.accounts.models import User
from backend.problems import Problem
from backend.said import Said
from surveys.privacy.access import sight_of
from surveys.quality.back_checks import rates_by_enumerator
from surveys.quality.counting import CLOSED, COUNTED, COUNTS, records_counted
from surveys.quality.effects import MEASURES
from surveys.quality.ranking import ranked
from surveys.quality.reading import table, within_places
from surveys.quality.tables import ENUMERATORS


def dashboard(user: User, measure: str = "") -> dict[str, Any]:
    """Lines of enumerators all of whose places the user sees, and how many others there are.

    Ranked by all measures together or by one, among those shown. A constant number of queries;
    effects and counts are those of the last run. Raises `Problem("value_invalid")`.
    """
    if measure and measure not in MEASURES:
        reason = Said("one of {allowed}", allowed=", ".join(MEASURES))
        raise Problem("value_invalid", field="sort", reason=reason)
    rows = table(ENUMERATORS)
    seen = within_places(user, rows, "places")
    counts, rates = _counts(user), rates_by_enumerator(user)
    lines = [
        {**row, **counts.get(row["enumerator"], {}), "rates": rates.get(row["enumerator"], {})}
        for row in seen
    ]
    return {
        "lines": ranked(lines, measure),
        "measures": list(MEASURES),
        "elsewhere": len(rows) - len(seen),
    }


def _counts(user: User) -> Mapping[str, Counter[str]]:
    """Of each enumerator: what the night counted in the records that the user sees.

    Records of legal aid are in no table; they are few, and counted for those who are named for it.
    """
    rows = table(COUNTS)
    named = sight_of(user).legal_aid
    if named:
        rows = [*rows, *records_counted(restricted=True)]
    found: dict[str, Counter[str]] = {}
    for row in within_places(user, rows, "place"):
        counts = found.setdefault(row["enumerator"], Counter())
        counts.update({name: row[name] for name in COUNTED})
        if not named:
            counts["flags"] -= row.get(CLOSED, 0)
    return found
