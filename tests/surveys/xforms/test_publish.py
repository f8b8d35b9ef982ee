import hashlib
from pathlib import Path

import pytest

from surveys.xforms.models import Form
from surveys.xforms.publish import publish_form
from tests.xlsforms import publish

FORMS = Path(__file__).parents[3] / "data" / "forms"
ROOMS = """
| survey |         |       |           |
|        | type    | name  | label     |
|        | integer | rooms | How many? |
"""


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["registration", "service", "followup"])
def test_md5_is_of_exactly_the_stored_bytes(name: str) -> None:
    version = publish_form(content=(FORMS / f"{name}.xlsx").read_bytes()).version
    version.refresh_from_db()

    assert hashlib.md5(bytes(version.xform)).hexdigest() == version.md5
    assert version.schema.form_id == version.form.form_id


@pytest.mark.django_db
def test_form_written_as_a_table_is_published_and_listed() -> None:
    version = publish(ROOMS, form_id="visit")

    assert [f.key for f in version.schema.fields] == ["rooms"]
    assert Form.objects.listed().get().current == version
