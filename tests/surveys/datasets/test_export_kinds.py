"""Every kind of file from one form: the same rows and numbers, read by others' programs."""

import json
import resource
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas
import pyreadstat
import pytest
import python_calamine
from django.db import connection
from django.db.models import ProtectedError
from django.test import Client
from lxml import etree

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from backend.problems import Problem
from surveys.cleaning.models import CleanRow
from surveys.datasets import export_files, heart
from surveys.datasets.blocks import Block
from surveys.datasets.build import build_waiting_exports, request_export
from surveys.datasets.export_files import KINDS
from surveys.datasets.files import to_xlsx
from surveys.datasets.models import Export
from surveys.xforms.models import Form
from tests.surveys.datasets.records import make_record

pytestmark = pytest.mark.django_db(transaction=True)
DDI_SCHEMA = Path(__file__).parent / "data" / "ddi_codebook.xsd"
KML = "{http://www.opengis.net/kml/2.2}"


@pytest.fixture
def records(form: Form) -> None:
    make_record(
        form,
        {
            "country": "KG",
            "village": "=1+1 🙂",
            "head": "Асанова Гүлнара",
            "hh_size": 1234567890123,
            "income": 0.1,
            "needs": ["work", "seeds"],
            "day": "2014-06-03",
            "end": "2014-06-03T20:20:00.000+00:00",
            "has_land": True,
            "gps": {"lat": 40.515, "lon": 72.8, "alt": 900.0, "acc": 9.0},
        },
        members=[{"first_name": "Айгүл", "age": 7}, {"age": 40}],
    )
    second = make_record(form, {"country": "TJ", "hh_size": 4}, members=[{"age": 8}], minutes=1)
    sent = {"needs": "", "day": " ", "end": "tomorrow", "hh_size": "4"}
    CleanRow.objects.filter(pk=second.pk).update(verbatim=sent)


def make(by: User, kind: str, **words: Any) -> Export:
    export = request_export(form_id="visit", kind=kind, by=by, purpose="report", **words)
    build_waiting_exports(only=export.pk)
    export.refresh_from_db()
    return export


def ready(by: User, kind: str, **words: Any) -> Export:
    export = make(by, kind, **words)
    assert export.state == Export.State.READY, export.error
    return export


def unpacked(export: Export, folder: Path) -> Path:
    with zipfile.ZipFile(export.path) as archive:
        archive.extractall(folder)
    return folder


@pytest.mark.usefixtures("records")
def test_all_kinds_hold_the_same_numbers(bob: User, tmp_path: Path) -> None:
    found: dict[str, tuple[list[Any], list[Any]]] = {}
    for kind, name in (("csv", "csv"), ("dta", "dta"), ("sav", "sav"), ("parquet", "parquet")):
        export = ready(bob, kind)
        assert export.tables == {"visit": 2, "member": 3}
        folder = unpacked(export, tmp_path / kind)
        read = READERS[name]
        found[kind] = read(folder / f"visit.{name}"), read(folder / f"member.{name}")
    workbook = python_calamine.load_workbook(ready(bob, "xlsx").path)
    sheets = [workbook.get_sheet_by_name(name).to_python() for name in ("visit", "member")]
    found["xlsx"] = tuple(  # type: ignore[assignment]
        [dict(zip(header, row, strict=True)) for row in rows] for header, *rows in sheets
    )

    for kind, (households, members) in found.items():
        assert [float(h["hh_size"]) for h in households] == [1234567890123, 4], kind
        assert float(households[0]["income"]) == 0.1, kind
        assert [float(m["age"]) for m in members] == [7, 40, 8], kind
        assert [m["root_id"] for m in members] == [
            households[0]["id"],
            households[0]["id"],
            households[1]["id"],
        ], kind
        assert [m["parent_id"] for m in members] == [m["root_id"] for m in members], kind
        assert str(households[0]["village"]).lstrip("'") == "=1+1 🙂", kind
        assert not households[0]["head"], kind


def _read_csv(path: Path) -> list[Any]:
    frame = pandas.read_csv(path, keep_default_na=False)
    return frame.to_dict("records")


def _read_statistics(path: Path) -> list[Any]:
    read = pyreadstat.read_sav if path.suffix == ".sav" else pyreadstat.read_dta
    return read(path)[0].to_dict("records")


