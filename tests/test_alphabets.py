"""Names in the order of the field's languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.alphabets import CYRILLIC, alphabetical

KYRGYZ = "абвгдеёжзийклмнңоөпрстуүфхцчшщъыьэюя"
TAJIK = "абвгғдеёжзиӣйкқлмнопрстуӯфхҳчҷшъэюя"
RUSSIAN = "абвгдежзийклмнопрстуфхцчшщъыьэюя"


@pytest.mark.parametrize("letters", [KYRGYZ, TAJIK, RUSSIAN])
def test_each_alphabet_keeps_its_order(letters: str) -> None:
    for shown in (letters, letters.upper()):
        assert "".join(sorted(shown, key=alphabetical)) == shown
    assert set(letters) <= set(CYRILLIC)


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("ky", ["Алай", "Жалал-Абад", "Нарын", "Ноокат", "Ош", "Өзгөн", "Талас", "Чоң-Алай"]),
        ("ky", ["Кеминь", "Кёк-Жар", "Узун", "Үч-Коргон", "Фрунзе"]),
        ("tg", ["Ғафуров", "Душанбе", "Исфара", "Кӯлоб", "Қӯрғонтеппа", "Роғун", "Ҷалолобод"]),
        ("tg", ["Узум", "Ӯзбекистон", "Файзобод", "Хуҷанд", "Ҳамадонӣ", "Чилгазӣ", "Ҷиргатол"]),
        ("ru", ["Ёлкино", "Ельцово", "Ёмкое"]),
        ("en", ["10 May", "Alai", "Batken", "Çüy", "Osh", "Алай"]),
    ],
)
def test_names_are_sorted_as_people_of_the_language_do(language: str, names: list[str]) -> None:
    mixed = sorted(names, key=lambda name: name.encode(), reverse=True)

    assert sorted(mixed, key=lambda name: alphabetical(name, language)) == names


def test_letter_composed_of_two_characters_is_the_same_letter() -> None:
    assert alphabetical("и\N{COMBINING MACRON}") == alphabetical("ӣ")


def test_only_russian_takes_yo_for_ye() -> None:
    assert sorted(["Ёлка", "Ежи"], key=lambda n: alphabetical(n, "ky")) == ["Ежи", "Ёлка"]
    assert sorted(["Ёж", "Ель"], key=lambda n: alphabetical(n, "ru-RU")) == ["Ёж", "Ель"]


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_two_texts_have_an_order_and_only_equal_ones_share_it(one: str, other: str) -> None:
    first, second = alphabetical(one), alphabetical(other)
    assert (first < second) + (first > second) + (first == second) == 1
    assert (first == second) == (first[1] == second[1])
