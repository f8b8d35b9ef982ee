"""Bars say what the table says, and nothing of what they are given becomes markup."""

from xml.etree import ElementTree

import pytest

from surveys.indicators.charts import Bar, bars, shortened

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*rows: Bar) -> ElementTree.Element:
    return ElementTree.fromstring(bars("A title", rows))


def test_bars_are_as_long_as_their_values() -> None:
    found = drawn(Bar("a", 10, "10"), Bar("b", 5, "5"), Bar("c", 0, "0"))

    long, half, none = (float(r.get("width")) for r in found.iter(f"{SVG}rect"))
    assert long == 2 * half
    assert none == 1


def test_hidden_value_has_no_bar_and_its_words() -> None:
    found = drawn(Bar("a", 10, "10"), Bar("b", None, "<5"))

    assert len(list(found.iter(f"{SVG}rect"))) == 1
    assert "<5" in [t.text for t in found.iter(f"{SVG}text")]


def test_names_are_text_and_never_markup() -> None:
    found = drawn(Bar('<script>"Ӯзбекҳо"', 1, "1"))

    assert found.find(f".//{SVG}script") is None
    assert found.find(f"{SVG}text").text == '<script>"Ӯзбекҳо"'


def test_interval_is_a_line_from_its_low_to_its_high() -> None:
    found = drawn(Bar("a", 0.5, "50 %", 0.25, 1.0))

    path = found.find(f"{SVG}path")
    assert path is not None
    assert path.get("d").startswith("M")


def test_nothing_to_draw_is_no_picture() -> None:
    assert bars("t", []) == ""
    assert bars("t", [Bar("a", 0, "0"), Bar("b", None, "<5")]) == ""


def test_what_is_too_long_is_cut() -> None:
    found = drawn(*(Bar("x" * 60, n + 1, str(n)) for n in range(50)))

    assert len(list(found.iter(f"{SVG}rect"))) == 30
    assert found.find(f"{SVG}text").text.endswith("…")


@pytest.mark.parametrize(
    ("label", "short"),
    [
        ("начальный этап · нет", "начальный этап · нет"),
        (
            "divorce, custody and land rights · Sughd region",
            "divorce, custody and land… · Sughd region",
        ),
        (
            "income-generating activity of the whole family",
            "income-generating activity of the whole f…",
        ),
        (
            "нет · чрезвычайное положение в этой местности",
            "нет · чрезвычайное положение в этой местн…",
        ),
    ],
)
def test_label_is_shortened_where_it_says_least(label: str, short: str) -> None:
    assert shortened(label) == short
