"""Uploading a workbook: what is wrong at its cell, or a draft that nobody is bothered with."""

import re
import tracemalloc
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.test import Client
from django.utils import translation
from django.utils.translation import trans_real

from backend.audit.models import AuditEvent
from backend.problems import Problem
from surveys.publishing.models import FormDraft
from surveys.publishing.uploads import read_workbook
from surveys.xforms.models import Form
from tests.messages import messages_of, sources
from tests.surveys.publishing.sample import VISIT, upload
from tests.xlsforms import workbook, xlsx

UPLOAD = "/forms/upload/"
MIB = 1024 * 1024


def with_macros() -> bytes:
    file = BytesIO(workbook(VISIT))
    with zipfile.ZipFile(file, "a") as book:
        book.writestr("xl/vbaProject.bin", b"\xcc\x61macro")
    return file.getvalue()


def sent(client: Client, content: bytes, name: str = "visit.xlsx") -> Any:
    return client.post(UPLOAD, {"workbook": upload(content, name)})


def test_error_is_shown_in_its_row_with_the_bad_cell_marked(as_alice: Client) -> None:
    answer = sent(as_alice, workbook(VISIT.replace("integer ", "intger  ")))

    (error,) = answer.context["excerpts"]
    page = answer.content.decode()
    assert answer.status_code == 422
    assert (error.finding.sheet, error.finding.row, error.finding.column) == ("survey", 2, "type")
    assert [(cell.text, cell.bad) for cell in error.cells[:2]] == [
        ("intger", True),
        ("rooms", False),
    ]
    assert 'class="bad-cell"><span class="unseen">This cell: </span>intger</td>' in page
    assert not FormDraft.objects.exists()


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "empty.xlsx", "empty"),
        (workbook(VISIT)[:900], "visit.xlsx", "cut off or damaged"),
        (with_macros(), "visit.xlsm", "holds macros"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "photo.xlsx", "This is a picture"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "photo.xlsx", "This is a picture"),
        (b"%PDF-1.7", "form.xlsx", "PDF document"),
        (b"type,name\ntext,a\n", "form.xlsx", "CSV"),
    ],
)
def test_what_is_no_workbook_is_refused_in_plain_words(
    as_alice: Client, content: bytes, name: str, words: str
) -> None:
    answer = sent(as_alice, content, name)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not FormDraft.objects.exists()


@pytest.mark.parametrize(
    ("table", "at", "words"),
    [
        (VISIT.replace("resp_name", "rooms    "), ("survey", 4, "name"), "rooms"),
        (VISIT.replace("integer ", "intger  "), ("survey", 2, "type"), "is no type of question"),
        (VISIT.replace("select_one yes", "select_one no "), ("survey", 3, ""), "no"),
        ("| survey | |\n| | type | name | label |\n", ("survey", 2, ""), "no question"),
        (VISIT.replace("| rooms  ", "| ro\u202eoms"), ("survey", 2, "name"), "invisible"),
        (VISIT.replace("| rooms   ", "| ro\u200foms "), ("survey", 2, "name"), "invisible"),
        (
            VISIT.replace("How many rooms?", "How \u202emany?"),
            ("survey", 2, "label::English (en)"),
            "turns the direction of text",
        ),
    ],
)
def test_wrong_form_is_told_where_and_why(
    as_alice: Client, table: str, at: tuple[str, int, str], words: str
) -> None:
    answer = sent(as_alice, workbook(table))

    findings = [each.finding for each in answer.context["excerpts"]]
    assert answer.status_code == 422
    assert any((f.sheet, f.row) == at[:2] and words in f.words for f in findings), findings
    assert not at[2] or any(f.column == at[2] for f in findings)


@pytest.fixture
def marked() -> Iterator[None]:
    """What is said of workbooks, in a Kyrgyz of our own: the sentence in double brackets."""
    paths = (path for path in sources() if "xforms" in path.parts and path.suffix == ".py")
    ids = [message.id for path in paths for message in messages_of(path)]
    with translation.override("ky"):
        (kyrgyz, *_) = trans_real.catalog()._catalog._catalogs  # type: ignore[attr-defined]
    before = dict(kyrgyz)
    kyrgyz |= {each: f"⟦{each}⟧" for each in ids}
    yield
    kyrgyz.clear()
    kyrgyz |= before


