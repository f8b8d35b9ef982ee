"""tuspy as it comes from its makers sends files to the real server over a link that breaks."""

import hashlib
import io
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed
from tusclient.uploader import Uploader

from surveys.submissions.models import Attachment, Submission
from surveys.xforms.models import Form
from sync.enrol import Enrolled
from tests.openrosa.conftest import make_record
from tests.openrosa.server import web_server
from tests.sync.api.breaking_link import BreakingLink
from tests.sync.api.device import JsonTablet

pytestmark = pytest.mark.django_db(transaction=True)

PHOTO = os.urandom(2_000_000)
SHA256 = hashlib.sha256(PHOTO).hexdigest()


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("web")


@pytest.fixture(scope="module")
def server(var: Path, django_db_setup: None, django_db_blocker: object) -> Iterator[str]:
    with web_server(var) as url:
        yield url


def begin(
    link: BreakingLink, token: str, instance_id: str, content: bytes = PHOTO, **options: object
) -> Uploader:
    client = TusClient(f"{link.url}/api/v1/sync/uploads/", {"Authorization": f"Bearer {token}"})
    metadata = {
        "instance_id": instance_id,
        "name": "Сүрөт ӣ.jpg",
        "sha256": hashlib.sha256(content).hexdigest(),
        "filename": "IMG_1.jpg",  # as tus clients add it by themselves
    }
    return client.uploader(file_stream=io.BytesIO(content), metadata=metadata, **options)


def send_on(uploader: Uploader) -> int:
    """As an app does: after a break it asks where to go on. Returns how often that was."""
    for breaks in range(50):
        try:
            uploader.upload()
        except (TusUploadFailed, TusCommunicationError):
            uploader.offset = uploader.get_offset()
        else:
            return breaks
    raise AssertionError("the upload does not get on")


@pytest.fixture
def record(tablet: JsonTablet, form: Form) -> str:
    """Its instanceID; it was pushed and its photo is still on the tablet."""
    instance_id = f"uuid:{uuid.uuid4()}"
    xml = make_record(instance_id).decode()
    assert tablet.push({"key": 1, "instance": xml})[0]["outcome"] == "created"
    return instance_id


def test_sync_6_a_photo_of_2_mb_costs_less_than_2_2_mb_over_a_link_that_breaks_every_200_kb(
    server: str, var: Path, enrolled: Enrolled, record: str
) -> None:
    with BreakingLink(server, life=200_000) as link:
        breaks = send_on(begin(link, enrolled.token, record))

    attached = Attachment.objects.get()
    stored = [path for path in (var / "attachments").rglob("*") if path.is_file()]
    assert (attached.name, attached.size, attached.sha256) == ("Сүрөт ӣ.jpg", 2_000_000, SHA256)
    assert SHA256 in {hashlib.sha256(path.read_bytes()).hexdigest() for path in stored}
    assert breaks >= 10
    assert link.up < 2_200_000


def test_sync_3_pieces_with_checksums_over_a_link_that_breaks(
    server: str, enrolled: Enrolled, record: str
) -> None:
    with BreakingLink(server, life=70_000) as link:
        uploader = begin(
            link, enrolled.token, record, PHOTO[:500_000], chunk_size=30_000, upload_checksum=True
        )
        send_on(uploader)

    assert uploader.get_headers()["Tus-Resumable"] == "1.0.0"
    assert Attachment.objects.get().sha256 == hashlib.sha256(PHOTO[:500_000]).hexdigest()
    assert Submission.objects.get().instance_id == record


def test_sync_3_an_app_that_was_killed_goes_on_by_the_address_or_begins_the_same_again(
    server: str, enrolled: Enrolled, record: str
) -> None:
    with BreakingLink(server, life=300_000) as link:
        first = begin(link, enrolled.token, record)
        with pytest.raises(TusUploadFailed):
            first.upload()
        again = begin(link, enrolled.token, record)
        again.set_url(again.create_url())
        again.offset = again.get_offset()
        send_on(again)

    assert first.url is not None
    assert first.url.rpartition("/")[2] == again.url.rpartition("/")[2]
    assert link.breaks < 10
    assert Attachment.objects.get().sha256 == SHA256
