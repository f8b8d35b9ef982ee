"""Exports from the asking to the file: what it holds, who may fetch it, what if it fails."""

import csv
import io
import threading
import zipfile
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerAway
from openpyxl import Workbook, load_workbook

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from surveys.cleaning.models import CleanRow
from surveys.datasets import build
from surveys.datasets.build import build_waiting_exports, remove_old_exports, request_export
from surveys.datasets.models import Export
from surveys.datasets.tasks import build_waiting_exports_task
from surveys.places.models import Place
from surveys.xforms.models import Form
from tests.surveys.datasets.records import make_record

# A snapshot begins a transaction of its own, so it cannot stand inside that of a test.
pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/exports/"
REASON = "hand-over to the regional office"


@pytest.fixture
def records(form: Form) -> None:
    make_record(
        form,
        {
            "country": "KG",
            "village": "=1+1",
            "head": "Асанова Гүлнара",
            "hh_size": 5,
            "income": 0.1,
            "needs": ["work", "seeds"],
            "day": "2014-06-03",
            "end": "2014-06-03T20:20:00.000+00:00",
            "gps": {"lat": 40.5, "lon": 72.8, "alt": None, "acc": 9.0},
        },
        members=[{"first_name": "Айгүл", "age": 7}, {"age": 40}],
    )
    make_record(form, {"country": "TJ", "village": "Ӯзбекҳо"}, members=[{"age": 8}], minutes=1)


def ask(client: Client, **asked: Any) -> str:
    asked = {"form_id": "visit", "kind": "xlsx", "purpose": "report", **asked}
    response = client.post(URL, asked, content_type="application/json")
    assert response.status_code == 202, response.content
    return response.json()["id"]


def fetch(client: Client, export: str) -> bytes:
    build_waiting_exports()
    made = client.get(f"{URL}{export}/").json()
    assert (made["state"], made["progress"]) == ("ready", 1), made
    response = client.get(made["download"])
    assert response.status_code == 200
    return b"".join(response)


def sheet(book: Workbook, name: str) -> list[dict[str, Any]]:
    header, *rows = book[name].iter_rows()
    names = [cell.value for cell in header]
    return [dict(zip(names, (cell.value for cell in row), strict=True)) for row in rows]


def csv_rows(archive: bytes, name: str, delimiter: str = ",") -> list[dict[str, str]]:
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        text = files.read(name).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


@pytest.mark.usefixtures("records")
def test_workbook_holds_typed_cells_and_a_sheet_a_repeat(as_bob: Client) -> None:
    book = load_workbook(io.BytesIO(fetch(as_bob, ask(as_bob))))

    assert book.sheetnames == ["visit", "member", "codebook", "about"]
    first, second = sheet(book, "visit")
    assert first["country"] == "KG"
    assert (first["village"], second["village"]) == ("=1+1", "Ӯзбекҳо")
    assert (first["hh_size"], first["income"]) == (5, 0.1)
    assert first["needs"] == "work seeds"
    assert first["day"].date() == date(2014, 6, 3)
    assert first["end"] == datetime(2014, 6, 4, 1, 20)  # noqa: DTZ001  by the clocks of Dushanbe
    assert (first["gps_lat"], first["gps_alt"], first["head"]) == (40.5, None, None)
    members = sheet(book, "member")
    assert [(m["root_id"], m["parent_id"], m["index"], m["age"]) for m in members] == [
        (first["id"], first["id"], 1, 7),
        (first["id"], first["id"], 2, 40),
        (second["id"], second["id"], 1, 8),
    ]
    assert book["visit"].freeze_panes == "A2"
    assert book["visit"].auto_filter.ref
    village = next(c for c in book["visit"][2] if c.value == "=1+1")
    assert (village.data_type, village.font.name) == ("s", "Calibri")


