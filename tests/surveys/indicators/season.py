"""A small invented season on the programme's own forms, as cleaning and linkage leave it."""

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from surveys.cleaning.models import CleanRow
from surveys.households.models import Household
from surveys.indicators.models import FxRate, PriceIndex
from surveys.indicators.parameters import divmod_month
from surveys.places.models import Place
from surveys.xforms.models import Form
from tests.surveys.datasets.records import make_record, publish
from tests.surveys.datasets.season import INCOME, MEMBER, schema_of

OSH, ALAI, KARA_SUU = "KG06000000000", "KG06207000000", "KG06226000000"
SUGHD, ASHT = "TJ3505000", "TJ3505207"
OBLAST_OF = {ALAI: OSH, KARA_SUU: OSH, ASHT: SUGHD}


class Season:
    """The three forms; makes families, their services and endline visits."""

    def __init__(self) -> None:
        self.places = make_places()
        names = ("registration", "service", "followup")
        self.forms: dict[str, Form] = {name: publish(schema_of(name)) for name in names}
        self.minutes = 0

    def family(
        self,
        district: str = ALAI,
        *,
        sources: Sequence[dict[str, Any]] = (),
        members: Sequence[dict[str, Any]] = (),
        household: uuid.UUID | None = None,
        review_state: str = "received",
        **answers: Any,
    ) -> uuid.UUID:
        """Registers a family; gives the id of its household."""
        home = household or Household.objects.create(place=self.places[district]).pk
        told = {
            "today": "2014-05-10", "consent": "yes", "country": district[:2], "district": district,
            "oblast": OBLAST_OF[district], "village": "other", "village_other": "Кызыл-Туу",
            "vulnerable": "yes", "head_sex": "female", "head_birth_year": 1980, "hh_size": 4,
            "n_migrants": "1", "income_sources": [s["inc_src"] for s in sources] or ["none"],
            **answers,
        }  # fmt: skip
        self._record(
            "registration", told, district, home, review_state, {MEMBER: members, INCOME: sources}
        )
        return home

    def service(
        self, home: uuid.UUID | None, day: str = "2014-07-01", district: str = ALAI, **answers: Any
    ) -> CleanRow:
        state = answers.pop("review_state", "received")
        told = {
            "service_kind": "livelihood", "service_type": "shg", "service_date": day,
            "completed": "yes", "partner": "ng_01", **answers,
        }  # fmt: skip
        return self._record("service", told, district, home, state, {})

    def aid(self, home: uuid.UUID, day: str = "2014-07-01", **answers: Any) -> CleanRow:
        told = {
            "service_kind": "legal", "service_type": "legal_aid", "person_sex": "female",
            "person_birth_year": 1980, "person_line": 1, "person_name": "Асанова Гүлнара",
            "legal_case": "LK-2014-0001", "legal_topics": ["alimony"], "legal_form": "oral",
            "legal_first": "yes", "legal_outcome": "open", **answers,
        }  # fmt: skip
        return self.service(home, day, **told)

    def endline(
        self, home: uuid.UUID, *, sources: Sequence[dict[str, Any]] = (), **answers: Any
    ) -> CleanRow:
        told = {
            "today": "2015-04-20", "round": "end", "trace": "found", "consent": "yes",
            "hh_size_now": 4, "income_sources": [s["inc_src"] for s in sources] or ["none"],
            "income_change": "more", **answers,
        }  # fmt: skip
        return self._record("followup", told, ALAI, home, "received", {INCOME: sources})

    def _record(
        self,
        form: str,
        answers: dict[str, Any],
        district: str,
        home: uuid.UUID | None,
        review_state: str,
        repeats: dict[str, Sequence[dict[str, Any]]],
    ) -> CleanRow:
        self.minutes += 1
        return make_record(
            self.forms[form],
            answers,
            repeats=repeats,
            place=self.places[district],
            household=home,
            restricted=answers.get("service_type") == "legal_aid",
            minutes=self.minutes,
            review_state=review_state,
        )


def income(
    kind: str, amount: float | None, times: int = 12, currency: str = "KGS"
) -> dict[str, Any]:
    known = "dk" if amount is None else "exact"
    return {
        "inc_src": kind, "inc_known": known, "inc_amount": amount, "inc_currency": currency,
        "inc_times": None if amount is None else times, "inc_earner": "woman",
    }  # fmt: skip


def make_places() -> dict[str, Place]:
    found: dict[str, Place] = {}
    for code, above, level in (
        ("KG", "", 0), ("TJ", "", 0), (OSH, "KG", 1), (SUGHD, "TJ", 1),
        (ALAI, OSH, 2), (KARA_SUU, OSH, 2), (ASHT, SUGHD, 2),
    ):  # fmt: skip
        parent = found.get(above)
        found[code] = Place.objects.create(
            code=code,
            parent=parent,
            level=level,
            path=f"{parent.path}/{code}" if parent else code,
            name_en={OSH: "Osh", ALAI: "Alai", ASHT: "Asht"}.get(code, code),
        )
    return found


def fill_tables(*, rouble: float = 1.45, prices: float = 100.0) -> None:
    """Rates and prices of every month of the programme, all alike."""
    months = [date(*divmod_month(at), 1) for at in range(2013 * 12 + 3, 2015 * 12 + 6)]
    FxRate.objects.bulk_create(
        FxRate(month=m, currency="RUB", per_kgs=rouble, per_tjs=rouble / 10) for m in months
    )
    PriceIndex.objects.bulk_create(
        PriceIndex(country=c, month=m, index=prices) for c in ("KG", "TJ") for m in months
    )