def _read_parquet(path: Path) -> list[Any]:
    table = duckdb.read_parquet(str(path))
    zoned = [n for n, t in zip(table.columns, table.types, strict=True) if "TIME ZONE" in str(t)]
    quoted = ", ".join(f'"{name}"' for name in zoned)
    table = table.project(f"* EXCLUDE ({quoted})")
    return [dict(zip(table.columns, row, strict=True)) for row in table.fetchall()]


READERS = {
    "csv": _read_csv,
    "dta": _read_statistics,
    "sav": _read_statistics,
    "parquet": _read_parquet,
}


@pytest.mark.usefixtures("records")
@pytest.mark.parametrize("labels", [False, True])
def test_stata_file_has_codes_and_their_labels_in_the_language_asked_for(
    bob: User, tmp_path: Path, labels: bool
) -> None:
    folder = unpacked(ready(bob, "dta", language="ru", labels=labels), tmp_path / "dta")
    frame, about = pyreadstat.read_dta(folder / "visit.dta", user_missing=True)
    assert about.column_names_to_labels["village"] == "Село"
    assert about.variable_value_labels["country"][1] == "Кыргызстан"
    assert about.column_names_to_labels["household"] == "Домохозяйство"
    assert about.column_names_to_labels["gps_lat"].endswith(": широта")
    assert list(frame["country"]) == [1, 2]
    assert list(frame["needs_work"]) == [1, "b"]
    assert list(frame["needs"]) == ["work seeds", ""]
    assert frame["head"].isin(["", None]).all()
    second = {name: frame[name][1] for name in ("day", "end", "income", "needs_work")}
    assert second == {"day": "b", "end": "f", "income": "a", "needs_work": "b"}


@pytest.mark.usefixtures("records")
def test_parquet_is_typed_and_says_what_it_is(bob: User, tmp_path: Path) -> None:
    path = unpacked(ready(bob, "parquet"), tmp_path / "p") / "visit.parquet"
    types = dict(duckdb.sql(f"SELECT name, type FROM parquet_schema('{path}')").fetchall())
    assert (types["hh_size"], types["income"], types["has_land"]) == ("INT64", "DOUBLE", "BOOLEAN")
    row = duckdb.sql(f"SELECT needs, day, gps_lat FROM '{path}'").fetchone()
    assert row is not None
    assert (row[0], str(row[1]), row[2]) == (["work", "seeds"], "2014-06-03", 40.515)
    about = dict(
        duckdb.sql(
            f"SELECT decode(key), decode(value) FROM parquet_kv_metadata('{path}')"
        ).fetchall()
    )
    assert (about["purpose"], about["asked by"]) == ("report", "bob")


@pytest.mark.usefixtures("records")
def test_map_has_a_feature_for_each_record_with_a_point(bob: User) -> None:
    export = ready(bob, "geojson", labels=True, language="en")
    assert export.tables == {"visit": 1}
    read = json.loads(export.path.read_bytes())
    (feature,) = read["features"]
    assert read["type"] == "FeatureCollection"
    assert feature["geometry"] == {"type": "Point", "coordinates": [72.8, 40.515, 900.0]}
    assert feature["properties"]["country"] == "Kyrgyzstan"
    assert feature["properties"]["head"] is None
    assert "gps" not in feature["properties"]

    kml = etree.parse(ready(bob, "kml").path)
    (mark,) = kml.iter(f"{KML}Placemark")
    assert mark.findtext(f".//{KML}coordinates") == "72.8,40.515,900.0"
    assert "=1+1 🙂" in mark.xpath("string()")


@pytest.mark.usefixtures("records")
def test_codebook_is_valid_ddi_and_counts_what_there_is(bob: User, tmp_path: Path) -> None:
    folder = unpacked(ready(bob, "ddi", language="ru"), tmp_path / "ddi")
    tree = etree.parse(folder / "ddi.xml")
    etree.XMLSchema(etree.parse(DDI_SCHEMA)).assertValid(tree)
    space = {"d": "ddi:codebook:2_5"}

    def one(path: str) -> str:
        return str(tree.xpath(path, namespaces=space))

    assert one("string(//d:var[@name='hh_size']/d:sumStat[@type='vald'])") == "2"
    assert one("string(//d:var[@name='age']/d:sumStat[@type='max'])") == "40"
    assert one("string(//d:var[@name='day']/d:sumStat[@type='min'])") == "2014-06-03"
    assert one("string(//d:var[@name='village']/d:qstn/d:qstnLit[@xml:lang='ru'])") == "Село"
    assert one("string(//d:var[@name='village']/d:qstn/d:qstnLit[@xml:lang='en'])") == "Village"
    kyrgyz = "//d:var[@name='country']/d:catgry[d:catValu='1']"
    assert one(f"string({kyrgyz}/d:labl[@xml:lang='ru'])") == "Кыргызстан"
    assert one(f"string({kyrgyz}/d:catStat[@type='freq'])") == "1"
    assert one("string(//d:var[@name='head']/d:security)") != ""
    page = (folder / "codebook.html").read_text(encoding="utf-8")
    assert "Кыргызстан" in page
    assert "=1+1" not in page
    assert "Асанова" not in page