@pytest.mark.usefixtures("records")
def test_labels_in_a_language_and_the_codebook_beside_them(as_bob: Client) -> None:
    export = ask(as_bob, labels=True, language="ru", filter={"country": "KG"})
    book = load_workbook(io.BytesIO(fetch(as_bob, export)))

    (row,) = sheet(book, "visit")
    assert (row["country"], row["needs"]) == ("Кыргызстан", "Работа; Семена")
    assert len(sheet(book, "member")) == 2
    words = {row["column"]: row for row in sheet(book, "codebook")}
    assert words["village"]["question"] == "Село"
    assert words["country"]["choices"] == "KG = Кыргызстан; TJ = Таджикистан"
    assert words["head"]["masked"] == "yes"
    about = {row["what"]: row["value"] for row in sheet(book, "about")}
    assert (about["asked by"], about["filter"], about["purpose"]) == ("bob", "country=KG", "report")


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.usefixtures("records")
def test_csv_zip_opens_in_excel_and_runs_no_formula(as_bob: Client, separator: str) -> None:
    archive = fetch(as_bob, ask(as_bob, kind="csv", separator=separator))

    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        assert files.namelist() == ["visit.csv", "member.csv", "codebook.csv", "about.csv"]
        assert files.read("visit.csv").startswith(b"\xef\xbb\xbf")
    first, second = csv_rows(archive, "visit.csv", separator)
    assert (first["village"], second["village"]) == ("'=1+1", "Ӯзбекҳо")
    assert (first["day"], first["end"]) == ("2014-06-03", "2014-06-04T01:20:00.000+05:00")
    assert (first["needs"], first["head"], second["hh_size"]) == ("work seeds", "", "")
    assert len(csv_rows(archive, "member.csv", separator)) == 3


def test_raw_layer_gives_answers_as_they_were_sent(as_bob: Client, form: Form) -> None:
    sent = {"hh_size": "five", "gps": "40.5 72.8 0 9", "head": "Асанова", "day": "2014-06-03"}
    CleanRow.objects.filter(pk=make_record(form).pk).update(verbatim=sent)
    (row,) = csv_rows(fetch(as_bob, ask(as_bob, kind="csv", layer="raw")), "visit.csv")
    assert [row[name] for name in sent] == ["five", "40.5 72.8 0 9", "", "2014-06-03"]


@pytest.mark.usefixtures("records")
def test_unmasked_export_is_written_down_where_it_was_asked(as_alice: Client, alice: User) -> None:
    export = ask(as_alice, kind="csv", unmask=REASON)

    first, _ = csv_rows(fetch(as_alice, export), "visit.csv")

    assert first["head"] == "Асанова Гүлнара"
    assert alice.unmaskings.get().target == f"export {export}"
    actions = AuditEvent.objects.order_by("id").values_list("action", flat=True)
    assert [a for a in actions if not a.startswith("token")] == [
        "data.unmasked",
        "export.asked",
        "export.ready",
        "export.downloaded",
    ]


