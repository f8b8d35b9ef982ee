"""What a person is told of an indicator: the newest run's figures, of the places they may see.

Everything here reads stored results; nothing is computed from records. Small numbers are hidden
from everybody, but for who leads the programme and asks for the exact ones.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from backend.accounts.models import User
from backend.accounts.permissions import may_read_exact_indicators
from backend.problems import Problem
from backend.said import Said
from surveys.indicators.columns import Columns
from surveys.indicators.compute import STATES
from surveys.indicators.definitions import DEFINITIONS, Definition
from surveys.indicators.figures import Drop, Figure, Groups
from surveys.indicators.freeze import period_named
from surveys.indicators.grouping import COUNTRY, DISTRICT, OBLAST
from surveys.indicators.models import IndicatorResult, IndicatorRun
from surveys.indicators.packing import Packed, figures_from_json, unpack
from surveys.indicators.periods import Period
from surveys.indicators.publish import Shown, exact, published
from surveys.indicators.tabulate import effects, tabulate
from surveys.places.models import Place
from surveys.privacy.access import places_for
from surveys.privacy.small_cells import Cell, Line, as_written, hidden_cells

MOST_GROUPS = 3
# Each table of three hides what its own sums would give, but not what several such tables do.
MOST_PUBLISHED = 2
PLACES = frozenset({COUNTRY, OBLAST, DISTRICT})  # one inside the other: together one group
WHOLE = Period()
FAMILIES = "O3.1"  # of which open links give a lower bound


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of one indicator, by whom. `codes`: places it is limited to; None: all."""

    definition: Definition
    user: User
    codes: frozenset[str] | None
    by: tuple[str, ...] = ()
    period: Period = WHOLE
    states: str = "default"
    exact: bool = False

    def broken_down(self, group: str) -> "Asked":
        """The same by one group; by none where it is ""."""
        return replace(self, by=(group,) if group else ())


@dataclass(frozen=True, slots=True)
class Told:
    """The answer. `lower_bound`: were each open link two records of one family."""

    asked: Asked
    run: IndicatorRun
    result: IndicatorResult
    figures: Sequence[Shown]
    dropped: Mapping[str, int | str]
    lower_bound: int | None = None


def ask(user: User, code: str, query: Mapping[str, str]) -> Asked:
    """`query` has `by`, `from`, `until`, `period`, `states`, `exact`.

    Raises `Problem`: `indicator_unknown`, `value_invalid`, `not_allowed`.
    """
    definition = DEFINITIONS.get(code)
    if definition is None:
        raise Problem("indicator_unknown", indicator=code[:40])
    wants_exact = query.get("exact", "").lower() in {"1", "true", "yes"}
    if wants_exact and not may_see_exact(user, definition):
        raise Problem("not_allowed")
    return Asked(
        definition,
        user,
        codes_of(user),
        _groups(definition, query.get("by", ""), wants_exact),
        _period(query),
        _states(query.get("states", "")),
        wants_exact,
    )


def may_see_exact(user: User, definition: Definition) -> bool:
    named = user.sees_legal_aid or not definition.restricted
    return may_read_exact_indicators(user) and named


def codes_of(user: User) -> frozenset[str] | None:
    """The districts and what is above them that a user is limited to; None means everywhere."""
    places = places_for(user)
    if places is None:
        return None
    return frozenset(places.filter(level__lte=Place.Level.DISTRICT).values_list("code", flat=True))


def _groups(definition: Definition, text: str, wants_exact: bool) -> tuple[str, ...]:
    by = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in by:
        if name not in definition.groups:
            reason = Said("one of {allowed}", allowed=", ".join(definition.groups))
            raise Problem("value_invalid", field="by", reason=reason)
    if len(by) > MOST_GROUPS:
        raise Problem(
            "value_invalid",
            field="by",
            reason=Said("takes {most} groups at most", most=MOST_GROUPS),
        )
    apart = len({"" if name in PLACES else name for name in by})
    if apart > MOST_PUBLISHED and not wants_exact:
        reason = Said(
            "takes {most} groups at most where small numbers are hidden", most=MOST_PUBLISHED
        )
        raise Problem("value_invalid", field="by", reason=reason)
    return by


def _period(query: Mapping[str, str]) -> Period:
    if query.get("period"):
        return period_named(query["period"])
    found = Period(_day(query, "from"), _day(query, "until"))
    if found.since and found.until and found.since > found.until:
        raise Problem("value_invalid", field="until", reason=Said("is before from"))
    return found


def _day(query: Mapping[str, str], name: str) -> date | None:
    text = query.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Problem(
            "value_invalid", field=name, reason=Said("takes a day like 2014-06-30")
        ) from error


