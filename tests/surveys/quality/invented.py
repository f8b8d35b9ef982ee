"""Invented records: one plain family as checks see it, and the same in the database."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from surveys.quality.facts import FOLLOWUP, REGISTRATION, SERVICE, Record

OSH_TIME = timezone(timedelta(hours=6))
MORNING = datetime(2014, 6, 3, 10, tzinfo=OSH_TIME)  # a Tuesday
HEAD = {"m_relation": "head", "m_sex": "female", "m_birth_year": 1974, "m_age": "40"}
CHILD = {"m_relation": "child", "m_sex": "male", "m_birth_year": 2003, "m_age": "11"}
CRAFT = {
    "inc_src": "craft",
    "inc_known": "exact",
    "inc_amount": 2500.0,
    "inc_currency": "KGS",
    "inc_period": "month",
    "inc_times": 12,
}
ANSWERS: dict[str, Any] = {
    "consent": "yes",
    "today": "2014-06-03",
    "card_no": "KG-06-00123",
    "country": "KG",
    "village": "KG06207850010",
    "hh_size": 2,
    "head_sex": "female",
    "head_birth_year": 1974,
    "income_sources": ["craft"],
    "income_kgs": "30000",
    "gps": {"lat": 39.65, "lon": 72.97, "alt": 900.0, "acc": 8.0},
}


def record(*, at: datetime = MORNING, minutes: float = 40, **changes: Any) -> Record:
    """A registration of a mother and her son; `answers` are added to those of the family."""
    answers = {**ANSWERS, **changes.pop("answers", {})}
    answers = {name: value for name, value in answers.items() if value is not None}
    plain = Record(
        id=uuid.uuid4(),
        form=REGISTRATION,
        answers=answers,
        members=(HEAD, CHILD),
        incomes=(CRAFT,),
        enumerator="K001",
        started=at,
        ended=at + timedelta(minutes=minutes),
        received=at + timedelta(hours=5),
        household=uuid.uuid4(),
        place="KG/KG06000000000/KG06207000000",
        country="KG",
    )
    return replace(plain, **changes)


def visit(before: Record, **answers: Any) -> Record:
    """A follow-up of the same household a year later."""
    told = {"consent": "yes", "today": "2015-04-20", **answers}
    return record(form=FOLLOWUP, household=before.household, members=(), answers=told)


def service(before: Record, **answers: Any) -> Record:
    told = {"service_date": "2014-07-01", "consent": None, **answers}
    return record(
        form=SERVICE, household=before.household, members=(), incomes=(), answers=told, minutes=5
    )
