"""What was decided of some records, by whom and why; what was decided together stands together."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.accounts.models import User
from surveys.households.log import decisions_among
from surveys.households.models import LinkDecision
from surveys.households.projection import WITHDRAWN, unrevoked
from surveys.links.words import VERDICTS, veto_words

Source = LinkDecision.Source
_BY = {Source.RULE: "by rule", Source.FORM: "by the form"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One word of one person or rule. `undo`: what to name to take it back, "" where it is gone."""

    at: datetime
    by: str
    verdict: str
    words: str
    reason: str
    pairs: Sequence[str]
    vetoes: Sequence[str]
    weight: float | None
    holds: bool
    undo: str

    @property
    def takes_back(self) -> bool:
        return self.words == VERDICTS["withdrawn"]


def history_of(records: Collection[UUID], numbers: Mapping[UUID, int]) -> list[Entry]:
    """The newest first. `numbers`: what the page calls each record. Three queries."""
    hold = unrevoked(decisions_among(records))
    rows = LinkDecision.objects.filter(a__in=records, b__in=records).select_related("by")
    together: dict[tuple[str, int], list[LinkDecision]] = {}
    for row in rows.prefetch_related("adjudications").order_by("-pk"):
        said = row.adjudications.all()
        key = ("case", said[0].pk) if said else ("decision", row.pk)
        together.setdefault((f"{key[0]}:{row.verdict}", key[1]), []).append(row)
    return [_entry(key, rows, hold, numbers) for key, rows in together.items()]


def _entry(
    key: tuple[str, int],
    rows: Sequence[LinkDecision],
    hold: Collection[int],
    numbers: Mapping[UUID, int],
) -> Entry:
    newest, kind = rows[0], key[0].partition(":")[0]
    holds = any(row.pk in hold for row in rows)
    takes_back = newest.revokes_id is not None
    return Entry(
        at=newest.at,
        by=_name(newest.by) if newest.by else _BY.get(Source(newest.source), ""),
        verdict=newest.verdict,
        words=VERDICTS[WITHDRAWN] if takes_back else VERDICTS.get(newest.verdict, newest.verdict),
        reason=newest.reason,
        pairs=sorted({_pair(row, numbers) for row in rows}),
        vetoes=[veto_words(code) for code in newest.vetoes],
        weight=newest.weight,
        holds=holds,
        undo=f"{kind}:{key[1]}" if holds and not takes_back else "",
    )


def _name(user: User) -> str:
    return user.get_full_name() or user.username


def _pair(row: LinkDecision, numbers: Mapping[UUID, int]) -> str:
    one, other = sorted((numbers.get(row.a, 0), numbers.get(row.b, 0)))
    return f"{one or '?'} and {other or '?'}"
