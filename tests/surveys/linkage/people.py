"""Invented households, short to write: `household("R1", father, mother, child)`."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from surveys.linkage.features import Features, features_of
from surveys.linkage.frequencies import Frequencies, countables
from surveys.linkage.judge import Judgement, judge
from surveys.linkage.model import pinned_model
from surveys.linkage.record import HouseholdRecord, PersonRecord

# A village in which names are spread as names are: so rarity means something.
_GIVEN = (
    "Азамат", "Нурлан", "Бакыт", "Талант", "Эрлан", "Улан", "Руслан", "Самат", "Кубаныч", "Марат",
    "Айнура", "Гүлнара", "Назгүл", "Жылдыз", "Айгүл", "Мээрим", "Бермет", "Чолпон", "Асел",
    "Динара", "Фарҳод", "Зарина", "Малика", "Баҳром", "Ҷамшед",
)  # fmt: skip
_FAMILY = (
    "Асанов", "Токтоматов", "Каримов", "Раҳимов", "Усенов", "Жумабеков", "Сатыбалдиев", "Мирзоев",
)  # fmt: skip


def person(name: str, relation: str = "child", sex: str = "", birth: str = "") -> PersonRecord:
    return PersonRecord(name, relation, sex, birth)


HEAD = person("Токтогулов Бакыт", "head", "M", "1971-04-19")
WIFE = person("Токтогулова Жылдыз", "spouse", "F", "1975-08-02")
SON = person("Токтогулов Нурлан", "child", "M", "2012-03-11")
GIRL = person("Токтогулова Айпери", "child", "F", "2015-11-23")
FAMILY = (HEAD, WIFE, SON, GIRL)


def household(record_id: str, *members: PersonRecord, **facts: object) -> HouseholdRecord:
    made = HouseholdRecord(
        record_id=record_id,
        round="1",
        submitted_at="2026-05-04T10:00:00",
        country="KG",
        district="KG-02",
        village="KG-02-001",
        head=members[0] if members else PersonRecord(relation="head"),
        members=members,
    )
    return replace(made, **facts)  # type: ignore[arg-type]


def village() -> list[HouseholdRecord]:
    """Two hundred households, so that no name is rarer than it should be."""
    made = []
    for i in range(200):
        family = _FAMILY[i % len(_FAMILY)]
        people = [
            person(f"{family} {_GIVEN[(i * 7 + k * 3) % len(_GIVEN)]}", relation, "", f"{1950 + k}")
            for k, relation in enumerate(("head", "spouse", "child", "child"))
        ]
        made.append(household(f"V{i}", *people))
    return made


def frequencies_of(records: Iterable[HouseholdRecord]) -> Frequencies:
    return Frequencies(Counter(item for each in records for item in countables(features_of(each))))


VILLAGE = frequencies_of(village())


def judged(left: HouseholdRecord, right: HouseholdRecord) -> Judgement:
    return judge(features_of(left), features_of(right), VILLAGE, pinned_model())


def features(record: HouseholdRecord) -> Features:
    return features_of(record)
