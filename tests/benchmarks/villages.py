"""Invented households without end, as linkage compares them: many names, few of them rare."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from surveys.linkage.record import HouseholdRecord, PersonRecord

MEN = tuple(
    (
        "Асан Бакыт Нурлан Жеңиш Үсөн Таалай Эрмек Данияр Максат Уран Кубаныч Азамат Улан "
        "Бекзат Тилек Айбек Мирлан Талант Эмил Руслан Темир Чыңгыз Алмаз Сыймык Замир "
        "Канат Марат Мурат Болот Арстан Фарҳод Ҷамшед Искандар Қурбон Баҳром Саид Ғайрат "
        "Рустам Далер Шариф Назар Раҳим Карим Сафар Умед Фирдавс Парвиз Манучеҳр Хуршед "
        "Муҳаммад Ботир Ғулом Тоҳир Шавкат Ўктам Собир Турсун Эргаш Иброҳим Юсуф "
    ).split()
)
WOMEN = tuple(
    (
        "Гүлнара Айгүл Жаңыл Бермет Чолпон Нуриза Зууракан Каныкей Айпери Мээрим Жылдыз "
        "Назгүл Асель Динара Эльмира Бурул Сайкал Бегимай Нурзат Кыял Айсулуу Гулзат "
        "Перизат Роза Венера Зулфия Мавҷуда Гулчеҳра Ҳабиба Саодат Нигора Тоҷинисо Мадина "
        "Ситора Фарзона Шаҳноза Малика Зарина Манижа Нилуфар Дилфуза Муҳаббат Барно "
        "Нафиса Ҳулкар Зебо Ойша Саида Рухшона Мехрангиз Парвина Гулбахор Дилором Матлуба "
    ).split()
)
STEMS = tuple(
    (
        "Асан Токто Жолдош Мамыт Сыдык Кадыр Алы Бейше Осмон Жума Сатар Эсен Тургун Абды "
        "Калы Мырза Раҳим Карим Назар Шариф Юсуф Саид Ҳаким Тош Собир Ғани Холмат Одина "
        "Қурбон Давлат Сафар Бобо Ниёз Раҷаб Исмоил Иброҳим Мирзо Файз Амон Турсун Эргаш "
        "Мўмин Жапар Бекмурат Ормон Шабдан Тайлак Калык "
    ).split()
)
DISTRICTS, VILLAGES = 24, 12  # a district's
BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)


def make_households(count: int, *, seed: int = 1) -> Iterator[HouseholdRecord]:
    """Different families; the same seed gives the same ones."""
    rng = Random(f"villages {seed}")
    for number in range(count):
        yield _household(rng, number)


def told_again(rng: Random, record: HouseholdRecord, record_id: UUID) -> HouseholdRecord:
    """The same family half a year later: a name misheard, a year off, one who left."""
    members = [_misheard(rng, member) for member in record.members]
    if len(members) > 3 and rng.random() < 0.3:
        members.pop(rng.randrange(1, len(members)))
    later = datetime.fromisoformat(record.submitted_at) + timedelta(days=180)
    return replace(
        record,
        record_id=str(record_id),
        round="2",
        submitted_at=later.isoformat(),
        enumerator=f"E{rng.randrange(200)}",
        device=str(rng.randrange(1, 200)),
        head=members[0],
        members=tuple(members),
        phones=record.phones if rng.random() < 0.7 else (),
    )


def _household(rng: Random, number: int) -> HouseholdRecord:
    district, village = rng.randrange(DISTRICTS), rng.randrange(VILLAGES)
    stem, head_year = rng.choice(STEMS), rng.randint(1945, 1990)
    people = [
        _person(rng, stem, "head", "M", head_year),
        _person(rng, rng.choice(STEMS), "spouse", "F", head_year + rng.randint(-2, 8)),
    ]
    people += [
        _person(rng, stem, "child", rng.choice("MF"), head_year + rng.randint(20, 38))
        for _ in range(rng.choices(range(7), (4, 14, 22, 24, 18, 12, 6))[0])
    ]
    if rng.random() < 0.2:
        people.append(_person(rng, stem, "parent", "F", head_year - rng.randint(19, 30)))
    return HouseholdRecord(
        record_id=str(UUID(int=rng.getrandbits(128), version=4)),
        round="1",
        submitted_at=(BEGAN + timedelta(minutes=number)).isoformat(),
        enumerator=f"E{rng.randrange(200)}",
        device=str(rng.randrange(1, 200)),
        country="KG" if district < DISTRICTS // 2 else "TJ",
        district=f"D{district:02}",
        village=f"D{district:02}-V{village:02}",
        head=people[0],
        phones=(f"+99655{rng.randrange(10_000_000):07}",) if rng.random() < 0.8 else (),
        latitude=40 + district * 0.05 + village * 0.01 + rng.random() * 0.01,
        longitude=72 + district * 0.05 + rng.random() * 0.01,
        accuracy_m=8.0,
        members=tuple(people),
    )


def _person(rng: Random, stem: str, relation: str, sex: str, year: int) -> PersonRecord:
    year = min(year, 2025)
    day = f"-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    birth = rng.choices((f"{year}{day}", f"{year}", f"{year - year % 5}"), (60, 30, 10))[0]
    given = rng.choice(MEN if sex == "M" else WOMEN)
    return PersonRecord(f"{stem}ов{'' if sex == 'M' else 'а'} {given}", relation, sex, birth)


def _misheard(rng: Random, person: PersonRecord) -> PersonRecord:
    name, birth = person.name, person.birth
    if rng.random() < 0.15:
        at = rng.randrange(1, len(name) - 1)
        name = name[:at] + name[at + 1 :]
    if rng.random() < 0.15:
        birth = str(int(birth[:4]) + rng.choice((-1, 1)))
    return replace(person, name=name, birth=birth)