def test_hostile_names_and_texts_give_files_that_open(
    bob: User, form: Form, tmp_path: Path
) -> None:
    make_record(form, {"village": "я" * 40_000, "country": "no such\ncode"})
    make_record(form, {"village": "a\x01\x0b\u200b", "hh_size": "many"}, minutes=1)
    for kind in KINDS:
        export = ready(bob, kind)
        if kind == "sav":
            assert "visit.sav.village: 1 texts are cut at 32,767 bytes" in export.lost
        if kind == "dta":
            assert export.lost == ["visit.dta.hh_size: 1 answers that are no whole are left empty"]
        if kind == "xlsx":
            assert export.lost == [
                "visit.village: 1 texts are cut at 32,767 characters",
                "visit.village: 1 texts lose control characters, which Excel cannot hold",
            ]


def test_map_says_of_which_columns_it_lost_characters(
    as_bob: Client, bob: User, form: Form
) -> None:
    here = {"gps": {"lat": 40.5, "lon": 72.8, "alt": None, "acc": 9.0}}
    for minutes, village in enumerate(("a\x01b", "a\x02", "Өзгөн")):
        make_record(form, {"village": village, "country": "KG", **here}, minutes=minutes)
    lost = "visit.village: 2 texts lose control characters, which KML cannot hold"
    export = ready(bob, "kml")
    assert export.lost == [lost]
    assert export.lost[0].through(lambda words: words.replace("cannot", "can")) == lost.replace(
        "cannot", "can"
    )
    assert ready(bob, "geojson").lost == []  # JSON holds them

    assert as_bob.get(f"/api/v1/exports/{export.pk}/").json()["notes"] == [lost]
    export.notes = ["kept before it was more than words"]
    export.save()
    assert "<small>kept before it was more than words<" in as_bob.get("/exports/").content.decode()


def test_empty_form_gives_every_kind(bob: User, form: Form) -> None:
    for kind in KINDS:
        assert ready(bob, kind).tables == {"visit": 0, "member": 0}, kind


