"""Hard cases, each by every kind of file: what is offered is whole and right, or not offered."""

import csv
import io
import json
import os
import signal
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet
import pyreadstat
import pytest
from django.db import IntegrityError, connection
from django.test import Client
from django.utils import timezone
from lxml import etree
from openpyxl.utils.escape import unescape

from backend.accounts.models import User
from backend.problems import Problem
from surveys.datasets import heart
from surveys.datasets.blocks import Block
from surveys.datasets.build import build_waiting_exports, request_export
from surveys.datasets.export_files import KINDS
from surveys.datasets.models import Export
from surveys.datasets.tables import dataset_of_form
from surveys.xforms.models import Form
from surveys.xforms.schema import Field, Repeat, Schema
from tests.surveys.datasets.odata.conftest import with_token
from tests.surveys.datasets.records import SCHEMA, make_record, publish

pytestmark = pytest.mark.django_db(transaction=True)
EACH = pytest.mark.parametrize("kind", KINDS)
WITH_ROWS = pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "ddi"])
SHORT = {"dta", "sav", "ddi"}  # kinds whose variables bear their short names
DDI, KML = "{ddi:codebook:2_5}", "{http://www.opengis.net/kml/2.2}"
Row = dict[str, Any]

NAMES = [
    *("if", "in", "_all", "str5", "by", "not", "with", "a&b", "a_b", "A_B", "1st", "Село", "q<r>"),
    *("x" * 80, "x" * 79 + "y", "id", "place", "labels", "select", "=1+1", "order by", 'say "hi"'),
]
LONG = "я" * 39_999 + "."
HARD = {
    "equals": '=HYPERLINK("http://x")', "plus": "+996 555 12 34 56", "minus": "-2+3", "at": "@SUM",
    "story": LONG, "code": "1234567890123", "zeros": "0012345678901", "emoji": "👩🏽‍🌾 Өзгөн 🇰🇬",
    "control": "a\x01\x0b\x1f\x7fb",
}  # fmt: skip
CUT = "…[cut]"


@pytest.fixture
def records(form: Form) -> None:
    gps = {"lat": 40.5, "lon": 72.8, "alt": None, "acc": None}
    for minutes in range(3):
        answers = {"hh_size": minutes, "country": "KG", "gps": gps}
        make_record(form, answers, members=[{"age": 7}], minutes=minutes)


def form_of(*names: str, **types: str) -> Form:
    """A form of questions with these names, and a point so that maps have something to show."""
    fields = [Field(n, n, n, types.get(n, "string"), "") for n in (*names, *types)]
    point = replace(SCHEMA.fields[11], key="gps_here", name="gps_here", path="gps_here")
    return publish(Schema("hard", "1", "Hard & odd <form>", ("",), (*fields, point), ()))


HERE = {"gps_here": {"lat": 40.5, "lon": 72.8, "alt": None, "acc": None}}


def make(by: User, kind: str, form: str = "hard", **words: Any) -> Export:
    export = request_export(form_id=form, kind=kind, by=by, **words)
    build_waiting_exports(only=export.pk)
    export.refresh_from_db()
    return export


def ready(by: User, kind: str, form: str = "hard", **words: Any) -> Export:
    export = make(by, kind, form, **words)
    assert export.state == Export.State.READY, export.error
    return export


def rows_of(export: Export, name: str = "hard") -> list[Row]:
    """The rows of the root table as the kind's usual reader has them."""
    return READERS[export.kind](export.path, name)


def _unzipped(path: Path, name: str) -> Path:
    with zipfile.ZipFile(path) as archive:
        return Path(archive.extract(name, path.parent / path.stem))


def _csv(path: Path, name: str) -> list[Row]:
    text = _unzipped(path, f"{name}.csv").read_bytes().decode("utf-8-sig")
    usual = csv.field_size_limit(1 << 20)
    try:
        return list(csv.DictReader(io.StringIO(text, newline="")))
    finally:
        csv.field_size_limit(usual)  # of the whole process


def _xlsx(path: Path, name: str) -> list[Row]:
    header, *rows = openpyxl.load_workbook(path)[name].iter_rows()
    assert {cell.data_type for row in rows for cell in row} <= {"s", "n", "d"}  # no formulas
    return [
        {h.value: unescape(str(c.value)) for h, c in zip(header, row, strict=True)} for row in rows
    ]


def _dta(path: Path, name: str) -> list[Row]:
    return pyreadstat.read_dta(_unzipped(path, f"{name}.dta"))[0].to_dict("records")


def _sav(path: Path, name: str) -> list[Row]:
    return pyreadstat.read_sav(_unzipped(path, f"{name}.sav"))[0].to_dict("records")


