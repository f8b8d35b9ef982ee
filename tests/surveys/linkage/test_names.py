"""One name in four languages and two alphabets is one; two names are two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.linkage.names import (
    ALIKE,
    DIFFERENT,
    EQUAL,
    NEAR,
    fold,
    given_level,
    is_one_edit,
    name_parts,
    skeleton,
    stem,
    variants,
)

NAMES = [
    "Гүлнара",
    "Нурлан",
    "Жылдыз",
    "Ҷамшед",
    "Муҳаммад",
    "Фарҳод",
    "Ўктам",
    "Хуршид",
    "Айгүл",
    "Бақо",
    "Сайёра",
    "Үсөн",
]
LETTERS = st.text(alphabet="абвгғдеёжзийкқлмнңоөпрстуүӯўфхҳцчҷшъыьэюяabcdefghijklmnopqrstuvwxyz'ʻ")


@pytest.mark.parametrize(
    "written",
    [
        "Гүлнара Гульнара Gulnara Гюльнара ГУЛНАРА Гулнора",
        "Жолдошбек Джолдошбек Zholdoshbek Dzholdoshbek Joldoshbek",
        "Ҷамшед Джамшед Jamshed Җамшед Dzhamshed",
        "Хуршед Ҳуршед Khurshed Xurshed Hurshed",
        "Қурбон Курбон Qurbon Kurban",
        "Үсөн Юсон Уson Uson",
        "Чыңгыз Чынгыз Chyngyz Chingiz",
        "Сайёра Sayyora Сайера Saiora",
        "Ғайрат Гайрат Ghayrat Gayrat G‘ayrat",
        "Ўктам Уктам Oʻktam Уқтам",
        "Эркин Erkin Еркин",
        "Наргиза Nargiza НАРГИЗА",
        "Убайдулло Ubaydullo Убайдуло",
    ],
)
def test_one_name_across_alphabets_folds_to_one(written: str) -> None:
    folds = {fold(word) for word in written.split()}
    first = written.split()[0]

    assert len(folds) == 1 or all(given_level(fold(first), each) >= NEAR for each in folds)


@pytest.mark.parametrize("latin", ["Аcан", "Acaн", "Асaн"])
def test_latin_letters_that_look_cyrillic_are_read_as_cyrillic(latin: str) -> None:
    assert fold(latin) == fold("Асан")


@pytest.mark.parametrize(
    ("left", "right"),
    [("Ҳасан", "Ҳусейн"), ("Умар", "Амир"), ("Фотима", "Зуҳра"), ("Нурлан", "Эрлан")],
)
def test_names_of_twins_and_neighbours_are_not_the_same_for_sure(left: str, right: str) -> None:
    assert given_level(fold(left), fold(right)) <= ALIKE


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("Айнура", "Айнура", EQUAL),
        ("Айнура", "Анура", EQUAL),
        ("Гүлнара", "Гуля", NEAR),
        ("Нурик", "Нурлан", NEAR),
        ("Муҳаммад", "Маҳмад", NEAR),
        ("Алмаз", "Алмазбек", NEAR),
        ("Зарина", "Заринахон", NEAR),
        ("Айгүл", "Айгүлкан", NEAR),
        ("Зарина", "Зариа", NEAR),
        ("Токтогул", "Тактагул", EQUAL),
        ("Бактыгүл", "Кубаныч", DIFFERENT),
    ],
)
def test_given_names_agree_by_levels(left: str, right: str, level: int) -> None:
    assert given_level(fold(left), fold(right)) == level


@pytest.mark.parametrize(
    ("text", "given_names", "families", "fathers"),
    [
        ("Асанова Гүлнара Мамытовна", ("gulnara",), ("asan",), ("mamit",)),
        ("ГУЛНАРА АСАНОВА", ("gulnara",), ("asan",), ()),
        ("Токтогул уулу Мелис", ("milis",), (), ("taktagul",)),
        ("Мелис Токтогул уулу", ("milis",), (), ("taktagul",)),
        ("Асан кызы Гүлнара", ("gulnara",), (), ("asan",)),
        ("Olimzoda Bahrom", ("bahram",), ("alim",), ()),
        ("Karimov K.", (), ("karim",), ()),
        ("ҶамшедАшӯров Фарҳодович", ("jamshid",), ("ashur",), ("farhad",)),
    ],
)
def test_parts_of_a_name_are_found_in_any_order(
    text: str, given_names: tuple[str, ...], families: tuple[str, ...], fathers: tuple[str, ...]
) -> None:
    parts = name_parts(text)

    assert (parts.given, parts.families, parts.fathers) == (given_names, families, fathers)


def test_initial_is_kept_as_such() -> None:
    assert name_parts("Каримов Қ.").initials == ("k",)


@pytest.mark.parametrize("name", ["Каримов", "Каримова", "Каримзода", "Каримӣ", "Карим", "Karimov"])
def test_family_names_have_one_stem(name: str) -> None:
    assert stem(fold(name)) == "karim"


@pytest.mark.parametrize("text", ["", "   ", "1234", "👩‍👧 💐", "\u200f\u202e", "—", "\ud800"])
def test_what_is_no_name_folds_to_nothing(text: str) -> None:
    assert fold(text) == ""
    assert name_parts(text).given == ()


def test_right_to_left_marks_change_nothing() -> None:
    assert name_parts("\u200fАсан\u202c \u200eТокто\u200bматов") == name_parts("Асан Токтоматов")


@given(LETTERS)
def test_folding_twice_is_folding(word: str) -> None:
    assert fold(fold(word)) == fold(word)


@given(st.text(max_size=40))
def test_any_text_folds_to_latin_letters(text: str) -> None:
    folded = fold(text)

    assert folded == "" or (folded.isascii() and folded.isalpha() and folded.islower())
    assert skeleton(folded) == "" or skeleton(folded)[0].isalpha()


@given(LETTERS, LETTERS)
def test_agreement_of_names_is_symmetric(left: str, right: str) -> None:
    ours, theirs = fold(left), fold(right)

    assert given_level(ours, theirs) == given_level(theirs, ours)
    assert is_one_edit(ours, theirs) == is_one_edit(theirs, ours)


@given(st.sampled_from(NAMES), st.integers(0, 12), st.sampled_from("абзклм"), st.booleans())
def test_names_that_agree_share_a_variant(name: str, at: int, letter: str, instead: bool) -> None:
    written = fold(name[:at] + letter + name[at + instead :])
    name = fold(name)
    if given_level(name, written) != DIFFERENT:
        assert set(variants(name)) & set(variants(written))
