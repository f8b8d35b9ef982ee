"""Rates, prices and targets from files: all of a file or nothing, and words for each fault."""

import zipfile
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from openpyxl import Workbook

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from backend.problems import Problem
from surveys.indicators.models import FxRate, PriceIndex, Target
from surveys.indicators.tables import load_table

RATES = 'month,currency,per_kgs,per_tjs\n2014-01,RUB,1.4512,0.1411\n2014-02,rub,"1,38",\n'


def workbook(*rows: tuple) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def refused(name: str, content: bytes | str, by: User) -> Problem:
    with pytest.raises(Problem) as error:
        load_table(
            name=name, content=content.encode() if isinstance(content, str) else content, by=by
        )
    assert error.value.code == "table_refused"
    return error.value


def test_rates_of_a_csv_replace_those_of_the_same_month(alice: User) -> None:
    FxRate.objects.create(month=date(2014, 1, 1), currency="RUB", per_kgs=9)

    assert load_table(name="fx_rates", content=RATES.encode(), by=alice) == 2

    january, february = FxRate.objects.order_by("month")
    assert (january.per_kgs, january.per_tjs) == (Decimal("1.4512"), Decimal("0.1411"))
    assert (february.per_kgs, february.per_tjs) == (Decimal("1.38"), None)
    event = AuditEvent.objects.get(action="indicators.table_loaded")
    assert (event.by_id, event.details) == (alice.pk, {"table": "fx_rates", "rows": 2})


def test_prices_of_a_workbook_with_real_dates(alice: User) -> None:
    content = workbook(
        ("Country", "Month", "Index"), ("KG", date(2014, 1, 1), 101.5), ("tj", "02.2014", "99,25")
    )

    assert load_table(name="cpi", content=content, by=alice) == 2
    assert [(p.country, p.month, p.index) for p in PriceIndex.objects.all()] == [
        ("KG", date(2014, 1, 1), Decimal("101.5")), ("TJ", date(2014, 2, 1), Decimal("99.25")),
    ]  # fmt: skip


def test_targets_are_of_the_whole_or_of_a_quarter(alice: User) -> None:
    load_table(
        name="targets",
        content=b"indicator;period;value\nO3.1;;7600\nO3.1;2014Q3;2 000\nO3.2;to date;2800\n",
        by=alice,
    )

    assert sorted(Target.objects.values_list("indicator", "period", "value")) == [
        ("O3.1", "", 7600), ("O3.1", "2014Q3", 2000), ("O3.2", "", 2800),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("2014-13,RUB,1.4,", "month", "no month"),
        ("spring,RUB,1.4,", "month", "no month"),
        (",RUB,1.4,", "month", "no month"),
        ("2014-01,ROUBLE,1.4,", "currency", "no currency"),
        ("2014-01,RUB,,", "per_kgs", "neither"),
        ("2014-01,RUB,0,", "per_kgs", "more than zero"),
        ("2014-01,RUB,-1,", "per_kgs", "more than zero"),
        ("2014-01,RUB,abc,", "per_kgs", "no number"),
        ("2014-01,RUB,NaN,", "per_kgs", "more than zero"),
        ("2014-01,RUB,1e99,", "per_kgs", "less than 100 million"),
        ("2014-01,RUB", "per_kgs", "neither"),
    ],
)
def test_cell_that_is_wrong_is_named_and_nothing_is_kept(
    alice: User, row: str, column: str, words: str
) -> None:
    problem = refused("fx_rates", f"{RATES}{row}\n", alice)

    (error,) = problem.details["errors"]
    assert (error["row"], error["column"]) == (4, column)
    assert words in error["reason"]
    assert "Row 4" in problem.words
    assert not FxRate.objects.exists()


def test_every_wrong_cell_is_named_at_once(alice: User) -> None:
    problem = refused("cpi", "country,month,index\nKZ,2014-01,1\nKG,2014,1\nKG,2014-01,x\n", alice)

    assert [e["row"] for e in problem.details["errors"]] == [2, 3, 4]
    assert "2 more cells are wrong" in problem.words


def test_month_that_stands_twice_is_refused(alice: User) -> None:
    problem = refused("cpi", "country,month,index\nKG,2014-01,1\nKG,2014-01-01,2\n", alice)

    assert "the same as a row above" in problem.words


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"month,currency\n2014-01,RUB\n", "lacks the column per_kgs, per_tjs"),
        (b"month,currency,per_kgs,per_tjs\n", "no row"),
        (b"PK\x03\x04 cut", "damaged"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 600, ".xls"),
        (b"x" * (5 * 1024 * 1024 + 1), "5 MB"),
        (b"\x00\xff\xfe\x00garbage", "lacks the column"),
    ],
    ids=["empty", "columns", "header", "cut", "old", "large", "binary"],
)
def test_file_that_is_no_table_is_refused_in_words(alice: User, content: bytes, words: str) -> None:
    assert words in refused("fx_rates", content, alice).words


def test_bomb_is_refused_before_it_unpacks(alice: User) -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)

    assert "table" in refused("fx_rates", buffer.getvalue(), alice).words


def test_target_of_no_indicator_is_refused(alice: User) -> None:
    problem = refused("targets", "indicator,period,value\nO9.9,,1\nO3.1,2014Q5,1\n", alice)

    assert [e["column"] for e in problem.details["errors"]] == ["indicator", "period"]


def test_table_there_is_not_is_not_found(alice: User) -> None:
    with pytest.raises(Problem) as error:
        load_table(name="users", content=b"", by=alice)
    assert error.value.code == "not_found"
