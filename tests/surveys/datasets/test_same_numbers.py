"""The same filtered rows by every door, read by others' programs and compared cell by cell."""

import math
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from lxml import etree

from backend.accounts.models import User
from surveys.datasets.build import build_waiting_exports, request_export
from surveys.xforms.models import Form
from tests.surveys.datasets.reading_back import (
    FILTER,
    KEYS,
    MEMBER_KEYS,
    Column,
    by_calamine,
    by_csv,
    by_odata,
    by_openpyxl,
    by_parquet,
    by_rest,
    by_statistics,
    differences,
)
from tests.surveys.datasets.records import make_record

pytestmark = pytest.mark.django_db(transaction=True)
# Texts that programs like to take for something else. None ends in a space: SPSS pads with them.
TEXTS = [
    *("=1+1", "+996555123456", "-5", "@SUM(A1)", "007", "1e5", "TRUE", "NA", "null", "2014-06-03"),
    *("Өзгөн Ӯзбек Ҷумҳурӣ 🙂", "_x0041_", "O'Hara", "#N/A", "1234567890123", "  spaces"),
    'He said "no"; twice,\nand once more',
]


@pytest.fixture
def families(form: Form) -> int:
    """How many the filter finds; two more it does not."""
    for number, text in enumerate(TEXTS):
        answers = {
            "country": "KG", "village": text, "head": "Асанова", "illness": "none",
            "hh_size": 3 + number, "income": [0.1, 1234567.89, -0.5, 1e-7, 0.0][number % 5],
            "needs": [["work", "seeds"], ["school"], []][number % 3],
            "day": ["2014-02-28", "1987-12-31", "2016-02-29"][number % 3],
            "end": ["2014-06-03T20:20:00.000+00:00", "2014-12-31T21:59:59.250+00:00"][number % 2],
            "has_land": number % 2 == 0,
            "gps": {"lat": 40.515 + number, "lon": 72.8, "alt": None, "acc": 9.0},
        }  # fmt: skip
        if number % 4 == 3:  # hardly anything answered
            answers = {name: answers[name] for name in ("country", "hh_size", "village")}
        members = [{"age": number + at, "first_name": "Айгүл"} for at in range(number % 3)]
        make_record(form, answers, members=members, minutes=number)
    make_record(form, {"country": "TJ", "hh_size": 9}, members=[{"age": 1}], minutes=90)
    make_record(form, {"country": "KG", "hh_size": 2}, members=[{"age": 2}], minutes=91)
    return len(TEXTS)


@pytest.fixture
def columns(as_bob: Client, form: Form) -> dict[str, list[Column]]:
    """Of each table, as `forms/` describes them."""
    found: dict[str, list[Column]] = {
        "visit": [Column(n, t, n, (n,)) for n, t in KEYS.items()],
        "member": [Column(n, t, n, (n,)) for n, t in {**KEYS, **MEMBER_KEYS}.items()],
    }
    for field in as_bob.get("/api/v1/forms/visit/").json()["fields"]:
        repeat = field["repeat"] or ""
        path = field["path"].removeprefix(f"{repeat}/" if repeat else "")
        column = Column(field["name"], field["type"], field["short_name"], tuple(path.split("/")))
        found[repeat or "visit"].append(column)
    return found


@pytest.fixture
def fetch(bob: User) -> Callable[..., Path]:
    def make(kind: str, **words: Any) -> Path:
        export = request_export(form_id="visit", kind=kind, by=bob, filter=FILTER, **words)
        build_waiting_exports(only=export.pk)
        export.refresh_from_db()
        assert export.state == "ready", export.error
        if export.path.suffix != ".zip":
            return export.path
        folder = export.path.with_suffix("")
        with zipfile.ZipFile(export.path) as archive:
            archive.extractall(folder)
        return folder

    return make


def test_every_door_gives_the_same_ids_and_values_cell_by_cell(
    as_bob: Client,
    bob: User,
    families: int,
    columns: dict[str, list[Column]],
    fetch: Callable[..., Path],
) -> None:
    whole = by_rest(as_bob, columns)
    assert len(whole["visit"]) == families
    assert {row["village"] for row in whole["visit"].values()} == set(TEXTS)
    assert {row["head"] for row in whole["visit"].values()} == {None}
    assert len(whole["member"]) == sum(number % 3 for number in range(families))

    doors = {
        "OData": by_odata(bob, columns),
        "CSV, comma": by_csv(fetch, columns, ","),
        "CSV, semicolon": by_csv(fetch, columns, ";"),
        "XLSX by openpyxl": by_openpyxl(fetch, columns),
        "XLSX by calamine": by_calamine(fetch, columns),
        "Stata": by_statistics(fetch, columns, "dta"),
        "SPSS": by_statistics(fetch, columns, "sav"),
        "Parquet by DuckDB": by_parquet(fetch, columns),
    }
    for door, found in doors.items():
        assert differences(whole, found) == [], door


def test_codebook_counts_what_every_door_gives(
    as_bob: Client, families: int, columns: dict[str, list[Column]], fetch: Callable[..., Path]
) -> None:
    tree = etree.parse(fetch("ddi") / "ddi.xml")
    names = {"d": "ddi:codebook:2_5"}
    whole = by_rest(as_bob, columns)
    for table, short in (("visit", "hh_size"), ("visit", "income"), ("member", "age")):
        answers = [row[short] for row in whole[table].values() if row[short] is not None]
        stated = {
            each.get("type"): float(each.text)
            for each in tree.xpath(f"//d:var[@name='{short}']/d:sumStat", namespaces=names)
        }
        assert stated["vald"] == len(answers)
        assert (stated["min"], stated["max"]) == (min(answers), max(answers))
        assert math.isclose(stated["mean"], sum(answers) / len(answers), rel_tol=1e-9)