def _parquet(path: Path, name: str) -> list[Row]:
    return pyarrow.parquet.read_table(_unzipped(path, f"{name}.parquet")).to_pylist()


def _geojson(path: Path, name: str) -> list[Row]:
    return [feature["properties"] for feature in json.loads(path.read_bytes())["features"]]


def _kml(path: Path, name: str) -> list[Row]:
    return [
        {data.get("name"): data.findtext(f"{KML}value") for data in mark.iter(f"{KML}Data")}
        for mark in etree.parse(path, etree.XMLParser(huge_tree=True)).iter(f"{KML}Placemark")
    ]


def _ddi(path: Path, name: str) -> list[Row]:
    """One row of names: a codebook holds no answers."""
    tree = etree.parse(_unzipped(path, "ddi.xml"))
    return [{var.get("name"): None for var in tree.iter(f"{DDI}var")}]


READERS: dict[str, Callable[[Path, str], list[Row]]] = {
    "csv": _csv, "xlsx": _xlsx, "dta": _dta, "sav": _sav, "parquet": _parquet,
    "geojson": _geojson, "kml": _kml, "ddi": _ddi,
}  # fmt: skip


@EACH
def test_hostile_names_are_columns_of_their_own(bob: User, kind: str) -> None:
    form = form_of(*NAMES)
    make_record(form, {name: f"answer to {name}" for name in NAMES} | HERE)
    columns = [c for c in dataset_of_form(form).root.columns if c.field.key in NAMES]
    assert len(columns) == len(NAMES)

    (row,) = rows_of(ready(bob, kind))

    names = {c.field.key: c.short if kind in SHORT else c.name for c in columns}
    folded = [name.casefold() for name in names.values()]
    assert len(set(names.values())) == len(NAMES)
    assert len(set(folded)) == (len(NAMES) if kind in SHORT else len(NAMES) - 1)  # a_b and A_B
    if kind != "ddi":
        assert {key: row[name] for key, name in names.items()} == {
            key: f"answer to {key}" for key in NAMES
        }
    assert names.keys() == set(NAMES)
    assert row.keys() >= set(names.values())


@pytest.mark.parametrize("kind", ["csv", "xlsx", "dta", "sav", "parquet"])
def test_tables_called_alike_or_as_the_form_are_files_of_their_own(bob: User, kind: str) -> None:
    repeats = ("hard_odd", "member", "Member", "about", "codebook", "r" * 70, "r" * 69 + "s")
    fields = tuple(Field("age", f"{r}/age", "age", "integer", r) for r in repeats)
    tables = tuple(Repeat(r, r, "") for r in repeats)
    form = publish(Schema("hard/odd", "1", "Hard", ("",), fields, tables))
    for number, repeat in enumerate(repeats):
        make_record(form, {}, repeats={repeat: [{"age": 1}] * number}, minutes=number)

    export = ready(bob, kind, "hard/odd")

    assert sorted(export.tables.values()) == [*range(7), 7]
    inside = _tables_in(export)
    assert len({name.casefold() for name in inside}) == len(inside) == 8
    assert sorted(len(rows_of(export, name)) for name in inside) == [*range(7), 7]


def _tables_in(export: Export) -> list[str]:
    if export.kind == "xlsx":
        names = openpyxl.load_workbook(export.path).sheetnames
    else:
        with zipfile.ZipFile(export.path) as archive:
            packed = map(Path, archive.namelist())
            names = [path.stem for path in packed if path.suffix == f".{export.kind}"]
    return names[:-2] if export.kind in {"xlsx", "csv"} else names  # without codebook and about


@WITH_ROWS
def test_hard_texts_are_whole_or_said_to_be_cut(bob: User, kind: str) -> None:
    make_record(form_of(*HARD, number="integer"), {**HARD, "number": 1234567890123, **HERE})

    export = ready(bob, kind)
    (row,) = rows_of(export)

    for name in ("equals", "plus", "minus", "at"):
        written = f"'{HARD[name]}" if kind == "csv" else HARD[name]  # a spreadsheet runs nothing
        assert row[name] == written
    assert (row["code"], row["zeros"], row["emoji"]) == (
        HARD["code"], HARD["zeros"], HARD["emoji"]
    )  # fmt: skip
    assert float(row["number"]) == 1234567890123
    kept = row["control"]
    assert kept == (HARD["control"] if kind not in {"xlsx", "kml"} else "a\x7fb")
    lost = [note for note in export.lost if "control: 1 texts lose control characters" in note]
    assert bool(lost) is (kind in {"xlsx", "kml"})
    if kind in {"xlsx", "sav"}:
        assert row["story"].endswith(CUT)
        assert LONG.startswith(row["story"].removesuffix(CUT).rstrip())
        assert [note for note in export.lost if "1 texts are cut at 32,767" in note]
    else:
        assert row["story"] == LONG
        assert export.lost == lost


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in {"dta", "sav"}])
def test_two_thousand_columns_are_all_there(bob: User, kind: str) -> None:
    """Stata's and SPSS's are written and read in `files/test_statistics.py`."""
    names = [f"q{number}" for number in range(2000)]
    make_record(form_of(*names), {name: name for name in names} | HERE)

    (row,) = rows_of(ready(bob, kind))

    assert row.keys() >= set(names)
    assert kind == "ddi" or [row[name] for name in names] == names


