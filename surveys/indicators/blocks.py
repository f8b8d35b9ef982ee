"""An indicator's measures on its page: a table each, with its sums, and its chart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from backend.alphabets import Key
from surveys.indicators.charts import BETWEEN, Bar, bars
from surveys.indicators.display import Names, number_words, written
from surveys.indicators.figures import Kind, Measure
from surveys.indicators.publish import Shown
from surveys.indicators.read import Told, told_of
from surveys.indicators.so_far import so_far
from surveys.indicators.words import GROUPS, MEASURES, VALUES, word
from surveys.places.naming import name_order


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table: the words of its groups, its number, and the list behind it."""

    columns: list[str]
    groups: list[str]
    number: str
    interval: str
    detail: str
    link: str = ""

    @property
    def cells(self) -> list[tuple[str, str]]:
        """(title of the column, group) from the second on; the first one heads the row."""
        return list(zip(self.columns, self.groups, strict=True))[1:]


@dataclass(frozen=True, slots=True)
class Block:
    """One measure: its table with what its rows are parts of, and its chart if bars say something.

    `detail` is the title of the column beside the numbers; there is none where it is "".
    """

    key: str
    title: str
    columns: list[str]
    lines: list[Line]
    detail: str = ""
    sums: list[Line] = field(default_factory=list)
    chart: str = ""

    @property
    def has_intervals(self) -> bool:
        return any(line.interval for line in self.lines)


def blocks(told: Told, names: Names, address: str) -> list[Block]:
    """`address` is that of the list of households, to which a line adds its groups."""
    sums = [row for above in _above(told) for row in above.figures]
    found = []
    for measure in told.asked.definition.measures:
        rows = _ordered(measure, [f for f in told.figures if f.measure == measure.key], names)
        mine = [each for each in sums if each.measure == measure.key]
        if rows:
            found.append(_block(measure, rows, mine, names, address))
    return found


def _ordered(measure: Measure, rows: list[Shown], names: Names) -> list[Shown]:
    """Counts that are never added over their first group: the largest of each other group first."""
    if measure.kind != Kind.COUNT or not measure.split:
        return _by_place(rows, names)
    others = len(measure.split)
    return sorted(rows, key=lambda row: (row.by[others:], row.number is None, -(row.number or 0)))


def _by_place(rows: Sequence[Shown], names: Names) -> list[Shown]:
    """Places as their names are sorted; whatever else figures are of stays in its order."""
    columns = zip(*(row.group.values() for row in rows), strict=True)
    ranks = []
    for values in columns:
        known = sorted(dict.fromkeys(values), key=lambda v: (v not in names, _name(v, names)))
        ranks.append({value: at for at, value in enumerate(known)})
    return sorted(
        rows, key=lambda row: [r[v] for r, v in zip(ranks, row.group.values(), strict=True)]
    )


def _name(value: str, names: Names) -> Key:
    return name_order(names.get(value, ""))


def _above(told: Told) -> Iterable[Told]:
    """The same by fewer groups, down to the whole: districts of an oblast, then the oblasts.

    As published by themselves: sums of what is hidden are not made here.
    """
    by = told.asked.by
    return (
        told_of(replace(told.asked, by=by[:at]), told.result) for at in reversed(range(len(by)))
    )


def _block(
    measure: Measure, rows: Sequence[Shown], above: Sequence[Shown], names: Names, address: str
) -> Block:
    groups = list(rows[0].group)
    lines = [_line(measure, row, groups, names, address) for row in rows]
    title = word(MEASURES, measure.key)
    shown = [each for each in zip(lines, rows, strict=True) if each[1].number is not None]
    chart = bars(title, [_bar(*each) for each in shown]) if groups and len(shown) > 1 else ""
    detail = _("of") if measure.kind != Kind.COUNT else ""
    told = so_far(measure, rows)
    if told:
        detail = _("so far")
        lines = [
            replace(each, detail=_sum_words(told[row.by]))
            for each, row in zip(lines, rows, strict=True)
        ]
    sums = [_line(measure, row, groups, names, address) for row in above]
    return Block(measure.key, title, lines[0].columns, lines, detail, sums, chart)


def _sum_words(sum_: float | None) -> str:
    return "–" if sum_ is None else written(sum_, 0)


def _bar(line: Line, row: Shown) -> Bar:
    return Bar(BETWEEN.join(line.groups), row.number, line.number, row.low, row.high)


def _line(measure: Measure, row: Shown, groups: Sequence[str], names: Names, address: str) -> Line:
    interval = ""
    if row.low is not None and row.high is not None:
        ends = (number_words(measure, row.low), number_words(measure, row.high))
        interval = "{} – {}".format(*ends)
    query = "".join(f"&{name}={value}" for name, value in row.by if name != "class")
    link = f"{address}measure={measure.key}{query}" if address and row.n != 0 else ""
    return Line(
        [word(GROUPS, name) for name in groups],
        [_group_words(row.group, name, names) for name in groups],
        number_words(measure, row.number, row.words),
        interval,
        _detail(measure, row),
        link,
    )


def _group_words(group: Mapping[str, str], name: str, names: Names) -> str:
    value = group.get(name)
    if value is None:
        return _("all")
    return names.get(value) or word(VALUES, value)


def _detail(measure: Measure, row: Shown) -> str:
    """What a number rests on: `131 of 200`, or how many households."""
    of_base = measure.kind in {Kind.SHARE, Kind.CLASSES}
    if of_base and row.count is not None and row.base is not None:
        return _("%(count)s of %(base)s") % {
            "count": written(row.count, 0),
            "base": written(row.base, 0),
        }
    if measure.kind == Kind.COUNT or row.n is None:
        return ""
    return _("%(n)s households") % {"n": written(row.n, 0)}
