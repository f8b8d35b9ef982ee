"""The log as a workbook, out and in again."""

from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from backend.accounts.models import User
from backend.problems import Problem
from surveys.cleaning.models import CleanRow
from surveys.corrections.models import Correction, Errand
from surveys.corrections.propose import Because, Wish, propose_corrections
from surveys.corrections.sheet import HEADER, import_log, write_log
from surveys.corrections.work import run_errands
from surveys.privacy.access import unmask
from tests.conftest import make_user
from tests.surveys.corrections.interviews import INCOME, MEMBER, rows_of

AMOUNT = f"{INCOME}/inc_amount"


def rows_in(content: bytes) -> list[dict[str, Any]]:
    sheet = openpyxl.load_workbook(BytesIO(content))["corrections"]
    header, *rows = sheet.iter_rows()
    for cell in (cell for row in rows for cell in row):
        assert cell.data_type not in {"f", "e"}, cell.value
    names = [cell.value for cell in header]
    return [dict(zip(names, (c.value for c in row), strict=True)) for row in rows]


def sheet_of(*rows: dict[str, Any]) -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "corrections"
    book.active.append(HEADER)
    for row in rows:
        book.active.append([row.get(name) for name in HEADER])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def row_for(row: CleanRow, **more: Any) -> dict[str, Any]:
    return {
        "record": str(row.record_id), "row": str(row.pk), "path": AMOUNT, "action": "replace",
        "old": row.verbatim.get("inc_amount"), "new": 12345, "source": "back_check",
        "reason": "Second visit", **more,
    }  # fmt: skip


def errors_of(content: bytes, by: User) -> list[tuple[int, str, str]]:
    with pytest.raises(Problem) as raised:
        import_log(content=content, by=by)
    assert raised.value.code == "corrections_refused"
    return [(e["row"], e["column"], e["code"]) for e in raised.value.details["errors"]]


def propose(row: CleanRow, new: str, by: User, path: str = AMOUNT) -> Correction:
    because = Because("=HYPERLINK(1)", "office")
    wishes = [Wish(row.pk, path, new)]
    return propose_corrections(record_id=row.record_id, wishes=wishes, because=because, by=by)[0]


def test_row_whose_old_answer_is_left_empty_becomes_a_proposal(
    source: CleanRow, gulnara: User
) -> None:
    imported = import_log(content=sheet_of(row_for(source, old=None)), by=gulnara)

    (made,) = imported.proposed
    assert made.old == source.verbatim["inc_amount"]


def test_rows_of_a_sheet_become_proposals_once(source: CleanRow, gulnara: User) -> None:
    content = sheet_of(row_for(source))
    (made,) = import_log(content=content, by=gulnara).proposed
    assert (made.new, made.source, made.state) == ("12345", "back_check", "proposed")

    again = import_log(content=content, by=gulnara)
    assert (again.proposed, again.unchanged) == ([], 1)
    assert Correction.objects.count() == 1


def test_exported_log_imported_again_changes_nothing(
    source: CleanRow, gulnara: User, root: User
) -> None:
    propose(source, "777", gulnara)
    content = write_log(Correction.objects.all(), gulnara, None)
    (row,) = rows_in(content)
    assert (row["new"], row["reason"]) == ("777", "'=HYPERLINK(1)")
    assert row["state"] == "proposed"

    again = import_log(content=content, by=root)
    assert (again.proposed, again.unchanged) == ([], 1)


def test_sheet_never_rewrites_the_log(source: CleanRow, gulnara: User) -> None:
    made = propose(source, "777", gulnara)
    rows = rows_in(write_log(Correction.objects.all(), gulnara, None))
    changed = {**rows[0], "new": "888"}
    assert errors_of(sheet_of(changed), gulnara) == [(2, "new", "log_differs")]
    made.refresh_from_db()
    assert made.new == "777"


def test_one_wrong_cell_and_nothing_is_imported(
    source: CleanRow, record: CleanRow, gulnara: User
) -> None:
    wrong = [
        row_for(
            source,
            reason="Reason A",
            path=f"{INCOME}/inc_currency",
            old=source.verbatim["inc_currency"],
            new="USD",
        ),
        row_for(source, reason="Reason B", new=-1),
        row_for(source, reason="Reason C", path="nowhere"),
        row_for(source, reason="Reason D", old="5"),
        row_for(source, reason="Reason E", record=str(uuid4())),
        row_for(source, reason="Reason F", action="erase"),
        row_for(source, reason="Reason G", path=f"{INCOME}/inc_annual"),
    ]
    found = errors_of(sheet_of(*wrong), gulnara)
    assert found == [
        (3, "new", "constraint_broken"),
        (4, "path", "question_unknown"),
        (5, "old", "correction_stale"),
        (6, "record", "not_found"),
        (7, "action", "value_invalid"),
        (8, "path", "question_fixed"),
    ]
    assert Correction.objects.count() == 0


