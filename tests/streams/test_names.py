"""Names of the invented people, and the ways in which they are written."""

from dataclasses import fields, replace
from datetime import date
from itertools import count
from random import Random

import pytest

from tests.streams.district import rename_head
from tests.streams.families import Founder
from tests.streams.letters import CYRILLIC, LATIN, written
from tests.streams.names import LANGUAGES, SHORT, official, patronymic
from tests.streams.noise import noise_of
from tests.streams.people import Household, Person
from tests.streams.reading import digits
from tests.streams.writing import Pen, habit, typo


@pytest.mark.parametrize("code", LANGUAGES)
def test_twins_have_one_day_one_sex_and_two_names_that_belong_together(code: str) -> None:
    founder = Founder(Random(4), count(1), date(2025, 2, 3), (code,))
    for _ in range(20):
        elder, younger = founder.twins(founder.line(), date(2015, 5, 6))
        assert (elder.birth, elder.sex, elder.base) == (younger.birth, younger.sex, younger.base)
        assert (elder.sex, elder.given, younger.given) in LANGUAGES[code].twins
        assert elder.given != younger.given


def test_lists_of_names_have_no_name_twice_and_stay_native() -> None:
    for language in LANGUAGES.values():
        for names in (language.men, language.women):
            assert len(set(names)) == len(names) > 60
            assert all(name == name.lower() and not set(name) & set("abcdefo") for name in names)
        assert (
            SHORT.keys() - {n for lang in LANGUAGES.values() for n in lang.men + lang.women}
            == set()
        )


@pytest.mark.parametrize(
    ("base", "surname", "son_of"),
    [("асан", "асанов", "асанович"), ("төрө", "төрөев", "төрөевич"), ("алӣ", "алиев", "алиевич"),
     ("раҷаб", "раҷабов", "раҷабович"), ("таалай", "таалаев", "таалаевич")],
)  # fmt: skip
def test_papers_make_surnames_and_patronymics(base: str, surname: str, son_of: str) -> None:
    assert (official(base), patronymic(base, "M")) == (surname, son_of)


def test_one_name_is_written_in_many_ways() -> None:
    assert written("гүлнара", "native") == "Гүлнара"
    assert written("гүлнара", "russian") == "Гульнара"
    assert written("гүлнара", "russian_soft") == "Гюльнара"
    assert written("ҷӯра", "russian_soft") == "Джура"
    assert written("жумабек", "passport") == "Zhumabek"
    assert written("ўткир", "uzbek") == "O'tkir"
    forms = {written("ҷамшед", scheme) for scheme in CYRILLIC + LATIN}
    assert len(forms) >= 6


def test_a_pen_without_noise_writes_what_is_true() -> None:
    quiet = replace(noise_of("low"), **{f.name: 0.0 for f in fields(noise_of("low"))})
    pen, rng = Pen(Random(1), quiet), Random(1)
    person = Person(1, "F", date(1990, 3, 7), False, "tg", "зарина", "карим", "шоҳ", "ov")
    page = pen.page(habit(rng.random(), CYRILLIC), surname_first=True)
    name = pen.name(person, page, is_head=True).split()
    assert written("зарина", page.scheme) in name
    assert written("шоҳова", page.scheme) in name
    assert pen.birth(person, date(2025, 2, 3)) == "1990-03-07"
    assert digits(pen.phone("901234567", "911111111", "TJ") or "") == "901234567"


def test_a_typo_changes_one_letter_or_none() -> None:
    rng = Random(2)
    texts = [typo(rng, "Асанов Марат") for _ in range(300)]
    assert sum(text != "Асанов Марат" for text in texts) > 250
    assert all(abs(len(text) - 12) <= 1 for text in texts)


def test_a_renamed_head_leaves_no_child_with_another_fathers_name() -> None:
    founder = Founder(Random(9), count(1), date(2025, 2, 3), ("ky",))
    families = [founder.family(founder.line(), 45) for _ in range(40)]
    homes = [Household(n, 0, 41.0, 74.0, "", "", "", members) for n, members in enumerate(families)]
    led = [h for h in homes if h.head.sex == "M" and h.find("child")]
    assert led
    for household in led:
        rename_head(household, "үсөн")
        assert household.head.given == "үсөн"
        assert {m.person.father for m in household.find("child")} == {"үсөн"}
