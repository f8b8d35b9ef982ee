"""What was decided of some records, by whom and why; what was decided together stands together."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from backend.accounts.models import User
from surveys.households.log import decisions_about
from surveys.households.models import LinkDecision
from surveys.households.projection import DIFFERENT, WITHDRAWN, unrevoked
from surveys.links.visible import visible_records
from surveys.links.words import verdict_words, veto_words

Source = LinkDecision.Source
MOST_ENTRIES = 60
_BY = {Source.RULE: _("by rule"), Source.FORM: _("by the form")}


@dataclass(frozen=True, slots=True)
class Entry:
    """One word of one person or rule. `undo`: what to name to take it back, "" where it is gone."""

    at: datetime
    by: str
    words: str
    reason: str
    pairs: Sequence[str]
    vetoes: Sequence[str]
    weight: float | None
    holds: bool
    undo: str


def history_of(user: User, records: Collection[UUID], numbers: Mapping[UUID, int]) -> list[Entry]:
    """What was said of these among themselves and with others that the user may see; the newest
    first. `numbers`: what the page calls each record. Five queries.
    """
    about = decisions_about(records)
    ends = visible_records(user, {end for each in about for end in each.pair})
    hold = unrevoked(about)
    rows = LinkDecision.objects.filter(pk__in=[d.number for d in about if ends >= set(d.pair)])
    together: dict[tuple[str, int], list[LinkDecision]] = {}
    for row in rows.select_related("by").prefetch_related("adjudications").order_by("-pk"):
        said = row.adjudications.all()
        key = ("case", said[0].pk) if said else ("decision", row.pk)
        together.setdefault((f"{key[0]}:{row.verdict}", key[1]), []).append(row)
    return [_entry(key, rows, hold, numbers) for key, rows in list(together.items())[:MOST_ENTRIES]]


def _entry(
    key: tuple[str, int],
    rows: Sequence[LinkDecision],
    hold: Collection[int],
    numbers: Mapping[UUID, int],
) -> Entry:
    newest, kind = rows[0], key[0].partition(":")[0]
    holds = any(row.pk in hold for row in rows)
    takes_back = newest.revokes_id is not None
    verdict = newest.verdict
    if takes_back:
        verdict = "parted" if verdict == DIFFERENT else WITHDRAWN
    return Entry(
        at=newest.at,
        by=_name(newest.by) if newest.by else gettext(_BY.get(Source(newest.source), "the server")),
        words=verdict_words(verdict),
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
    shown = sorted(numbers[end] for end in (row.a, row.b) if end in numbers)
    one, other = [*map(str, shown), gettext("another"), gettext("another")][:2]
    return gettext("%(one)s and %(other)s") % {"one": one, "other": other}