def _states(text: str) -> str:
    """By the name of a choice, or by the review states that it takes in."""
    named = frozenset(filter(None, (each.strip() for each in text.split(","))))
    if (
        not named
        or named == {"default"}
        or named in ({"approved", "received"}, set(STATES["default"]))
    ):
        return "default"
    if named in ({"strict"}, set(STATES["strict"])):
        return "strict"
    words = "; ".join(f"{name} ({', '.join(states)})" for name, states in STATES.items())
    raise Problem("value_invalid", field="states", reason=Said("one of {allowed}", allowed=words))


def newest_run(states: str = "default") -> IndicatorRun | None:
    return IndicatorRun.objects.filter(states=states).order_by("-as_of").first()


def result_of(asked: Asked) -> IndicatorResult:
    """Of the newest run, without its units. Raises `Problem`: `indicator_no_data`."""
    code = asked.definition.code
    run = newest_run(asked.states)
    found = run and run.results.defer("units").select_related("run").filter(code=code).first()
    if not found:
        raise Problem("indicator_no_data", indicator=code)
    return found


def check_computable(result: IndicatorResult) -> None:
    """Raises `Problem("rates_missing")` naming months and what they are of."""
    missing = result.missing
    if missing:
        month, what = missing["months"][0]
        rest = len(missing["months"]) - 1
        raise Problem(
            "rates_missing",
            indicator=result.code,
            table=missing["table"],
            first=f"{month} of {what}",
            more=f" and {rest} more" if rest else "",
            missing=missing["months"],
        )


def tell(asked: Asked) -> Told:
    """Raises `Problem`: `indicator_no_data`, `rates_missing`."""
    result = result_of(asked)
    check_computable(result)
    return told_of(asked, result)


def told_of(asked: Asked, result: IndicatorResult) -> Told:
    run, definition = result.run, asked.definition
    figures = figures_of(asked, result)
    shown = exact(figures) if asked.exact else published(figures, definition, run.parents)
    return Told(asked, run, result, shown, _dropped(asked, result), _lower_bound(asked, run, shown))


def _dropped(asked: Asked, result: IndicatorResult) -> Mapping[str, int | str]:
    """By reason."""
    counts: dict[str, int] = result.dropped
    if asked.codes is not None:
        counts = Counter(drop.reason for drop in drops_of(asked, result))
    return counts if asked.exact else shown_drops(asked.definition, counts)


def shown_drops(definition: Definition, counts: Mapping[str, int]) -> dict[str, int | str]:
    """With words for a number that is hidden. All of them and what is counted are the households,
    so where one reason is small, one number more is hidden.
    """
    smallest = definition.smallest
    cells: dict[Cell, float] = {(reason,): n for reason, n in counts.items()}
    hidden = hidden_cells(cells, [Line(tuple(cells))], smallest=smallest)
    return {
        reason: as_written(n, smallest) if (reason,) in hidden else n
        for reason, n in counts.items()
    }


def _lower_bound(asked: Asked, run: IndicatorRun, shown: Sequence[Shown]) -> int | None:
    """Families, were each open link two records of one of them; none of a number that is hidden."""
    whole = asked.codes is None and not asked.by and asked.period.is_whole
    if asked.definition.code != FAMILIES or not whole or shown[0].number is None:
        return None
    return max(0, int(shown[0].number) - run.open_links)


def figures_of(asked: Asked, result: IndicatorResult) -> list[Figure]:
    """As stored where that is what is asked; else added up of the stored units."""
    stored = result.tables.get(",".join(asked.by))
    if stored is not None and asked.codes is None and asked.period.is_whole:
        return figures_from_json(stored)
    units = units_of(asked, result)
    return tabulate(units, asked.definition.measures, asked.by, deff=effects(result.notes))


def units_of(asked: Asked, result: IndicatorResult) -> Columns:
    codes = asked.codes
    units = _packed(result.pk, result.code).units
    return units.part(asked.period.holds, lambda groups: _is_within(groups, codes))


def drops_of(asked: Asked, result: IndicatorResult) -> list[Drop]:
    return [d for d in _packed(result.pk, result.code).drops if _is_within(d.groups, asked.codes)]


def _is_within(groups: Groups, codes: frozenset[str] | None) -> bool:
    if codes is None:
        return True
    return groups.get(DISTRICT) in codes or groups.get(OBLAST) in codes


@lru_cache(maxsize=2)
def _packed(result_pk: int, code: str) -> Packed:
    """The bytes of a row never change; of an older run they are gone."""
    units = IndicatorResult.objects.values_list("units", flat=True).get(pk=result_pk)
    if units is None:  # a newer run came between
        raise Problem("indicator_no_data", indicator=code)
    return unpack(bytes(units))


def first_number(figures: Iterable[Shown], measure: str) -> Shown | None:
    return next((f for f in figures if f.measure == measure), None)
