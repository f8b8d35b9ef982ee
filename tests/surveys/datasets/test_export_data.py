"""manage.py export_data."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from openpyxl import load_workbook

from backend.accounts.models import User
from surveys.xforms.models import Form
from tests.surveys.datasets.records import make_record

pytestmark = pytest.mark.django_db(transaction=True)


def test_command_writes_a_workbook_with_labels(form: Form, root: User, tmp_path: Path) -> None:
    make_record(form, {"country": "KG"}, members=[{"age": 3}])
    out = StringIO()
    call_command("export_data", "visit", tmp_path / "visit.xlsx", "--labels", "en", stdout=out)
    assert out.getvalue() == "visit: 1 rows\nmember: 1 rows\n"
    cells = [cell.value for cell in load_workbook(tmp_path / "visit.xlsx")["visit"][2]]
    assert "Kyrgyzstan" in cells


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nosuch"], "nothing at this address"),
        (["visit", "--labels", "fr"], "Русский"),
        (["visit", "--as", "nobody"], "nobody"),
    ],
)
def test_command_says_what_is_wrong(
    form: Form, root: User, tmp_path: Path, words: list[str], said: str
) -> None:
    form_id, *options = words
    with pytest.raises(CommandError, match=said):
        call_command("export_data", form_id, tmp_path / "x.xlsx", *options)
