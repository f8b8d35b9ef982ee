"""What lies in quarantine is taken in after all: through the one door, as from its sender."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from backend.problems import Problem
from surveys.cleaning.models import CleanRow
from surveys.submissions.models import Attachment, Quarantined, Submission
from surveys.submissions.store import StoredFile
from surveys.xforms.models import Form
from sync.auth import forget_callers
from sync.enrol import Enrolled, enrol_device, revoke_device
from sync.intake import admit_quarantined
from tests.device import Tablet, client_door
from tests.openrosa.conftest import ORIGIN, make_form, make_record

pytestmark = pytest.mark.django_db
PHOTO = ("roof.jpg", b"a roof", "image/jpeg")


@pytest.fixture(autouse=True)
def _fresh_door(settings: object, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "attachments"
    forget_callers()


@pytest.fixture
def enrolled() -> Enrolled:
    return enrol_device(name="Tablet 1")


@pytest.fixture
def tablet(enrolled: Enrolled) -> Tablet:
    return Tablet(enrolled.server_url(ORIGIN), client_door(Client()))


@pytest.fixture
def form() -> Form:
    return make_form()


def test_A5_three_records_of_a_revoked_tablet_become_clean_rows_once_a_manager_admits_them(
    tablet: Tablet,
    enrolled: Enrolled,
    form: Form,
    as_alice: Client,
    alice: User,
    drain: Callable[[], int],
) -> None:
    revoke_device(device=enrolled.device)
    for number in range(3):
        assert tablet.send(make_record(f"uuid:{number}"), [PHOTO]).status == 201
    assert drain() == 0

    chosen = {"action": "admit", "_selected_action": list(ids())}
    page = as_alice.post("/admin/submissions/quarantined/", chosen, follow=True).content.decode()

    assert "3 taken in" in page
    drain()
    assert CleanRow.objects.count() == 3
    assert set(Submission.objects.values_list("device_id", "client_device_id", "user_agent")) == {
        (enrolled.device.pk, tablet.device_id, tablet.user_agent)
    }
    assert [a.sha256 for a in Attachment.objects.all()] == [Attachment.objects.first().sha256] * 3
    assert not Quarantined.objects.filter(settled_at=None).exists()
    assert AuditEvent.objects.filter(action="quarantined.admitted", by=alice).count() == 3


def ids() -> list[int]:
    return list(Quarantined.objects.values_list("pk", flat=True))


def test_a_record_of_a_form_that_was_published_since_is_taken_in(
    tablet: Tablet, alice: User
) -> None:
    assert tablet.send(make_record("uuid:1"), [PHOTO]).status == 404
    kept = Quarantined.objects.get()
    with pytest.raises(Problem, match="form_unknown"):
        admit_quarantined(quarantined=kept, by=alice)
    kept.refresh_from_db()
    assert (kept.settled_at, kept.times) == (None, 1)

    make_form()
    first = admit_quarantined(quarantined=kept, by=alice)
    again = admit_quarantined(quarantined=kept, by=alice)

    assert (first.outcome, again.outcome) == ("created", "duplicate")
    assert Submission.objects.get().attachments.get().name == "roof.jpg"


def test_what_still_cannot_be_read_stays_and_the_others_are_taken(
    tablet: Tablet, form: Form, enrolled: Enrolled, as_alice: Client
) -> None:
    tablet.send(b"<data")
    revoke_device(device=enrolled.device)
    forget_callers()
    tablet.send(make_record("uuid:1"))

    chosen = {"action": "admit", "_selected_action": ids()}
    page = as_alice.post("/admin/submissions/quarantined/", chosen, follow=True).content.decode()

    assert "1 taken in" in page
    assert "1 stays here" in page
    assert Quarantined.objects.get(settled_at=None).reason == "xml_malformed"


def test_a_record_that_another_tablet_sent_meanwhile_is_settled_as_the_same(
    tablet: Tablet, form: Form, enrolled: Enrolled
) -> None:
    record = make_record("uuid:1")
    revoke_device(device=enrolled.device)
    tablet.send(record, [PHOTO])
    other = Tablet(enrol_device(name="Tablet 2").server_url(ORIGIN), tablet.door)
    assert other.send(record).status == 201

    receipt = admit_quarantined(quarantined=Quarantined.objects.get())

    assert receipt.outcome == "attachments_added"
    assert Submission.objects.get().attachments.count() == 1


def test_a_supervisor_admits_nothing(
    tablet: Tablet, form: Form, enrolled: Enrolled, as_dilnoza: Client
) -> None:
    revoke_device(device=enrolled.device)
    tablet.send(make_record("uuid:1"))

    as_dilnoza.post(
        "/admin/submissions/quarantined/", {"action": "admit", "_selected_action": ids()}
    )

    assert not Submission.objects.exists()


def test_the_files_of_a_record_in_quarantine_are_those_that_came(
    tablet: Tablet, form: Form, enrolled: Enrolled
) -> None:
    revoke_device(device=enrolled.device)
    record = make_record("uuid:1")
    tablet.post(record, [PHOTO], incomplete=True)
    tablet.post(record, [("door.jpg", b"a door", "image/jpeg")])

    (kept,) = Quarantined.objects.all()
    assert {StoredFile(**file).name for file in kept.attachments} == {"roof.jpg", "door.jpg"}
