"""code_lines: how many flags of each code one user may see, by state, and what is new."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from backend.accounts.models import User
from surveys.quality.catalog import READ, Check
from surveys.quality.reading import grave, visible_flags
from surveys.quality.setting import checks_in_force


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One code in the daily report: flags by state, and those that are new since yesterday."""

    code: str
    group: str
    severity: str
    owner: str
    counts: Mapping[str, int]
    new: int

    @property
    def live(self) -> int:
        return self.counts.get("open", 0) + self.counts.get("sent", 0)


def code_lines(user: User, *, now: datetime) -> list[CodeLine]:
    """Codes with flags, the gravest first; two queries."""
    since = timezone.localtime(now).replace(hour=0, minute=0, second=0) - timedelta(days=1)
    found = (
        visible_flags(user)
        .values("code", "state")
        .annotate(n=Count("pk"), new=Count("pk", filter=Q(created_at__gte=since)))
    )
    counts: dict[str, Counter[str]] = {}
    new: Counter[str] = Counter()
    for row in found.order_by():
        counts.setdefault(row["code"], Counter())[row["state"]] = row["n"]
        new[row["code"]] += row["new"]
    checks = checks_in_force()
    lines = [_line(code, states, new[code], checks) for code, states in counts.items()]
    order = ("serious", "warning", "note")
    return sorted(lines, key=lambda line: (order.index(line.severity), -line.live, line.code))


def _line(code: str, states: Mapping[str, int], new: int, checks: Mapping[str, Check]) -> CodeLine:
    severity, owner = grave(code, checks)
    check = checks.get(code)
    group = check.group if check else READ.get(code, ("", "", ""))[0]
    return CodeLine(code, group, severity, owner, states, new)
