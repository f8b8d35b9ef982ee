"""The programme's own forms, from the list to the follow-up's household list and back."""

from pathlib import Path

import pytest

from surveys.entities.models import Entity
from surveys.lifecycle.process import process_waiting
from surveys.submissions.models import Submission
from surveys.xforms.publish import publish_form
from tests.device import Tablet

pytestmark = pytest.mark.django_db
FORMS = Path("data/forms")


def registration(form: dict[str, str], entity_id: str) -> bytes:
    """As little of a registration as makes a household."""
    return (
        f'<data id="{form["formID"]}" version="{form["version"]}"'
        ' xmlns:orx="http://openrosa.org/xforms"><meta>'
        f"<orx:instanceID>uuid:{entity_id}</orx:instanceID>"
        f'<entity dataset="households" id="{entity_id}" create="1"><label>Ali</label></entity>'
        "</meta></data>"
    ).encode()


def test_a_registered_household_is_on_the_follow_ups_list(tablet: Tablet) -> None:
    for name in ("registration", "service", "followup"):
        publish_form(content=(FORMS / f"{name}.xlsx").read_bytes())
    forms = {form["formID"]: form for form in tablet.form_list()}
    assert len(forms) == 3
    for form in forms.values():
        assert tablet.fetch_form(form)
    choosing = [form for form in forms.values() if tablet.manifest(form)]
    assert len(choosing) == 2
    before = [file["hash"] for form in choosing for file in tablet.manifest(form)]
    first = next(form for form in forms.values() if form not in choosing)
    entity_id = "0c4a4f0e-1111-4aaa-8bbb-000000000002"

    assert tablet.send(registration(first, entity_id)).status == 201
    while process_waiting():
        pass

    assert Submission.objects.get().state == Submission.State.PROCESSED
    assert str(Entity.objects.get().pk) == entity_id
    files = [file for form in choosing for file in tablet.manifest(form)]
    assert not set(before) & {file["hash"] for file in files}
    for file in files:
        assert entity_id in tablet.get(file["downloadUrl"]).content.decode()
        gone = tablet.get(f"{file['integrityUrl']}?id={entity_id}").xml.findtext(".//deleted")
        assert gone == "false"
