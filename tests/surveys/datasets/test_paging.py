"""Cursor pages: stable under ties, unanswered questions, new rows; and cursors from elsewhere."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from surveys.xforms.models import Form
from tests.surveys.datasets.records import make_record
from tests.surveys.datasets.test_records import MEMBERS, URL, problem


def walk(client: Client, url: str, **query: Any) -> list[list[dict[str, Any]]]:
    """All pages, by their own `next` links."""
    pages, following = [], url
    while following:
        page = client.get(following, query).json()
        pages.append(page["results"])
        following, query = page["next"], {}
    return pages


SIZES = [5, None, 12, 5, None, 7, 5]


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("hh_size", [5, 5, 5, 7, 12, None, None]),
        ("-hh_size", [12, 7, 5, 5, 5, None, None]),
        ("received_at", SIZES),
        ("-received_at", SIZES[::-1]),
        ("place,-hh_size", [12, 7, 5, 5, 5, None, None]),
    ],
)
def test_pages_of_two_give_every_record_once_in_order(
    as_bob: Client, form: Form, ordering: str, expected: list[int | None]
) -> None:
    for at, size in enumerate(SIZES):
        make_record(form, {"hh_size": size} if size else {}, minutes=at)

    pages = walk(as_bob, URL, ordering=ordering, page_size=2)

    records = [record for page in pages for record in page]
    assert [len(page) for page in pages] == [2, 2, 2, 1]
    assert [record["hh_size"] for record in records] == expected
    assert len({record["id"] for record in records}) == len(SIZES)


@pytest.mark.parametrize("ordering", ["hh_size", "-hh_size", "village", "received_at"])
def test_previous_leads_back_over_the_same_pages(as_bob: Client, form: Form, ordering: str) -> None:
    for at, size in enumerate(SIZES):
        make_record(form, {"hh_size": size} if size else {}, minutes=at)
    first = as_bob.get(URL, {"ordering": ordering, "page_size": 3}).json()
    second = as_bob.get(first["next"]).json()
    third = as_bob.get(second["next"]).json()

    assert as_bob.get(third["previous"]).json()["results"] == second["results"]
    back = as_bob.get(second["previous"]).json()
    assert back["results"] == first["results"]
    assert back["previous"] is None
    assert as_bob.get(back["next"]).json()["results"] == second["results"]
    assert (first["previous"], third["next"]) == (None, None)


def test_record_that_arrives_while_reading_is_neither_lost_nor_moves_others(
    as_bob: Client, form: Form
) -> None:
    for at in range(4):
        make_record(form, {"hh_size": 5}, minutes=at)
    first = as_bob.get(URL, {"page_size": 2, "ordering": "hh_size"}).json()
    make_record(form, {"hh_size": 1}, minutes=9)
    make_record(form, {"hh_size": 9}, minutes=9)

    rest = [r["hh_size"] for page in walk(as_bob, first["next"]) for r in page]

    assert rest == [5, 5, 9]


def test_numbers_are_ordered_as_numbers_and_links_are_absolute(as_bob: Client, form: Form) -> None:
    for size in (10, 9, 100):
        make_record(form, {"hh_size": size})
    page = as_bob.get(URL, {"ordering": "hh_size", "page_size": 2}).json()
    assert [r["hh_size"] for r in page["results"]] == [9, 10]
    assert page["next"].startswith("http://testserver/api/v1/forms/visit/records/?")


def test_long_decimals_do_not_stop_a_walk(as_bob: Client, form: Form) -> None:
    for income in (0.1, 0.30000000000000004, 12345678901234.567, 1e22):
        make_record(form, {"income": income})
    pages = walk(as_bob, URL, ordering="income", page_size=1)
    assert [r["income"] for page in pages for r in page] == [
        0.1,
        0.30000000000000004,
        12345678901234.567,
        1e22,
    ]


@pytest.mark.parametrize("cursor", ["x", "a:b", "WyJ4Il0:abc", "%00", "é"])
def test_broken_cursor_is_refused(as_bob: Client, form: Form, cursor: str) -> None:
    assert problem(as_bob, 400, cursor=cursor)["code"] == "cursor_invalid"


def test_cursor_of_another_list_is_refused(as_bob: Client, form: Form) -> None:
    for _ in range(3):
        make_record(form, members=[{"age": 1}])
    following = as_bob.get(URL, {"page_size": 1}).json()["next"]
    cursor = following.split("cursor=")[1].split("&")[0].replace("%3A", ":")

    assert problem(as_bob, 400, cursor=cursor, ordering="hh_size")["code"] == "cursor_invalid"
    assert problem(as_bob, 400, cursor=cursor, url=MEMBERS)["code"] == "cursor_invalid"
    assert as_bob.get(URL, {"cursor": cursor}).status_code == 200


@pytest.mark.parametrize("size", ["0", "-1", "x", "5001", "1.5", "²"])
def test_page_size_out_of_range_is_refused(as_bob: Client, form: Form, size: str) -> None:
    assert problem(as_bob, 400, page_size=size)["code"] == "value_invalid"


@pytest.mark.parametrize("url", [URL, MEMBERS])
def test_page_costs_the_same_queries_whatever_its_size(
    as_bob: Client, form: Form, url: str
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert as_bob.get(url).status_code == 200
        return len(caught)

    make_record(form, {"hh_size": 1}, members=[{"age": 1}])
    queries()
    few = queries()
    for _ in range(20):
        make_record(form, {"hh_size": 1}, members=[{"age": 1}, {"age": 2}])
    assert queries() == few <= 6
