"""What a family answers: one answer a question, by the question's name.

A question that is not named here gets a generic answer of its type, so that a new question
in the workbook does not stop the simulation.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from random import Random
from typing import TypeAlias

from sync.fieldwork.family import Family, to_latin
from sync.fieldwork.sitting import Question

Answer: TypeAlias = Callable[["FamilyAnswers", Question], str]

# A point well inside each district that has sample villages: latitude, longitude.
NEAR = {
    "KG02210000000": (41.871, 78.044), "KG02220000000": (41.863, 77.030),
    "KG03207000000": (41.414, 73.076), "KG03211000000": (41.619, 72.022),
    "KG03215000000": (41.244, 72.505), "KG03220000000": (40.982, 73.028),
    "KG05214000000": (39.770, 70.836), "KG05236000000": (39.863, 69.807),
    "KG05258000000": (39.969, 72.002), "KG06207000000": (39.780, 73.513),
    "KG06211000000": (40.468, 72.522), "KG06226000000": (40.509, 72.949),
    "KG06242000000": (40.076, 72.669), "KG06255000000": (40.872, 73.454),
    "TJ3505207": (40.666, 70.338), "TJ3505220": (40.164, 70.492),
    "TJ3505226": (40.215, 70.254), "TJ3505238": (40.097, 69.357),
    "TJ3505246": (40.182, 69.522), "TJ3505256": (40.406, 69.790),
    "TJ3507205": (37.865, 69.592), "TJ3507217": (37.834, 68.665),
    "TJ3507223": (37.400, 68.842), "TJ3509036": (39.147, 70.360),
    "TJ3509038": (38.645, 68.542), "TJ3509058": (38.476, 68.774),
    "TJ3509065": (38.875, 69.287),
}  # fmt: skip
MARRIED = (("reg", 76), ("nikoh", 16), ("sep", 3), ("wid", 5))
LIKELY = {
    "head_marital": MARRIED,
    "m_marital": MARRIED,
    "mig_country": (("RU", 90), ("KZ", 7), ("TR", 3)),
    "mig_contact": (("week", 60), ("month", 25), ("half", 8), ("more", 4), ("lost", 3)),
    "mig_remit": (("monthly", 45), ("quarter", 35), ("rare", 12), ("never", 8)),
    "inc_known": (("exact", 55), ("estimate", 38), ("dk", 5), ("refused", 2)),
    "inc_period": (("month", 70), ("season", 20), ("year", 10)),
    "trace": (("found", 92), ("moved", 4), ("abroad", 3), ("notfound", 1)),
    "service_kind": (("livelihood", 80), ("legal", 14), ("other", 6)),
    "channel": (("office", 50), ("mobile", 35), ("home", 15)),
    "legal_outcome": (("open", 60), ("solved", 25), ("partly", 15)),
    "id_doc": (("passport", 85), ("none", 10), ("birth", 5)),
    "completed": (("yes", 85), ("no", 15)),
    "need_2": (("", 20), ("income", 30), ("training", 30), ("credit", 20)),
    "consent_share": (("yes", 92), ("no", 8)),
    "consent_followup": (("yes", 96), ("no", 4)),
}
TIMES = {"month": 12, "season": 4, "year": 1, "week": 53}
COMMENTS = ("", "", "", "Дом за арыком, спросить в магазине", "Кайра келүү керек", "Баъди ҳосил")


class FamilyAnswers:
    """Answers for one family on one day; `given` overrides by question name."""

    def __init__(
        self, family: Family, rng: Random, *, day: date, given: Mapping[str, str] | None = None
    ) -> None:
        self.family = family
        self.rng = rng
        self.day = day
        self.given = given or {}
        self.said: dict[str, str] = {}
        self.enumerator = f"{family.country[0]}{rng.randint(1, 60):03}"

    def __call__(self, question: Question) -> str:
        answer = self._answer(question)
        self.said[question.name] = answer
        return answer

    def _answer(self, question: Question) -> str:
        if question.name in self.given:
            return self.given[question.name]
        if question.name in ANSWERS:
            return ANSWERS[question.name](self, question)
        if question.name in LIKELY:
            return self.likely(question)
        return self.generic(question)

    def likely(self, question: Question) -> str:
        offered = [
            (code, weight)
            for code, weight in LIKELY[question.name]
            if code in question.choices or (not code and not question.required)
        ]
        if not offered:
            return self.generic(question)
        codes, weights = zip(*offered, strict=True)
        return str(self.rng.choices(codes, weights)[0])

    def generic(self, question: Question) -> str:
        if question.control == "select":
            return self.some(question, 1 if question.required else 0, 3)
        if question.choices:
            return self.rng.choice(question.choices)
        if question.type == "int":
            return str(self.rng.randint(0, 7))
        if question.type == "decimal":
            return str(self.rng.randint(2, 400) * 50)
        if question.type == "date":
            return self.days_ago(300)
        return "—" if question.required else ""

    def some(self, question: Question, least: int, most: int) -> str:
        """A few of the choices in the form's order, as a tablet writes them, or only `none`."""
        codes = [code for code in question.choices if code != "none"]
        if "none" in question.choices and self.rng.random() < 0.12:
            return "none"
        count = self.rng.randint(least, min(most, len(codes)))
        picked = set(self.rng.sample(codes, count))
        return " ".join(code for code in codes if code in picked)

    def days_ago(self, most: int) -> str:
        return (self.day - timedelta(days=self.rng.randint(0, most))).isoformat()

    def home_currency(self) -> str:
        return "KGS" if self.family.country == "KG" else "TJS"


