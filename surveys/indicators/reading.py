"""The answers of one record → facts. Pure. What cannot be read is None, never zero."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from surveys.indicators.facts import KNOWN, Baseline, Interview, Member, Service, Source
from surveys.indicators.food import FCS_NAMES, LCS_NAMES, RCSI_NAMES
from surveys.indicators.questions import INTERVIEW_DAY, LEGAL_AID, NEEDS, YES
from surveys.linkage.names import fold

Answers = Mapping[str, Any]


def interview_day(answers: Answers) -> date | None:
    """The civil day of the interview, where the tablet was."""
    return next((day for name in INTERVIEW_DAY if (day := read_day(answers.get(name)))), None)


def read_day(value: Any) -> date | None:
    """The civil day of a date, or of a time stamp's text."""
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def interview_of(answers: Answers, incomes: Sequence[Answers], on: date, size: str) -> Interview:
    spent = _amounts(answers)
    return Interview(
        on=on,
        size=_whole(answers.get(size)),
        sources=_sources(answers, incomes),
        income_change=_code(answers.get("income_change")),
        fcs=tuple(_whole(answers.get(name)) for name in FCS_NAMES),
        rcsi=tuple(_whole(answers.get(name)) for name in RCSI_NAMES),
        lcs=tuple(_code(answers.get(name)) or None for name in LCS_NAMES),
        spent=spent[0],
        spent_on_food=spent[1],
    )


def _sources(answers: Answers, incomes: Sequence[Answers]) -> tuple[Source, ...] | None:
    """None where the module was not answered; of "no income at all" there are none."""
    named = _codes(answers.get("income_sources"))
    if not named:
        return None
    told = [_source(row, named[at] if at < len(named) else "") for at, row in enumerate(incomes)]
    # A source that was named and has no row was lost on the way: it is not a zero.
    rows = {source.kind for source in told}
    lost = [Source(kind, "") for kind in named if kind not in rows and kind != "none"]
    return (*told, *lost)


def _source(row: Answers, named: str) -> Source:
    return Source(
        kind=_code(row.get("inc_src")) or named,
        known=_code(row.get("inc_known")),
        amount=_number(row.get("inc_amount")),
        currency=_code(row.get("inc_currency")),
        times=_whole(row.get("inc_times")),
        earner=_code(row.get("inc_earner")),
    )


def _amounts(answers: Answers) -> tuple[float | None, float | None]:
    if _code(answers.get("exp_known")) not in KNOWN:
        return None, None
    return _number(answers.get("exp_total")), _number(answers.get("exp_food"))


def baseline_of(
    record: UUID, answers: Answers, interview: Interview, members: Sequence[Answers]
) -> Baseline:
    return Baseline(
        record=record,
        interview=interview,
        vulnerable=_code(answers.get("vulnerable")) == YES,
        score=_whole(answers.get("vuln_score")),
        head_sex=_code(answers.get("head_sex")),
        head_birth_year=_whole(answers.get("head_birth_year")),
        n_migrants=_migrants(answers, members),
        cattle=_whole(answers.get("cattle")),
        sheep=_whole(answers.get("sheep")),
        poultry=_whole(answers.get("poultry")),
        debt_any=_code(answers.get("debt_any")),
        debt_late=_code(answers.get("debt_late")),
        legal_need=_codes(answers.get("legal_need")),
        needs=tuple(_code(answers.get(name)) for name in NEEDS),
        members=tuple(map(_member, members)),
    )


def _migrants(answers: Answers, members: Sequence[Answers]) -> int | None:
    """As the form counted them; of a form that did not, as the roster has them."""
    counted = _whole(answers.get("n_migrants"))
    if counted is None and members:
        return sum(_code(row.get("m_present")) == "abroad" for row in members)
    return counted


def _member(row: Answers) -> Member:
    return Member(
        age=_whole(row.get("m_age")),
        marital=_code(row.get("m_marital")),
        school=_code(row.get("m_school")),
        present=_code(row.get("m_present")),
        country=_code(row.get("mig_country")),
        contact=_code(row.get("mig_contact")),
    )


def service_of(record: UUID, answers: Answers, order: int) -> Service:
    type_ = _code(answers.get("service_type"))
    said = {} if type_ != LEGAL_AID else _legal(answers)
    return Service(
        record=record,
        kind=_code(answers.get("service_kind")),
        type=type_,
        on=read_day(answers.get("service_date")),
        completed=_code(answers.get("completed")) == YES,
        value=_number(answers.get("value_amount")),
        partner=_code(answers.get("partner")),
        satisfied=_code(answers.get("satisfied")),
        order=order,
        **said,
    )


def _legal(answers: Answers) -> dict[str, Any]:
    """Whom it was given to and how it went: of no other service does an indicator ask that."""
    return {
        "line": _whole(answers.get("person_line")),
        "name": _name(answers.get("person_name")),
        "sex": _code(answers.get("person_sex")),
        "birth_year": _whole(answers.get("person_birth_year")),
        "case": _code(answers.get("legal_case")).upper(),
        "topics": _codes(answers.get("legal_topics")),
        "form": _code(answers.get("legal_form")),
        "first": _code(answers.get("legal_first")) == YES,
        "outcome": _code(answers.get("legal_outcome")),
    }


def _name(text: Any) -> str:
    """The folds of its words, sorted: the same for one name in any order and script."""
    return " ".join(sorted(map(fold, text.split()))) if isinstance(text, str) else ""


def _code(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _codes(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(value.split())
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _number(value: Any) -> float | None:
    """A calculated question is text, whatever it counts."""
    if isinstance(value, bool):
        return None
    try:
        return float(value) if isinstance(value, int | float | str) else None
    except ValueError:
        return None


def _whole(value: Any) -> int | None:
    if value is None:
        return None
    number = value if type(value) is int else _number(value)
    return int(number) if number is not None and abs(number) < 1e9 else None