def test_two_thousand_columns_are_all_there_by_request(as_bob: Client, bob: User) -> None:
    names = [f"q{number}" for number in range(2000)]
    make_record(form_of(*names), {name: name for name in names})
    (record,) = as_bob.get("/api/v1/forms/hard/records/?q1999=q1999").json()["results"]
    feed = with_token(bob).get("/v1/projects/1/forms/hard.svc/Submissions?$filter=q7 eq 'q7'")
    (submission,) = feed.json()["value"]
    assert [record[name] for name in names] == [submission[name] for name in names] == names


@pytest.mark.django_db(transaction=False)  # nothing is built
@pytest.mark.parametrize(
    "asked",
    [
        {"hh_size__gte": "many"},
        {"hh_size__like": "3"},
        {"nobody": "1"},
        {"hh_size": "1 OR 1=1"},
        {"'; DROP TABLE cleaning_cleanrow --": "1"},
        {"day__lt": "2014-02-30"},
        {"member__age": "{"},
        {"village": "\0"},
        {"": ""},
    ],
)
def test_filter_nobody_can_parse_makes_no_export(
    bob: User, form: Form, asked: dict[str, str]
) -> None:
    for kind in KINDS:
        with pytest.raises(Problem) as refused:
            request_export(form_id="visit", kind=kind, by=bob, filter=asked)
        assert refused.value.code in {"value_invalid", "field_unknown", "operator_unknown"}, kind
    assert not Export.objects.exists()


@EACH
@pytest.mark.usefixtures("records")
def test_form_emptied_and_retired_during_an_export_is_whole_in_it(
    bob: User, form: Form, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A form with exports cannot go; its records and its current version can, and are in it."""
    whole = heart.Heart.watch

    def deleting(self: heart.Heart, blocks: Iterator[Block]) -> Iterator[Block]:
        with self.beside.cursor() as cursor:
            with pytest.raises(IntegrityError):
                cursor.execute("DELETE FROM xforms_form WHERE form_id = 'visit'")
            cursor.execute("DELETE FROM cleaning_cleanrow")
            cursor.execute("UPDATE xforms_form SET retired_at = now(), current_id = NULL")
        return whole(self, blocks)

    monkeypatch.setattr(heart.Heart, "watch", deleting)
    export = ready(bob, kind, "visit")
    assert sum(export.tables.values()) == (3 if kind in {"geojson", "kml"} else 6)
    assert len(rows_of(export, "visit")) == (1 if kind == "ddi" else 3)


@EACH
@pytest.mark.usefixtures("records")
def test_worker_killed_in_the_middle_leaves_nothing_to_fetch_and_another_goes_on(
    as_bob: Client, bob: User, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real process, ended by the kernel as for want of memory, after it wrote some rows."""
    export = request_export(form_id="visit", kind=kind, by=bob)
    connection.close()  # the two processes share none
    if (worker := os.fork()) == 0:
        _work_until_killed(export)
    _, ended = os.waitpid(worker, 0)
    assert os.WTERMSIG(ended) == signal.SIGKILL

    export.refresh_from_db()
    assert (export.state, export.attempts) == (Export.State.RUNNING, 1)
    assert not export.path.exists()
    assert as_bob.get(f"/api/v1/exports/{export.pk}/download/").status_code == 409
    Export.objects.update(heartbeat_at=timezone.now() - timedelta(hours=1))
    assert build_waiting_exports() == 1
    export.refresh_from_db()
    assert (export.state, export.attempts) == (Export.State.READY, 2)
    assert [path for path in export.path.parent.iterdir() if path.is_file()] == [export.path]
    assert len(rows_of(export, "visit")) == (1 if kind == "ddi" else 3)


def _work_until_killed(export: Export) -> None:
    """In the child: the first rows go by, then the end comes."""
    whole = heart.Heart.watch

    def dying(self: heart.Heart, blocks: Iterator[Block]) -> Iterator[Block]:
        yield from whole(self, blocks)
        os.kill(os.getpid(), signal.SIGKILL)

    try:
        heart.Heart.watch = dying  # type: ignore[method-assign]
        build_waiting_exports(only=export.pk)
    finally:
        os._exit(1)  # never back into pytest