MANY_FAULTS = """
| survey |               |           |        |            |
|        | type          | name      | label  | privacy    |
|        | integer       | two words | Rooms? | everybody  |
|        | select_one no | house     | House? |            |
|        | begin group   | g         | Group  |            |
|        | note          | n         | ${who} |            |
|        | foo           | house     | Again? |            |
"""


def test_what_is_wrong_is_told_in_the_language_of_the_page(as_alice: Client, marked: None) -> None:
    content = upload(workbook(MANY_FAULTS), "visit.xlsx")

    answer = as_alice.post(UPLOAD, {"workbook": content}, headers={"Accept-Language": "ky"})

    words = re.findall(r"<p><b>(.*?)</b>\n", answer.content.decode())
    assert len(words) == 6
    assert [each for each in words if not each.startswith("⟦")] == []


def test_what_is_no_workbook_is_told_in_the_language_of_the_page(
    as_alice: Client, marked: None
) -> None:
    content = upload(b"%PDF-1.7", "form.xlsx")

    answer = as_alice.post(UPLOAD, {"workbook": content}, headers={"Accept-Language": "ky"})

    said = "⟦This is ⟦a PDF document⟧, not a workbook, whatever its name says.⟧"
    assert said in answer.content.decode()


def test_text_from_right_to_left_is_a_text_as_any_other(as_alice: Client) -> None:
    answer = sent(as_alice, workbook(VISIT.replace("Чанд ҳуҷра?", "چند اتاق؟")))

    draft = FormDraft.objects.get()
    assert answer.status_code == 302
    assert "چند اتاق؟" in bytes(draft.xform).decode()


def test_form_with_many_faults_shows_the_first_and_how_many_more(as_alice: Client) -> None:
    rows = [["type", "name", "label"], *([f"x{n}", f"q{n}", "?"] for n in range(90))]
    content = xlsx({"survey": rows, "settings": [["form_id", "version"], ["visit", "1"]]})

    answer = sent(as_alice, content)

    assert len(answer.context["excerpts"]) == 60
    assert "… and 30 more." in answer.content.decode()
    assert len(answer.content) < 150_000


def test_workbook_of_100_mb_is_refused_before_it_fills_memory() -> None:
    """As Django hands it over: on disk, because it is large."""
    with TemporaryUploadedFile("big.xlsx", "", 100 * MIB, None) as file:
        file.file.truncate(100 * MIB)
        tracemalloc.start()
        with pytest.raises(Problem, match="workbook_too_large"):
            read_workbook(file)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert peak < MIB


def test_workbook_over_the_limit_is_answered_on_the_page(as_alice: Client) -> None:
    answer = sent(as_alice, b"PK" + bytes(21 * MIB))

    assert answer.status_code == 422
    assert "a form never does" in answer.content.decode()


def test_good_workbook_becomes_a_draft_and_publishes_nothing(as_alice: Client) -> None:
    answer = sent(as_alice, workbook(VISIT))

    draft = FormDraft.objects.get()
    assert answer.headers["Location"] == f"/forms/drafts/{draft.pk}/"
    assert (draft.form_id, draft.created_by and draft.created_by.username) == ("visit", "alice")
    assert not Form.objects.exists()
    assert AuditEvent.objects.filter(action="draft.kept").count() == 1


def test_same_workbook_again_leads_to_the_same_draft(as_alice: Client) -> None:
    content = workbook(VISIT)  # made once: it holds the second of its making
    first, second = (sent(as_alice, content) for _ in range(2))

    assert first.headers["Location"] == second.headers["Location"]
    assert FormDraft.objects.count() == 1


@pytest.fixture(params=["as_bob", "as_dilnoza", "as_charlie"])
def reader(request: pytest.FixtureRequest) -> Client:
    client: Client = request.getfixturevalue(request.param)
    return client


def test_who_may_not_publish_may_not_upload(reader: Client) -> None:
    assert reader.get(UPLOAD).status_code == 403
    assert sent(reader, workbook(VISIT)).status_code == 403
    assert not FormDraft.objects.exists()
