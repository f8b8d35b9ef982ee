"""What XForm expressions mean, where that is more than XPath 1.0."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from surveys.xforms.expressions import NotCheckable, compile_expression
from surveys.xforms.functions import is_true, to_text
from surveys.xforms.questionnaire import as_list

FORM = """
<data>
  <day>2014-06-02</day><moment>2014-06-02T12:00:00+00:00</moment><blank/><word>айыл</word>
  <size>4</size><price>12.50</price><codes>radio tv fridge</codes><a-b>7</a-b>
  <member><name>Асан</name><age>40</age><child><tag>x</tag></child></member>
  <member><name>Бермет</name><age>8</age><child><tag>y</tag></child><child><tag>z</tag></child>
  </member>
  <member><name/><age/></member>
</data>"""
LISTS = {
    "village": as_list(
        [
            {"name": "v1", "label": "Кара-Кол", "district": "d1"},
            {"name": "v2", "label": "Ош", "district": "d2"},
        ]
    )
}


def value(text: str, at: str = "size") -> Any:
    form = etree.fromstring(FORM)
    node = form.find(at)
    return compile_expression(text, "data")(
        node, form=form, today="2014-06-02", now="2014-06-02T18:00:00.000+05:00", lists=LISTS
    )


def text(expression: str, at: str = "size") -> str:
    return to_text(value(expression, at))


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        (". >= 1 and . <= 30", True),
        (". > 4", False),
        ("/data/day <= today()", True),
        ("/data/day < today()", False),
        ("today() >= date('2014-01-01') and today() < date('2015-01-01')", True),
        ("/data/day > '2014-06-01'", True),
        ("/data/moment < now()", True),
        ("today() - /data/day = 0", True),
        ("/data/blank <= today()", False),
        ("regex(/data/word, '^а.*л$')", True),
        ("regex(/data/word, 'а')", False),
        ("selected(/data/codes, 'tv') and not(selected(/data/codes, 'car'))", True),
        ("/data/a-b - 2 = 5", True),
        ("/data/a-b div 2 > 3 and /data/a-b mod 2 = 1", True),
        ("-/data/size < 0", True),
        ("count(/data/member[age > 5]) = 2", True),
        ("/data/blank = ''", True),
        ("string-length(/data/word) = 4", True),
        ("boolean-from-string('TRUE')", True),
        ("ends-with(/data/word, 'ыл')", True),
        ("(1 + 2) * 3 = 9 or false()", True),
        ("'it is > 5 - 3' = 'it is > 5 - 3'", True),
    ],
)
def test_conditions(expression: str, holds: bool) -> None:
    assert is_true(value(expression)) is holds


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("if(/data/size > 3, 'big', 'small')", "big"),
        ("coalesce(/data/blank, /data/word)", "айыл"),
        ("count-selected(/data/codes)", "3"),
        ("selected-at(/data/codes, 1)", "tv"),
        ("selected-at(/data/codes, 9)", ""),
        ("int(7.9)", "7"), ("int('x')", ""),
        ("round(2.5)", "3"), ("round(-2.5)", "-3"), ("round(12.345, 2)", "12.35"),
        ("number('12.50')", "12.5"), ("number('')", ""), ("number('1_000')", ""),
        ("/data/price * /data/size", "50"),
        ("concat(/data/word, ' ', /data/size)", "айыл 4"),
        ("concat(/data/member/name)", "АсанБермет"),
        ("join(', ', /data/member/name)", "Асан, Бермет, "),
        ("substr(/data/word, 1)", "йыл"), ("substr(/data/word, 1, 3)", "йы"),
        ("substr(/data/word, -2)", "ыл"),
        ("sum(/data/member/age[. != ''])", "48"),
        ("min(/data/member/age)", "8"), ("max(/data/member/age, 99)", "99"), ("min()", ""),
        ("count-non-empty(/data/member/name)", "2"),
        ("decimal-date-time('1970-01-11')", "10"), ("decimal-date-time('x')", ""),
        ("decimal-date-time('1970-01-01T12:00:00+00:00')", "0.5"),
        ("decimal-time('06:00')", "0.25"),
        ("decimal-time('2014-06-02T18:00:00.000+05:00')", "0.75"),
        ("decimal-time('noon')", ""),
        ("int((today() - date('2013-06-02')) div 365.25)", "0"),
        ("int((decimal-date-time(today()) - decimal-date-time('1980-01-01')) div 365.25)", "34"),
        ("format-date(today(), '%d.%m.%Y %b %e %y %n %a %%')", "02.06.2014 Jun 2 14 6 Mon %"),
        ("format-date-time(now(), '%H:%M:%S.%3 %h')", "18:00:00.000 18"),
        ("format-date(/data/blank, '%Y')", ""),
        ("date(0)", "1970-01-01"), ("date('2014-06-02T10:00:00Z')", "2014-06-02"),
        ("date-time(0.5)", "1970-01-01T12:00:00.000+00:00"), ("date('soon')", ""),
        ("instance('village')/root/item[name = 'v2']/label", "Ош"),
        ("pulldata('village', 'label', 'name', 'v1')", "Кара-Кол"),
        ("pulldata('village.csv', 'label', 'name', 'none')", ""),
        ("indexed-repeat(/data/member/name, /data/member, 2)", "Бермет"),
        ("indexed-repeat(/data/member/child/tag, /data/member, 2, /data/member/child, 2)", "z"),
        ("indexed-repeat(/data/member/name, /data/member, 9)", ""),
        ("once('new')", "4"),
        ("pow(2, 10)", "1024"), ("sqrt(16)", "4"), ("abs(-3)", "3"), ("log10(100)", "2"),
        ("translate('abc', 'b', 'x')", "axc"),
        ("true()", "1"), ("3 div 0 - 3 div 0", ""),
    ],
)  # fmt: skip
def test_values(expression: str, result: str) -> None:
    assert text(expression) == result


def test_position_of_a_repetition_is_counted_from_one() -> None:
    assert text("position(..)", at="member[2]/name") == "2"
    assert text("../age", at="member[2]/name") == "8"
    assert text("current()/../age", at="member[1]/name") == "40"


def test_current_is_the_question_also_inside_a_list() -> None:
    expression = "instance('village')/root/item[district = concat('d', string(current()))]/name"
    form = etree.fromstring("<data><x>1</x></data>")
    chosen = compile_expression(expression, "data")
    assert to_text(chosen(form[0], form=form, today="", now="", lists=LISTS)) == "v1"


@pytest.mark.parametrize(
    "expression",
    [
        "unheard-of(1)", "random()", "uuid()", "area(/data/x)", "instance('nowhere')/root/item",
        "/other/x", "//x", "1 +", "(1", "[1]", "a b", "", "1 = ", "if(1, 2)", "§", "regex(., '(')",
        "selected-at(., 'x')", "instance(/data/x)", "format-date(today(), '%Q')", "pow(-8, 0.5)",
        "'open",
    ],
)  # fmt: skip
def test_what_we_cannot_work_out_is_never_guessed(expression: str) -> None:
    with pytest.raises(NotCheckable):
        value(expression)


@given(st.text(alphabet="/.[]()@|+-*=<>!, 'a1$:\"divor", max_size=20) | st.text(max_size=20))
def test_any_text_is_an_expression_or_not_checkable(expression: str) -> None:
    try:
        compiled = compile_expression(expression, "data")
    except NotCheckable:
        return
    form = etree.fromstring(FORM)
    try:
        compiled(form[0], form=form, today="2014-06-02", now="", lists={})
    except NotCheckable:
        return
