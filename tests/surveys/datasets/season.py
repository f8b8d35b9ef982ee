"""A small invented season on the programme's own forms, for the questions analysts ask of it.

Five families and a refusal; what they got until March 2015; who was found again at the end.
"""

import uuid
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from surveys.places.models import Place
from surveys.xforms.models import Form
from surveys.xforms.schema import Schema, read_schema
from surveys.xforms.xlsform import xlsform_to_xform
from tests.surveys.datasets.records import make_record, publish

FORMS = Path("data/forms")
MEMBER, INCOME = "main/roster/member", "main/income_module/income"
OSH, SUGHD = "KG06000000000", "TJ3505000"
ALAI, KARA_SUU = "KG06207000000", "KG06226000000"
ASHT, KONIBODOM = "TJ3505207", "TJ3505226"
CUT_OFF = date(2015, 3, 31)


@lru_cache
def schema_of(name: str) -> Schema:
    converted = xlsform_to_xform((FORMS / f"{name}.xlsx").read_bytes())
    return read_schema(converted.xform, privacy=converted.privacy)


@dataclass(frozen=True, slots=True)
class Season:
    """The three forms, and the household of each family by its letter."""

    registration: Form
    service: Form
    followup: Form
    homes: dict[str, uuid.UUID]

    def letters(self, households: Any) -> str:
        """Which families these households are."""
        names = {str(home): letter for letter, home in self.homes.items()}
        return "".join(sorted(names[str(each)] for each in households))


# letter: district, sex of head, size, vulnerable, score, registered on, first need, enumerator,
# minutes the interview took
FAMILIES: dict[str, tuple[str, str, int, str, int, str, tuple[str, str, str], str, int]] = {
    "a": (ALAI, "female", 3, "1", 3, "2014-05-10", ("income", "legal", "training"), "E1", 48),
    "b": (ALAI, "male", 3, "0", 1, "2014-05-12", ("inputs", "income", "credit"), "E1", 52),
    "c": (KARA_SUU, "female", 4, "1", 4, "2014-06-01", ("income", "health", "legal"), "E2", 9),
    "d": (ASHT, "female", 2, "1", 5, "2014-06-20", ("legal", "documents", "income"), "E2", 11),
    "e": (KONIBODOM, "male", 3, "1", 2, "2015-02-01", ("credit", "income", "inputs"), "E1", 61),
}
OBLASTS = {ALAI: OSH, KARA_SUU: OSH, ASHT: SUGHD, KONIBODOM: SUGHD}
POINTS = {
    ALAI: (39.65, 72.97),
    KARA_SUU: (40.7, 72.87),
    ASHT: (40.63, 70.3),
    KONIBODOM: (40.3, 70.43),
}


def _child(age: int, school: str = "yes") -> dict[str, Any]:
    return {"m_age": age, "m_school": school, "m_sex": "female", "m_present": "home"}


def _migrant(country: str, contact: str) -> dict[str, Any]:
    away = {"mig_country": country, "mig_contact": contact}
    return {"m_age": 30, "m_sex": "male", "m_present": "abroad", "m_school": None, **away}


MEMBERS = {
    "a": [_migrant("RU", "week"), _child(9), _child(3, "no")],
    "b": [_child(8, "no"), _child(16, "no")],
    "c": [_migrant("RU", "lost"), _migrant("KZ", "more"), _child(14, "no"), _child(7)],
    "d": [_migrant("RU", "half"), _child(10)],
    "e": [_migrant("RU", "lost"), _child(6, "no"), _child(15)],
}
# amount and whether it was known; heaped amounts are whole thousands
INCOMES = {
    "a": [("exact", 1250.0), ("exact", 830.5)],
    "b": [("exact", 2120.0), ("estimate", 3000.0)],
    "c": [("dk", None), ("estimate", 5000.0)],
    "d": [("dk", None), ("estimate", 2000.0)],
    "e": [("exact", 990.0)],
}
# family, kind, type, date, partner, more
Service = tuple[str, str, str, str, str, dict[str, Any]]
SERVICES: list[Service] = [
    ("a", "livelihood", "shg", "2014-06-10", "ng_01", {}),
    ("a", "livelihood", "grant", "2014-09-05", "ng_01", {}),
    ("a", "info", "referral", "2014-09-06", "ng_01", {}),
    ("b", "livelihood", "shg", "2014-07-01", "ng_01", {}),
    ("b", "livelihood", "shg", "2014-08-01", "ng_01", {}),
    ("c", "livelihood", "inputs", "2014-07-15", "ng_02", {}),
    ("c", "livelihood", "loan", "2014-11-01", "ng_02", {}),
    ("c", "livelihood", "market", "2015-01-20", "ng_02", {}),
    ("e", "livelihood", "training_agri", "2015-02-20", "ng_03", {}),
]


