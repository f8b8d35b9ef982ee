"""Publishing and looking after forms in the console and on the command line."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from surveys.xforms.models import Form
from tests.xlsforms import publish, workbook

ROOMS = """
| survey |         |           |           |
|        | type    | name      | label     |
|        | integer | rooms     | How many? |
|        | text    | resp_name | Who?      |
"""
ROOMS_AS_TEXT = ROOMS.replace("integer", "text   ")


def upload(content: bytes, name: str = "form.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_command_takes_renamings_and_says_which_cannot_be(tmp_path: Path, db: None) -> None:
    publish(ROOMS, version="1")
    file = tmp_path / "form.xlsx"
    file.write_bytes(workbook(ROOMS.replace("rooms    ", "n_rooms  "), version="2"))

    with pytest.raises(CommandError, match="resp_name cannot be the earlier"):
        call_command("publish_xlsform", str(file), renamed=["resp_name=n_rooms"])
    assert Form.objects.get().versions.count() == 1
    call_command("publish_xlsform", str(file), renamed=["rooms=n_rooms"], stdout=StringIO())

    assert Form.objects.get().versions.get(version="2").renamed == {"n_rooms": "rooms"}


@pytest.mark.parametrize("address", ["add", "publish"])
def test_publishing_in_the_console_leads_to_its_own_page(as_alice: Client, address: str) -> None:
    answer = as_alice.get(f"/admin/xforms/form/{address}/")

    assert answer.headers["Location"] == "/forms/upload/"


def test_form_page_shows_its_versions_and_offers_them(as_alice: Client) -> None:
    version = publish(ROOMS)

    page = as_alice.get(f"/admin/xforms/form/{version.form_id}/change/").content.decode()
    base = f"/forms/versions/{version.pk}"
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