def _gps(answers: FamilyAnswers, _question: Question) -> str:
    if answers.rng.random() < 0.1 or answers.family.district not in NEAR:
        return ""
    latitude, longitude = NEAR[answers.family.district]
    latitude += answers.rng.uniform(-0.03, 0.03)
    longitude += answers.rng.uniform(-0.03, 0.03)
    altitude, accuracy = answers.rng.uniform(400, 2400), answers.rng.uniform(2.5, 9.9)
    return f"{latitude:.7f} {longitude:.7f} {altitude:.1f} {accuracy:.2f}"


def _phone(answers: FamilyAnswers, _question: Question) -> str:
    if answers.rng.random() < 0.15:
        return ""
    prefix = "+996555" if answers.family.country == "KG" else "+992930"
    return f"{prefix}{answers.rng.randint(0, 999_999):06}"


def _times(answers: FamilyAnswers, _question: Question) -> str:
    return str(answers.rng.randint(1, TIMES.get(answers.said["inc_period"], 1)))


def _amount(answers: FamilyAnswers, _question: Question) -> str:
    low, high = (1500, 6000) if answers.family.country == "KG" else (150, 700)
    return f"{answers.rng.randint(low, high)}{answers.rng.choice(('', '', '', '.50', '.75'))}"


def _food(answers: FamilyAnswers, _question: Question) -> str:
    return str(int(float(answers.said["exp_total"]) * answers.rng.uniform(0.3, 0.8)))


def _offered(code: str) -> Answer:
    """`code` when the form offers it, else something it does offer."""
    return lambda answers, question: code if code in question.choices else answers.generic(question)


def _member(attribute: str) -> Answer:
    return lambda answers, question: str(getattr(answers.family.members[question.index], attribute))


def _family(attribute: str) -> Answer:
    return lambda answers, _question: str(getattr(answers.family, attribute))


def _between(least: int, most: int) -> Answer:
    return lambda answers, _question: str(answers.rng.randint(least, most))