def _legal(case: str, first: str, outcome: str, *topics: str) -> dict[str, Any]:
    known = {"legal_case": case, "legal_first": first, "legal_outcome": outcome}
    return {"person_line": 1, "person_sex": "female", "legal_topics": list(topics), **known}


SERVICES += [
    ("a", "legal", "legal_aid", "2014-06-20", "ng_01", _legal("L1", "yes", "open", "alimony")),
    ("a", "legal", "legal_aid", "2014-08-01", "ng_01", _legal("L1", "no", "solved", "alimony")),
    ("c", "legal", "legal_aid", "2014-07-20", "ng_02",
     _legal("L2", "yes", "open", "divorce", "alimony")),
    ("c", "legal", "legal_aid", "2014-09-09", "ng_03", _legal("L3", "yes", "solved", "divorce")),
    ("e", "legal", "legal_aid", "2015-03-01", "ng_02", _legal("L4", "yes", "open", "id_docs")),
]  # fmt: skip
TRACES = {"a": "found", "b": "moved", "c": "found", "d": "notfound", "e": "abroad"}


def make_season() -> Season:
    """All records of it, as cleaning and linkage would have left them."""
    places = _make_places()
    forms = {name: publish(schema_of(name)) for name in ("registration", "service", "followup")}
    homes = {letter: uuid.uuid5(uuid.NAMESPACE_DNS, letter) for letter in FAMILIES}
    make_record(forms["registration"], {"consent": "no", "refusal_reason": "busy"})
    for minutes, letter in enumerate(FAMILIES, 1):
        district = FAMILIES[letter][0]
        make_record(
            forms["registration"],
            _registered(letter),
            repeats={
                MEMBER: MEMBERS[letter],
                INCOME: [{"inc_known": k, "inc_amount": a} for k, a in INCOMES[letter]],
            },
            place=places[district],
            household=homes[letter],
            minutes=minutes,
        )
        trace = {"round": "end", "trace": TRACES[letter]}
        make_record(
            forms["followup"], trace, place=places[district], household=homes[letter],
            minutes=200 + minutes,
        )  # fmt: skip
    for minutes, (letter, kind, type_, day, partner, more) in enumerate(SERVICES, 100):
        district = FAMILIES[letter][0]
        answers = {
            **{"service_kind": kind, "service_type": type_, "service_date": day},
            **{"partner": partner, "completed": "yes", "p_oblast": OBLASTS[district], **more},
        }
        make_record(
            forms["service"], answers, place=places[district], household=homes[letter],
            restricted=kind == "legal", minutes=minutes,
        )  # fmt: skip
    return Season(**forms, homes=homes)


def _registered(letter: str) -> dict[str, Any]:
    district, sex, size, vulnerable, score, day, needs, who, took = FAMILIES[letter]
    lat, lon = POINTS[district]
    migrants = sum(member["m_present"] == "abroad" for member in MEMBERS[letter])
    return {
        "consent": "yes", "country": district[:2], "oblast": OBLASTS[district],
        "district": district, "head_sex": sex, "hh_size": size, "n_migrants": migrants,
        "vulnerable": vulnerable, "vuln_score": score, "baseline_date": day, "enum_code": who,
        "start": f"{day}T04:00:00.000+00:00",
        "end": f"{day}T{4 + took // 60:02}:{took % 60:02}:00.000+00:00",
        "gps": {"lat": lat + 0.0004, "lon": lon, "alt": 900.0, "acc": 5.0},
        **dict(zip(("need_1", "need_2", "need_3"), needs, strict=True)),
    }  # fmt: skip


def _make_places() -> dict[str, Place]:
    found: dict[str, Place] = {}
    for code in (OSH, SUGHD, *OBLASTS):
        above = found.get(OBLASTS.get(code, ""))
        path = f"{above.path}/{code}" if above else f"{code[:2]}/{code}"
        found[code] = Place.objects.create(
            code=code, parent=above, level=2 if above else 1, path=path, name_en=code
        )
    return found
