"""A report in words of the language that is active: what `pdf.py` draws."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from backend.percents import written_percent
from surveys.indicators.answers import ZONE
from surveys.indicators.display import missing_words, number_words, reasons, whole_words
from surveys.indicators.figures import UNKNOWN, Kind, Measure
from surveys.indicators.grouping import COUNTRY, OBLAST
from surveys.indicators.pdf import Row, Section, Sheet
from surveys.indicators.periods import TO_DATE
from surveys.indicators.publish import Shown
from surveys.indicators.report import Output, Report
from surveys.indicators.words import MEASURES, STATES, TITLES, VALUES, word

SHORT_DIGEST = 16  # digits that name a snapshot
Names = Mapping[str, str]


def sheet_of(report: Report, names: Names, places: Sequence[str]) -> Sheet:
    """`names`: code of a place → its name. `places`: those that the report is limited to."""
    return Sheet(
        language=get_language() or "en",
        title=_("Report on the logframe, output 3"),
        subtitle=[_period_words(report), _basis(report), *_limits(places, names), *_frozen(report)],
        sections=[_section(each, report, names) for each in report.outputs],
        foot=[*_parameters(report), _hiding(), _snapshot(report)],
    )


def _period_words(report: Report) -> str:
    days = report.days
    if report.period == TO_DATE or days.since is None or days.until is None:
        told = report.basis.parameters
        since, until = (date.fromisoformat(told[n]) for n in ("period_from", "period_until"))
        return _("Whole programme to date: %(since)s to %(until)s") % {
            "since": _day(since), "until": _day(until),
        }  # fmt: skip
    year, _mark, quarter = report.period.partition("Q")
    return _("Quarter %(quarter)s of %(year)s: %(since)s to %(until)s") % {
        "quarter": quarter, "year": year, "since": _day(days.since), "until": _day(days.until),
    }  # fmt: skip


def _basis(report: Report) -> str:
    states = ", ".join(word(STATES, each) for each in report.basis.parameters["states"])
    return _("As of %(moment)s (days of %(zone)s). Records counted: %(states)s.") % {
        "moment": _moment(report.basis.as_of), "zone": ZONE, "states": states,
    }  # fmt: skip


def _limits(places: Sequence[str], names: Names) -> list[str]:
    if not places:
        return []
    named = ", ".join(names.get(code, code) for code in places)
    return [_("Only of: %(places)s.") % {"places": named}]


def _frozen(report: Report) -> list[str]:
    """Which of the figures are kept, and which may still change."""
    open_ = [each.definition.code for each in report.outputs if each.frozen is None]
    told = [
        _("%(code)s: frozen on %(day)s by %(name)s, %(reason)s.") % {
            "code": each.definition.code, "day": _moment(each.frozen.at),
            "name": each.frozen.by.username, "reason": each.frozen.reason.rstrip("."),
        }
        for each in report.outputs if each.frozen is not None
    ]  # fmt: skip
    if open_:
        told.append(_("Not frozen, may still change: %(codes)s.") % {"codes": ", ".join(open_)})
    return told


def _section(output: Output, report: Report, names: Names) -> Section:
    definition, measure = output.definition, output.definition.headline
    first = output.first(measure.key)
    title = word(TITLES, definition.code)
    if first is None:
        return Section(definition.code, title, "–", "", [_missing(output, names)])
    progress = first.number / output.target if output.target and first.number else None
    return Section(
        code=definition.code,
        title=title,
        number=number_words(measure, first.number, first.words),
        label=word(MEASURES, measure.key),
        notes=list(_notes(output, report, first)),
        progress=progress if output.target is None else progress or 0.0,
        rows=_rows(output, report.parents, names),
        left_out_title=_("Left out, and why (to date)") if output.dropped else "",
        left_out=[(words, n) for _code, words, n in reasons(output.dropped)],
    )


def _missing(output: Output, names: Names) -> str:
    if not output.missing:
        return _("No figures.")
    return missing_words(output.missing["months"], names)


def _notes(output: Output, report: Report, first: Shown) -> Iterator[str]:
    if output.target:
        reached = "" if first.number is None else _percent(first.number / output.target)
        yield _("Target %(target)s; reached %(part)s") % {
            "target": whole_words(output.target), "part": reached or "–",
        }  # fmt: skip
    elif output.definition.headline.kind == Kind.COUNT:
        yield _("No target for this period.")
    yield from _share_notes(output.definition.headline, first)
    for measure in output.definition.measures[1:]:
        figure = output.first(measure.key)
        if figure is not None and measure.kind in {Kind.COUNT, Kind.SHARE}:
            number = number_words(measure, figure.number, figure.words)
            yield f"{word(MEASURES, measure.key)}: {number}"


def _share_notes(measure: Measure, first: Shown) -> Iterator[str]:
    if measure.kind != Kind.SHARE:
        return
    if first.count is not None and first.base is not None:
        yield _("%(count)s of %(base)s households") % {
            "count": whole_words(first.count), "base": whole_words(first.base),
        }  # fmt: skip
    if first.low is not None and first.high is not None:
        yield _("95% interval: {low} – {high}").format(
            low=number_words(measure, first.low), high=number_words(measure, first.high)
        )


def _rows(output: Output, parents: Names, names: Names) -> list[Row]:
    """Countries, each above its oblasts; lengths are parts of the longest."""
    measure = output.definition.headline
    countries = [f for f in output.tables[COUNTRY] if f.measure == measure.key]
    oblasts = [f for f in output.tables[OBLAST] if f.measure == measure.key]
    longest = max((f.high or f.number or 0 for f in (*countries, *oblasts)), default=0) or 1
    found: list[Row] = []
    for country in countries:
        code = country.group[COUNTRY]
        inside = [f for f in oblasts if (parents.get(f.group[OBLAST]) or UNKNOWN) == code]
        found.append(_row(measure, country, code, longest, names, is_sum=True))
        found += [_row(measure, f, f.group[OBLAST], longest, names) for f in inside]
    return found


def _row(
    measure: Measure,
    figure: Shown,
    code: str,
    longest: float,
    names: Names,
    *,
    is_sum: bool = False,
) -> Row:
    interval = None
    if figure.low is not None and figure.high is not None:
        interval = (figure.low / longest, figure.high / longest)
    return Row(
        names.get(code) or word(VALUES, code),
        number_words(measure, figure.number, figure.words),
        None if figure.number is None else figure.number / longest,
        interval,
        is_sum,
    )


def _parameters(report: Report) -> list[str]:
    told = report.basis.parameters
    words = _(
        "Definitions of version %(version)s. Income rose: by %(threshold)s or more in real money, "
        "or from zero to %(floor)s of the country's median. %(records)s records of %(households)s "
        "households read; %(links)s duplicate candidates open."
    ) % {
        "version": report.basis.version,
        "threshold": _percent(told["threshold"]),
        "floor": _percent(told["floor"]),
        "records": whole_words(report.basis.records),
        "households": whole_words(report.basis.households),
        "links": whole_words(report.basis.open_links),
    }
    return [words]


def _hiding() -> str:
    return _(
        "Counts below 5 (of legal aid below 10) are hidden, and a dash stands where a sum would "
        "give one away; shares need 20 households."
    )


def _snapshot(report: Report) -> str:
    marks = dict.fromkeys(each.digest[:SHORT_DIGEST] for each in report.outputs)
    return _("Snapshot: %(marks)s. The same snapshot gives the same report.") % {
        "marks": ", ".join(marks)
    }


def _percent(part: float) -> str:
    return written_percent(part)


def _day(day: date) -> str:
    return f"{day:%Y-%m-%d}" if get_language() == "en" else f"{day:%d.%m.%Y}"


def _moment(at: datetime) -> str:
    return _day(timezone.localtime(at).date())