@pytest.mark.usefixtures("records")
@pytest.mark.parametrize("kind", KINDS)
def test_worker_that_is_stopped_in_the_middle_leaves_nothing(
    bob: User, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped by its asker while rows are read; another connection says so."""
    whole = heart.Heart.watch
    monkeypatch.setattr(heart, "BEAT_EVERY", 0)

    def stopping(self: heart.Heart, blocks: Iterator[Block]) -> Iterator[Block]:
        with self.beside.cursor() as cursor:
            cursor.execute("UPDATE datasets_export SET state = 'stopped'")
        return whole(self, blocks)

    monkeypatch.setattr(heart.Heart, "watch", stopping)
    export = make(bob, kind)
    assert export.state == Export.State.STOPPED
    assert list(export.path.parent.iterdir()) == []


@pytest.mark.usefixtures("records")
@pytest.mark.parametrize("kind", KINDS)
def test_disk_that_fills_is_never_offered(bob: User, kind: str) -> None:
    """The kernel refuses to let a file of this process grow, as a full disk would."""
    export = request_export(form_id="visit", kind=kind, by=bob)
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, most))
    try:
        build_waiting_exports(only=export.pk)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    export.refresh_from_db()
    assert export.state == Export.State.WAITING
    assert export.error
    assert list(export.path.parent.iterdir()) == []


@pytest.mark.usefixtures("records")
def test_table_too_wide_for_its_kind_of_file_is_said_at_once(
    bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(to_xlsx, "MOST_COLUMNS", 10)
    export = make(bob, "xlsx")
    assert (export.state, export.attempts) == (Export.State.FAILED, 1)
    assert export.error == Problem("export_too_large").words


@pytest.mark.usefixtures("records")
def test_records_deleted_while_a_file_is_made_are_all_in_it(
    bob: User, monkeypatch: pytest.MonkeyPatch, form: Form
) -> None:
    whole = heart.Heart.watch

    def deleting(self: heart.Heart, blocks: Iterator[Block]) -> Iterator[Block]:
        with self.beside.cursor() as cursor:
            cursor.execute("DELETE FROM cleaning_cleanrow WHERE repeat = 'member'")
        return whole(self, blocks)

    monkeypatch.setattr(heart.Heart, "watch", deleting)
    assert ready(bob, "dta").tables == {"visit": 2, "member": 3}
    assert ready(bob, "dta").tables == {"visit": 2, "member": 0}
    with pytest.raises(ProtectedError):
        form.delete()


@pytest.mark.usefixtures("records")
def test_file_may_take_longer_than_a_transaction_may_rest(
    bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = heart.Heart.watch

    def resting(self: heart.Heart, blocks: Iterator[Block]) -> Iterator[Block]:
        yield from whole(self, blocks)
        time.sleep(0.3)

    monkeypatch.setattr(heart.Heart, "watch", resting)
    with connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = 100")
    try:
        assert ready(bob, "dta").tables == {"visit": 2, "member": 3}
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET idle_in_transaction_session_timeout")


@pytest.mark.usefixtures("records")
@pytest.mark.parametrize("kind", KINDS)
def test_file_whose_end_is_lost_is_not_offered(
    bob: User, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut between the writing and the reading back, as a failing disk would."""
    made = KINDS[kind]

    def cutting(job: export_files.Job) -> Any:
        written = made.write(job)
        with job.path.open("r+b") as file:
            file.truncate(job.path.stat().st_size * 2 // 3)
        return written

    cut = export_files.Kind(made.words, cutting, made.count)
    monkeypatch.setitem(KINDS, kind, cut)  # type: ignore[arg-type]
    export = make(bob, kind)
    assert export.state == Export.State.WAITING
    assert list(export.path.parent.iterdir()) == []


@pytest.mark.usefixtures("records")
def test_download_goes_on_where_it_broke_off(as_bob: Client, bob: User) -> None:
    export = ready(bob, "dta")
    url = f"/api/v1/exports/{export.pk}/download/"
    whole = as_bob.get(url)
    etag, content = whole["ETag"], b"".join(whole)
    assert whole["Accept-Ranges"] == "bytes"

    rest = as_bob.get(url, headers={"range": "bytes=100-", "if-range": etag})
    assert (rest.status_code, rest["Content-Range"]) == (
        206,
        f"bytes 100-{len(content) - 1}/{len(content)}",
    )
    assert content[:100] + b"".join(rest) == content
    middle = as_bob.get(url, headers={"range": "bytes=10-19"})
    assert (b"".join(middle), middle["Content-Length"]) == (content[10:20], "10")
    other = as_bob.get(url, headers={"range": "bytes=100-", "if-range": '"another"'})
    assert (other.status_code, b"".join(other)) == (200, content)
    behind = as_bob.get(url, headers={"range": f"bytes={len(content)}-"})
    assert (behind.status_code, behind.json()["code"]) == (416, "range_unsatisfiable")
    events = AuditEvent.objects.filter(action="export.downloaded").order_by("id")
    assert [event.details["first_byte"] for event in events] == [0, 100, 10, 0]


@pytest.mark.usefixtures("records")
def test_export_is_stopped_by_who_asked(as_bob: Client, as_alice: Client, bob: User) -> None:
    export = request_export(form_id="visit", kind="csv", by=bob)
    url = f"/api/v1/exports/{export.pk}/"
    assert as_alice.delete(url).status_code == 404
    assert as_bob.delete(url).status_code == 204
    assert as_bob.get(url).json()["state"] == "stopped"
    assert build_waiting_exports() == 0
    again = as_bob.delete(url)
    assert (again.status_code, again.json()["code"]) == (409, "export_not_stoppable")
    assert AuditEvent.objects.filter(action="export.stopped").count() == 1
    assert as_bob.post(f"/exports/{export.pk}/stop/").status_code == 302