def test_rights_are_those_of_the_moment_the_file_is_built(
    as_dilnoza: Client, dilnoza: User, form: Form, osh: Place, naryn: Place
) -> None:
    make_record(form, place=osh)
    make_record(form, place=naryn)
    export = ask(as_dilnoza, kind="csv")
    late = ask(as_dilnoza, kind="csv")
    assert len(csv_rows(fetch(as_dilnoza, export), "visit.csv")) == 1

    User.objects.filter(pk=dilnoza.pk).update(role=User.Role.ENUMERATOR)
    Export.objects.filter(pk=late).update(state="waiting", heartbeat_at=None)
    build_waiting_exports()
    assert Export.objects.get(pk=late).state == Export.State.FAILED


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"kind": "docx"}, 400, "export_kind_unknown"),
        ({"form_id": "nosuch"}, 404, "not_found"),
        ({"layer": "final"}, 400, "value_invalid"),
        ({"language": "fr"}, 400, "value_invalid"),
        ({"layer": "raw", "labels": True}, 400, "value_invalid"),
        ({"separator": "|"}, 400, "request_malformed"),
        ({"filter": {"nosuch": "1"}}, 400, "field_unknown"),
        ({"filter": {"hh_size": "many"}}, 400, "value_invalid"),
        ({"filter": {"head": "A"}}, 403, "field_masked"),
        ({"filter": "country=KG"}, 400, "request_malformed"),
        ({"unmask": REASON}, 403, "not_allowed"),
    ],
)
def test_request_that_cannot_be_met_is_refused_at_once(
    as_bob: Client, form: Form, asked: dict[str, Any], status: int, code: str
) -> None:
    body = {"form_id": "visit", "kind": "xlsx", **asked}
    response = as_bob.post(URL, body, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert not Export.objects.exists()


@pytest.mark.django_db
def test_request_with_words_missing_is_told_which(as_bob: Client, form: Form) -> None:
    for body, said in (({}, "form_id: This field is required."), ([], "Expected a dictionary")):
        refused = as_bob.post(URL, body, content_type="application/json").json()
        assert said in refused["detail"]
        assert "ErrorDetail" not in refused["detail"]


@pytest.mark.usefixtures("records")
def test_file_is_for_who_asked_and_for_admins(
    as_bob: Client, as_alice: Client, as_root: Client
) -> None:
    export = ask(as_bob)
    assert as_bob.get(f"{URL}{export}/download/").json()["code"] == "export_not_ready"
    fetch(as_bob, export)
    assert as_alice.get(f"{URL}{export}/").status_code == 404
    assert as_alice.get(f"{URL}{export}/download/").status_code == 404
    assert as_alice.get(URL).json()["results"] == []
    assert b"".join(as_root.get(f"{URL}{export}/download/"))
    assert [e["id"] for e in as_bob.get(URL).json()["results"]] == [export]


@pytest.mark.usefixtures("records")
def test_export_whose_worker_was_killed_is_taken_up_again(as_bob: Client) -> None:
    export = ask(as_bob)
    long_ago = timezone.now() - timedelta(hours=1)
    running = Export.objects.filter(pk=export)
    running.update(state="running", attempts=1, heartbeat_at=timezone.now())
    left = Export.objects.get(pk=export).path.with_name(f".{export}.1.xlsx")
    left.parent.mkdir()
    left.write_text("half a file")
    assert build_waiting_exports() == 0
    running.update(heartbeat_at=long_ago)
    assert build_waiting_exports() == 1
    assert running.get().state == Export.State.READY
    assert running.get().attempts == 2
    assert not left.exists()

    running.update(state="running", attempts=build.MOST_TRIES, heartbeat_at=long_ago)
    assert build_waiting_exports() == 0
    assert running.get().state == Export.State.FAILED


@pytest.mark.usefixtures("records")
def test_file_that_cannot_be_written_fails_after_some_tries_and_is_never_offered(
    as_bob: Client, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "a file").write_text("in the way")
    settings.EXPORT_DIR = tmp_path / "a file" / "exports"
    export = ask(as_bob)
    for _ in range(build.MOST_TRIES):
        assert build_waiting_exports() == 1
        Export.objects.update(heartbeat_at=timezone.now() - timedelta(hours=1))
    assert build_waiting_exports() == 0
    made = as_bob.get(f"{URL}{export}/").json()
    assert (made["state"], made["download"], made["error"]) == (
        "failed",
        None,
        "The server's disk is full or cannot be written to.",
    )


@pytest.mark.usefixtures("records")
def test_file_without_all_its_rows_is_not_offered(
    bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk, not our code, is what loses rows here."""
    export = request_export(form_id="visit", kind="csv", by=bob)
    whole = zipfile.ZipFile.open

    def losing(archive: zipfile.ZipFile, name: Any, mode: Any = "r", **words: Any) -> Any:
        return io.BytesIO(b"id\r\n") if mode == "r" else whole(archive, name, mode, **words)

    monkeypatch.setattr(zipfile.ZipFile, "open", losing)
    build_waiting_exports()
    export.refresh_from_db()
    assert (export.state, export.error) == (Export.State.WAITING, build.NOT_VERIFIED)
    assert not list(export.path.parent.iterdir())


def test_export_asked_for_while_the_broker_is_away_waits_for_the_sweep(
    as_bob: Client, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung = threading.Event()

    def away() -> None:
        rung.set()
        raise BrokerAway

    monkeypatch.setattr(build_waiting_exports_task, "delay", away)
    export = Export.objects.filter(pk=ask(as_bob))
    assert rung.wait(timeout=5)
    assert export.get().state == Export.State.WAITING
    build_waiting_exports_task()
    assert export.get().state == Export.State.READY


@pytest.mark.usefixtures("records")
def test_file_lost_from_the_disk_is_not_found(as_bob: Client) -> None:
    export = ask(as_bob)
    fetch(as_bob, export)
    Export.objects.get(pk=export).path.unlink()
    assert as_bob.get(f"{URL}{export}/download/").status_code == 404


@pytest.mark.usefixtures("records")
def test_files_are_removed_after_thirty_days(as_bob: Client) -> None:
    export = ask(as_bob)
    fetch(as_bob, export)
    assert remove_old_exports() == 0
    Export.objects.filter(pk=export).update(asked_at=timezone.now() - timedelta(days=31))
    assert remove_old_exports() == 1
    assert not Export.objects.get(pk=export).path.exists()
    assert as_bob.get(f"{URL}{export}/").json()["state"] == "expired"
    assert as_bob.get(f"{URL}{export}/download/").status_code == 409


def test_empty_form_gives_a_file_with_headers_only(as_bob: Client, form: Form) -> None:
    book = load_workbook(io.BytesIO(fetch(as_bob, ask(as_bob))))
    assert sheet(book, "visit") == []
    assert book["visit"]["A1"].value == "id"