ANSWERS: dict[str, Answer] = {
    "enum_code": lambda answers, _question: answers.enumerator,
    "partner": lambda answers, question: answers.rng.choice(question.choices[:4]),
    "consent": lambda answers, _question: "yes" if answers.family.consents else "no",
    "card_no": _family("card_no"),
    "card_check": _family("card_no"),
    "country": _family("country"),
    "oblast": _family("oblast"),
    "district": _family("district"),
    "village": _family("village"),
    "p_country": _family("country"),
    "p_oblast": _family("oblast"),
    "p_district": _family("district"),
    "address": lambda answers, _question: f"ул. Садовая, {answers.rng.randint(1, 90)}",
    "gps": _gps,
    "phone": _phone,
    "resp_name": lambda answers, _question: answers.family.respondent.name,
    "resp_sex": lambda answers, _question: answers.family.respondent.sex,
    "resp_relation": lambda answers, _question: answers.family.respondent.relation,
    "head_name": lambda answers, _question: answers.family.head.name,
    "head_name_lat": lambda answers, _question: to_latin(answers.family.head.name),
    "head_sex": lambda answers, _question: answers.family.head.sex,
    "head_birth_year": lambda answers, _question: str(answers.family.head.birth_year),
    "head_ethnicity": lambda answers, _question: answers.family.people,
    "id_last4": lambda answers, _question: f"{answers.rng.randint(0, 9999):04}",
    "hh_size": lambda answers, _question: str(len(answers.family.members)),
    "m_name": _member("name"),
    "m_sex": _member("sex"),
    "m_relation": _member("relation"),
    "m_birth_known": lambda answers, question: (
        "yes" if answers.family.members[question.index].birth_date else "no"
    ),
    "m_birth_date": _member("birth_date"),
    "m_birth_year": _member("birth_year"),
    "m_marital": lambda answers, question: (
        "never"
        if answers.family.members[question.index].relation == "child"
        else answers.likely(question)
    ),
    "m_disab": _offered("no"),
    "m_present": _member("present"),
    "mig_city": lambda answers, _question: answers.rng.choice(("Москва", "Екатеринбург", "")),
    "mig_since": lambda answers, _question: answers.days_ago(1500)[:8] + "01",
    "mig_amount": _between(5_000, 15_000),
    "mig_currency": _offered("RUB"),
    "rooms": _between(1, 6),
    "power_hours": _between(4, 24),
    "land_sotka": lambda answers, _question: f"{answers.rng.uniform(0, 60):.2f}",
    "income_source_other": lambda answers, _question: "Другое: продажа рукоделия",
    "inc_amount": _amount,
    "inc_currency": lambda answers, _question: answers.home_currency(),
    "inc_times": _times,
    "exp_currency": lambda answers, _question: answers.home_currency(),
    "exp_total": _amount,
    "exp_food": _food,
    "debt_currency": lambda answers, _question: answers.home_currency(),
    "signature": lambda answers, _question: f"{answers.rng.randint(10**12, 2 * 10**12)}.png",
    "comments": lambda answers, _question: answers.rng.choice(COMMENTS),
    "service_date": lambda answers, _question: answers.day.isoformat(),
    "hours": _between(1, 16),
    "value_currency": lambda answers, _question: answers.home_currency(),
    "shg_name": lambda answers, _question: f"Группа {answers.rng.randint(1, 40)}",
    "person_name": lambda answers, _question: answers.family.respondent.name,
    "person_line": _between(0, 3),
    "person_sex": lambda answers, _question: answers.family.respondent.sex,
    "person_birth_year": lambda answers, _question: str(answers.family.respondent.birth_year),
    "person_relation": lambda answers, _question: answers.family.respondent.relation,
    "legal_case": lambda answers, _question: (
        f"L{answers.family.country[0]}-{answers.day.year}-{answers.rng.randint(1, 9999):04}"
    ),
    "legal_next": lambda answers, _question: (answers.day + timedelta(days=14)).isoformat(),
    "hh_size_now": lambda answers, _question: str(len(answers.family.members)),
    "migrants_now": _between(0, 1),
    "head_sex_now": lambda answers, _question: answers.family.head.sex,
    "story": lambda answers, _question: "Стало легче, продаём овощи на рынке",
}
