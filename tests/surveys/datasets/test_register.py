"""Columns are only ever added: their order, names and short names, over versions and for ever."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.db import connection, transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from surveys.datasets import tables
from surveys.datasets.columns import dataset_of
from surveys.datasets.models import RegisteredColumn
from surveys.datasets.register import RESERVED, new_entries, short_name
from surveys.datasets.registry import keep_register
from surveys.datasets.tables import dataset_of_form
from surveys.xforms.models import Form
from surveys.xforms.publish import publish_form
from surveys.xforms.schema import Choice, Field, Repeat, Schema
from tests.surveys.datasets.records import SCHEMA, make_record, next_version, publish
from tests.surveys.datasets.test_records import URL
from tests.xlsforms import workbook

FITS = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")
STATA = ["_all", "byte", "double", "if", "in", "int", "using", "with", "strl", "str5", "str2045"]


def text(key: str, repeat: str = "", **said: object) -> Field:
    return replace(Field(key, key, key, "string", repeat), **said)  # type: ignore[arg-type]


def schema(*fields: Field, version: str = "1", repeats: tuple[Repeat, ...] = ()) -> Schema:
    return Schema("visit", version, "F", ("",), fields, repeats)


def names(*versions: Schema) -> list[str]:
    return [c.name for c in dataset_of(versions).root.columns]


def test_questions_of_a_new_version_come_after_those_of_older_ones() -> None:
    first = schema(text("a"), text("b"))
    second = schema(text("c"), text("b"), version="2")
    third = schema(text("b"), text("d"), text("a"), version="3")
    assert names(third, second, first) == ["a", "b", "c", "d"]


def test_register_decides_even_against_what_would_be_made_today() -> None:
    kept = new_entries([schema(text("a"))], ())
    kept = (replace(kept[0], name="what_it_was", short_name="as_was", position=7),)
    columns = dataset_of([schema(text("b"), text("a"))], kept).root.columns
    assert [(c.name, c.short, c.position) for c in columns] == [
        ("what_it_was", "as_was", 7),
        ("b", "b", 8),
    ]


def test_column_no_version_has_any_more_is_not_shown_but_its_name_stays_taken() -> None:
    kept = new_entries([schema(text("place"))], ())
    (column,) = dataset_of([schema(text("place_answer"))], kept).root.columns
    assert column.name == "place_answer_answer"


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("hh_size", "hh_size"),
        ("LcsEN_stress_DomAsset", "LcsEN_stress_DomAsset"),
        ("fish & chips", "fish_chips"),
        ("x" * 80, "x" * 31),
        ("if", "if_q"),
        ("str12", "str12_q"),
        ("BY", "BY_q"),
        ("1st", "q_1st"),
        ("_n", "n"),
        ("&", "q"),
        ("Өзгөн", "ozgon"),
        ("ҷамоат-ӣ", "jamoat_i"),
    ],
)
def test_short_name_is_what_stata_and_spss_take(name: str, short: str) -> None:
    assert short_name(name, set()) == short


def test_two_names_that_fall_together_after_cutting_or_case_folding_stay_two() -> None:
    long = "q" * 40
    columns = dataset_of(
        [schema(*map(text, ["Age", "age", f"{long}a", f"{long}b", "id_", "ID"]))]
    ).root.columns
    assert [c.short for c in columns] == ["Age", "age_2", "q" * 31, "q" * 29 + "_2", "id_2", "ID_3"]


@given(st.lists(st.one_of(st.text(min_size=1, max_size=90), st.sampled_from(STATA)), unique=True))
def test_short_names_fit_and_differ_whatever_the_questions_are_called(keys: list[str]) -> None:
    columns = dataset_of([schema(*map(text, keys))]).root.columns
    shorts = [c.short for c in columns]
    assert len({s.lower() for s in shorts}) == len(keys)
    assert all(FITS.fullmatch(s) for s in shorts)
    assert not {s.lower() for s in shorts} & set(STATA)
    assert not RESERVED & {c.name for c in columns}


@given(st.lists(st.text(max_size=60), unique=True, max_size=20), st.text(min_size=1, max_size=60))
def test_parts_of_a_choice_question_fit_and_differ_too(codes: list[str], key: str) -> None:
    choices = tuple(Choice(code, {}) for code in codes)
    (column,) = dataset_of(
        [schema(text(key, type="select_multiple", choices=choices))]
    ).root.columns
    shorts = [column.short, *column.parts.values()]
    assert list(column.parts) == [code for code in codes if code]
    assert len({s.lower() for s in shorts}) == len(shorts)
    assert all(FITS.fullmatch(s) for s in shorts)


def test_point_has_four_short_names_that_say_which() -> None:
    (column,) = dataset_of([schema(text("g" * 40, type="geopoint"))]).root.columns
    assert [name[-4:] for name in column.parts.values()] == ["_lat", "_lon", "_alt", "_acc"]


def test_choice_of_a_later_version_gets_a_name_beside_the_older_ones() -> None:
    first = text("needs", type="select_multiple", choices=(Choice("a", {}), Choice("b", {})))
    later = replace(first, choices=(Choice("c", {}), Choice("a", {})))
    kept = new_entries([schema(first)], ())
    (column,) = dataset_of([schema(later), schema(first)], kept).root.columns
    assert column.parts == {"a": "needs_a", "b": "needs_b", "c": "needs_c"}


def test_new_version_is_written_into_the_register_when_first_read(form: Form) -> None:
    dataset_of_form(form)
    before = list(RegisteredColumn.objects.filter(form=form).values_list("pk", "short_name"))
    newer = next_version(form, fields=(text("brand_new"), *SCHEMA.fields[::-1]))

    columns = dataset_of_form(newer).root.columns

    kept = list(RegisteredColumn.objects.filter(form=form).values_list("pk", "short_name"))
    assert kept[: len(before)] == before
    assert [short for _, short in kept[len(before) :]] == ["brand_new"]
    assert next(c.name for c in columns) == "country"
    assert [c.name for c in columns][-1] == "brand_new"


def test_register_outlives_a_change_of_the_naming_rules(
    form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    RegisteredColumn.objects.all().delete()
    RegisteredColumn.objects.create(
        form=form, key="village", position=0, name="village", short_name="aiyl"
    )
    tables._dataset_of_versions.cache_clear()
    column = dataset_of_form(form).root.columns[0]
    assert (column.name, column.short) == ("village", "aiyl")
    tables._dataset_of_versions.cache_clear()


@pytest.mark.django_db(transaction=True)
def test_two_who_read_a_new_version_at_once_write_it_down_once() -> None:
    form = publish()

    def read(_: int) -> object:
        try:
            return keep_register(form.pk, [SCHEMA])
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as readers:
        found = list(readers.map(read, range(4)))

    assert found.count(found[0]) == 4
    lines = RegisteredColumn.objects.filter(form=form)
    assert lines.count() == len(new_entries([SCHEMA], ()))


@pytest.mark.django_db(transaction=True)
def test_read_only_snapshot_gets_the_same_names_and_writes_nothing() -> None:
    form = publish()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        found = keep_register(form.pk, [SCHEMA])
    assert not RegisteredColumn.objects.filter(form=form).exists()
    assert keep_register(form.pk, [SCHEMA]) == found


VERSIONS = """
| survey |         |         |                |
|        | type    | name    | label          |
|        | integer | {name} | How many live here? |
|        | text    | village | Village        |
"""


def test_renamed_question_keeps_its_column_in_the_api(as_bob: Client, drain: Callable) -> None:
    first = publish_form(content=workbook(VERSIONS.format(name="size"))).version
    make_record(first.form, {"size": 4})
    second = publish_form(
        content=workbook(VERSIONS.format(name="members"), version="2"),
        renamed=[("size", "members")],
    ).version
    key = next(f.key for f in second.schema.fields if f.name == "members")
    make_record(second.form, {key: 6}, minutes=1)

    page = as_bob.get(URL, {"ordering": "size"}).json()
    names = [f["name"] for f in as_bob.get("/api/v1/forms/visit/").json()["fields"]]

    assert [record["size"] for record in page["results"]] == [4, 6]
    assert "members" not in names
    assert [f["size"] for f in as_bob.get(URL, {"size__gte": 5}).json()["results"]] == [6]


def test_renamed_question_that_nobody_confirms_is_a_column_of_its_own(as_bob: Client) -> None:
    publish_form(content=workbook(VERSIONS.format(name="size")))
    publish_form(content=workbook(VERSIONS.format(name="members"), version="2"))
    names = [f["name"] for f in as_bob.get("/api/v1/forms/visit/").json()["fields"]]
    assert [n for n in names if n in {"size", "members", "village"}] == [
        "size",
        "village",
        "members",
    ]