def test_same_row_twice_in_a_sheet_is_named(source: CleanRow, gulnara: User) -> None:
    assert errors_of(sheet_of(row_for(source), row_for(source)), gulnara)[-1] == (
        3, "id", "twice",
    )  # fmt: skip


def test_masked_answers_are_left_out_and_come_back_unchanged(
    record: CleanRow, gulnara: User, root: User
) -> None:
    member = rows_of(record, MEMBER)[0]
    granted = unmask(user=gulnara, reason="comparing with paper", target="x")
    propose_corrections(
        record_id=record.pk, wishes=[Wish(member.pk, f"{MEMBER}/m_name", "=Асан")],
        because=Because("Telephoned"), by=gulnara, granted=granted,
    )  # fmt: skip
    content = write_log(Correction.objects.all(), root, None)
    (row,) = rows_in(content)
    assert (row["masked"], row["old"], row["new"]) == ("yes", None, None)
    assert import_log(content=content, by=root).unchanged == 1

    shown = write_log(Correction.objects.all(), gulnara, granted)
    assert rows_in(shown)[0]["new"] == "'=Асан"
    assert import_log(content=shown, by=root).unchanged == 1


def test_correction_of_another_oblast_is_not_found_by_its_id(
    source: CleanRow, gulnara: User
) -> None:
    propose(source, "777", gulnara)
    content = write_log(Correction.objects.all(), gulnara, None)
    far = make_user("far", User.Role.SUPERVISOR, place_codes=["KG99"])
    assert errors_of(content, far) == [(2, "id", "not_found")]
    assert rows_in(write_log(Correction.objects.none(), far, None)) == []


def test_page_gives_the_log_and_takes_it_in(as_gulnara: Client, source: CleanRow) -> None:
    page = as_gulnara.post("/corrections/import/", {"file": upload(sheet_of(row_for(source)))})
    assert not Correction.objects.exists()
    assert run_errands() == 1
    assert "Proposed</dt><dd>1<" in as_gulnara.get(page["Location"]).content.decode()
    answer = log_of(as_gulnara, "state=waiting")
    assert rows_in(answer.content)[0]["new"] == "12345"
    assert "attachment" in answer["Content-Disposition"]


def test_page_shows_each_cell_that_is_wrong(as_gulnara: Client, source: CleanRow) -> None:
    page = as_gulnara.post(
        "/corrections/import/", {"file": upload(sheet_of(row_for(source, new="much")))}
    )
    run_errands()
    text = as_gulnara.get(page["Location"]).content.decode()
    assert "Nothing was imported" in text
    assert "Is not a number" in text
    assert ">2<" in text


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"id,record\n1,2\n"])
def test_what_is_no_workbook_is_refused_by_name(as_gulnara: Client, content: bytes) -> None:
    answer = as_gulnara.post("/corrections/import/", {"file": upload(content)})
    assert answer.status_code == 422
    assert "cannot be read" in answer.content.decode()


def test_analyst_may_export_but_not_import(as_bob: Client, source: CleanRow) -> None:
    assert log_of(as_bob).status_code == 200
    assert as_bob.post("/corrections/import/").status_code == 403


def test_log_is_for_who_asked_and_forgotten_after_a_day(
    as_gulnara: Client, as_alice: Client, source: CleanRow, gulnara: User
) -> None:
    propose(source, "777", gulnara)
    assert rows_in(log_of(as_gulnara).content)[0]["new"] == "777"
    address = f"/corrections/errands/{Errand.objects.get().pk}/log.xlsx"
    assert as_alice.get(address).status_code == 404
    Errand.objects.update(ended_at=timezone.now() - timedelta(days=2))
    log_of(as_gulnara)
    assert as_gulnara.get(address).status_code == 404


def log_of(client: Client, query: str = "") -> Any:
    """The log as a worker makes it, downloaded."""
    asked = client.post("/corrections/log/", {"query": query})["Location"]
    run_errands()
    return client.get(f"{asked}log.xlsx")


def upload(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("corrections.xlsx", content)
