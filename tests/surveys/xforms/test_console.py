"""Publishing and looking after forms in the console and on the command line."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from surveys.rounds.models import Round, Survey
from surveys.xforms.models import Form
from tests.xlsforms import publish, workbook

PUBLISH = "/admin/xforms/form/publish/"
ROOMS = """
| survey |         |           |           |
|        | type    | name      | label     |
|        | integer | rooms     | How many? |
|        | text    | resp_name | Who?      |
"""
ROOMS_AS_TEXT = ROOMS.replace("integer", "text   ")


def upload(content: bytes, name: str = "form.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_workbook_is_looked_at_first_and_published_when_confirmed(as_alice: Client) -> None:
    publish(ROOMS, version="1")
    Round.objects.create(survey=Survey.objects.create(code="s", name="S"), code="r", name="R")
    content = workbook(ROOMS_AS_TEXT, version="2")
    round_ = Round.objects.get()

    looked = as_alice.post(PUBLISH, {"workbook": upload(content), "round": round_.pk})
    assert Form.objects.get().versions.count() == 1
    page = looked.content.decode()
    done = as_alice.post(
        PUBLISH, {"confirm": looked.context["key"], "round": looked.context["round"].code}
    )

    assert "no longer comparable" in page
    assert "<th>direct</th><td>resp_name</td>" in page
    form = Form.objects.get()
    assert done.headers["Location"] == f"/admin/xforms/form/{form.pk}/change/"
    assert (form.current and form.current.version, form.round) == ("2", round_)


def test_likely_renaming_is_shown_and_kept_when_confirmed(as_alice: Client) -> None:
    publish(ROOMS, version="1")
    content = workbook(ROOMS.replace("rooms    ", "n_rooms  "), version="2")

    looked = as_alice.post(PUBLISH, {"workbook": upload(content)})
    confirm = {"confirm": looked.context["key"], "renamed": ["rooms=n_rooms"]}
    as_alice.post(PUBLISH, confirm)

    assert 'value="rooms=n_rooms"' in looked.content.decode()
    version = Form.objects.get().versions.get(version="2")
    assert version.renamed == {"n_rooms": "rooms"}
    assert {f.name: f.key for f in version.schema.fields}["n_rooms"] == "rooms"
    assert [c["words"] for c in version.changes if c["kind"] == "renamed"] == ["was called rooms"]


def test_command_takes_renamings_and_says_which_cannot_be(tmp_path: Path, db: None) -> None:
    publish(ROOMS, version="1")
    file = tmp_path / "form.xlsx"
    file.write_bytes(workbook(ROOMS.replace("rooms    ", "n_rooms  "), version="2"))

    with pytest.raises(CommandError, match="resp_name cannot be the earlier"):
        call_command("publish_xlsform", str(file), renamed=["resp_name=n_rooms"])
    assert Form.objects.get().versions.count() == 1
    call_command("publish_xlsform", str(file), renamed=["rooms=n_rooms"], stdout=StringIO())

    assert Form.objects.get().versions.get(version="2").renamed == {"n_rooms": "rooms"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,b,c\n", "CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "no workbook"),
        (workbook(ROOMS.replace("integer", "intger ")), "“intger” is no type"),
        (workbook(ROOMS)[:900], "cut off"),
    ],
)
def test_bad_file_is_answered_on_the_page(as_alice: Client, content: bytes, words: str) -> None:
    answer = as_alice.post(PUBLISH, {"workbook": upload(content)})

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Form.objects.exists()


def test_version_that_exists_is_answered_on_the_page(as_alice: Client) -> None:
    publish(ROOMS)

    answer = as_alice.post(PUBLISH, {"workbook": upload(workbook(ROOMS_AS_TEXT))})

    assert answer.status_code == 409
    assert "give the changed form a new version" in answer.content.decode()


def test_confirming_too_late_asks_for_the_workbook_again(as_alice: Client) -> None:
    answer = as_alice.post(PUBLISH, {"confirm": "0" * 64}, follow=True)

    assert "choose the workbook again" in answer.content.decode()
    assert not Form.objects.exists()


def test_one_may_not_confirm_what_another_looked_at(as_alice: Client, as_root: Client) -> None:
    looked = as_root.post(PUBLISH, {"workbook": upload(workbook(ROOMS))})

    as_alice.post(PUBLISH, {"confirm": looked.context["key"]})

    assert not Form.objects.exists()


def test_supervisor_looks_at_forms_but_does_not_publish(as_dilnoza: Client) -> None:
    form = publish(ROOMS).form

    assert as_dilnoza.get("/admin/xforms/form/").status_code == 200
    assert as_dilnoza.get(PUBLISH).status_code == 403
    assert as_dilnoza.post(PUBLISH, {"workbook": upload(workbook(ROOMS))}).status_code == 403
    assert as_dilnoza.get(f"/admin/xforms/form/{form.pk}/files/").status_code == 403


def test_adding_a_form_leads_to_the_publish_page(as_alice: Client) -> None:
    assert as_alice.get("/admin/xforms/form/add/").headers["Location"] == PUBLISH


def test_form_page_shows_its_versions_and_offers_them(as_alice: Client) -> None:
    version = publish(ROOMS)

    page = as_alice.get(f"/admin/xforms/form/{version.form_id}/change/").content.decode()
    base = f"/admin/xforms/formversion/{version.pk}"
    book, xform = as_alice.get(f"{base}/workbook/"), as_alice.get(f"{base}/xform/")

    assert f"{base}/workbook/" in page
    assert book.content == bytes(version.xlsform)
    assert xform.content == bytes(version.xform)
    assert 'filename="visit-1.xlsx"' in book.headers["Content-Disposition"]


def test_list_of_forms_takes_as_many_queries_for_one_as_for_ten(
    as_alice: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(10):
        publish(ROOMS, form_id=f"visit{number}")
    as_alice.get("/admin/xforms/form/")

    with django_assert_num_queries(7, exact=False):
        as_alice.get("/admin/xforms/form/")


def test_form_is_retired_and_put_back_from_the_list(as_alice: Client) -> None:
    form = publish(ROOMS).form
    chosen = {"_selected_action": [form.pk]}

    as_alice.post("/admin/xforms/form/", {**chosen, "action": "retire"})
    assert not Form.objects.listed().exists()
    as_alice.post("/admin/xforms/form/", {**chosen, "action": "relist"})

    assert Form.objects.listed().exists()


def test_form_is_never_deleted(as_root: Client) -> None:
    version = publish(ROOMS)

    assert as_root.post(f"/admin/xforms/form/{version.form_id}/delete/").status_code == 403
    assert as_root.post(f"/admin/xforms/formversion/{version.pk}/delete/").status_code == 403


def test_files_are_attached_and_what_is_missing_is_named(as_alice: Client) -> None:
    form = publish("""
    | survey |      |      |       |              |
    |        | type | name | label | media::image |
    |        | text | a    | A     | map.png      |
    """).form
    address = f"/admin/xforms/form/{form.pk}/files/"
    assert "map.png" in as_alice.get(address).content.decode()

    as_alice.post(address, {"file": upload(b"x" * (3 * 1024 * 1024), "map.png")})
    page = as_alice.get(address).content.decode()

    assert form.media.get().name == "map.png"
    assert "needs the file" not in page
    assert "3 MB" in page


def test_file_that_cannot_be_used_is_answered_on_the_page(as_alice: Client) -> None:
    form = publish(ROOMS).form

    answer = as_alice.post(
        f"/admin/xforms/form/{form.pk}/files/", {"file": upload(b"a,,b\n", "a.csv")}
    )

    assert answer.status_code == 422
    assert "a column has no header" in answer.content.decode()


# --- manage.py publish_xlsform --------------------------------------------------------------------


@pytest.mark.django_db
def test_command_prints_form_version_and_changes(tmp_path: Path) -> None:
    publish(ROOMS, version="1")
    file = tmp_path / "form.xlsx"
    file.write_bytes(workbook(ROOMS_AS_TEXT, version="2"))
    out = StringIO()

    call_command("publish_xlsform", str(file), stdout=out)
    call_command("publish_xlsform", str(file), stdout=out)

    assert out.getvalue().splitlines()[:2] == [
        "visit 2: published",
        "breaks comparability: rooms: was integer, is string",
    ]
    assert "visit 2: already published" in out.getvalue()


@pytest.mark.django_db
def test_command_names_sheet_row_and_column(tmp_path: Path) -> None:
    file = tmp_path / "form.xlsx"
    file.write_bytes(workbook(ROOMS.replace("integer", "intger ")))

    with pytest.raises(CommandError, match="survey, row 2, column type: “intger”"):
        call_command("publish_xlsform", str(file))


@pytest.mark.django_db
def test_command_says_when_there_is_no_file_or_round(tmp_path: Path) -> None:
    file = tmp_path / "form.xlsx"
    with pytest.raises(CommandError, match="No such file"):
        call_command("publish_xlsform", str(file))
    file.write_bytes(workbook(ROOMS))

    with pytest.raises(CommandError, match="no round with the code 'r9'"):
        call_command("publish_xlsform", str(file), "--round", "r9")
