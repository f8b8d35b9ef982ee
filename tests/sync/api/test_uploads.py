"""Attachments in pieces: every rule of tus 1.0.0 that we offer (`sync.md` 3)."""

import base64
import hashlib
import io
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.audit.models import AuditEvent
from backend.problems import Problem
from surveys.submissions.models import Attachment, Quarantined, Submission
from surveys.submissions.partial import PARTIAL
from surveys.xforms.models import Form
from sync.auth import forget_callers
from sync.enrol import Enrolled, enrol_device, revoke_device, rotate_token
from sync.models import Upload
from sync.tasks import attach_waiting_uploads_task, expire_uploads_task
from sync.uploads import end_upload, receive_pieces
from tests.openrosa.conftest import make_form, make_record
from tests.sync.api.device import JsonTablet

UPLOADS = "/api/v1/sync/uploads/"
BYTES_TYPE = "application/offset+octet-stream"
PHOTO = bytes(range(256)) * 40


def encoded(values: Mapping[str, str]) -> str:
    return ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in values.items())


class TusClient:
    """The requests of a tus client, one by one."""

    def __init__(self, token: str) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.headers = {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}

    def send(
        self, method: str, url: str, body: bytes = b"", kind: str = "", **headers: str
    ) -> HttpResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(method, url, body, kind, headers={**self.headers, **named})

    def create(
        self,
        content: bytes = PHOTO,
        *,
        name: str = "1.jpg",
        instance_id: str = "uuid:1",
        sha256: str | None = None,
        body: bytes = b"",
        **headers: str,
    ) -> HttpResponse:
        digest = hashlib.sha256(content).hexdigest() if sha256 is None else sha256
        about = {"instance_id": instance_id, "name": name, "filetype": "image/jpeg"}
        if digest:
            about["sha256"] = digest
        usual = {"Upload_Length": str(len(content)), "Upload_Metadata": encoded(about)}
        kind = BYTES_TYPE if body else ""
        return self.send("POST", UPLOADS, body, kind, **{**usual, **headers})

    def patch(self, url: str, body: bytes, at: int | str = 0, **headers: str) -> HttpResponse:
        return self.send("PATCH", url, body, BYTES_TYPE, Upload_Offset=str(at), **headers)

    def head(self, url: str) -> HttpResponse:
        return self.send("HEAD", url)

    def upload(self, content: bytes = PHOTO, **about: str) -> str:
        """Created and sent in one PATCH; its address."""
        url = self.create(content, **about)["Location"]
        assert self.patch(url, content).status_code == 204
        return url


@pytest.fixture
def tus(enrolled: Enrolled) -> TusClient:
    return TusClient(enrolled.token)


@pytest.fixture
def other(db: None) -> TusClient:
    return TusClient(enrol_device(name="Tablet 2").token)


@pytest.fixture
def record(tablet: JsonTablet, form: Form) -> Submission:
    """A record of the tablet, processed."""
    tablet.push({"key": "1", "instance": make_record("uuid:1").decode()})
    Submission.objects.update(state=Submission.State.PROCESSED)
    return Submission.objects.get()


def code(answer: HttpResponse) -> str:
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Tus-Resumable"] == "1.0.0"
    return answer.json()["code"]


def partial_files() -> list[Path]:
    return sorted((Path(django_settings.MEDIA_ROOT) / PARTIAL).glob("*"))


def kept(content: bytes) -> bool:
    digest = hashlib.sha256(content).hexdigest()
    place = Path(django_settings.MEDIA_ROOT) / digest[:2] / digest[2:4] / digest
    return place.is_file() and place.read_bytes() == content


# --- The protocol's core --------------------------------------------------------------------------


def test_sync_3_options_says_what_we_can_without_a_token() -> None:
    for url in (UPLOADS, f"{UPLOADS}{uuid.uuid4()}"):
        answer = Client().options(url)

        assert answer.status_code == 204
        assert answer["Tus-Version"] == "1.0.0"
        extensions = "creation,creation-with-upload,checksum,expiration,termination"
        assert answer["Tus-Extension"] == extensions
        assert answer["Tus-Max-Size"] == str(500 * 1024**2)
        assert answer["Tus-Checksum-Algorithm"] == "sha1,sha256"


def test_sync_3_a_file_in_pieces_reaches_its_record_and_wakes_it(
    tus: TusClient, record: Submission
) -> None:
    created = tus.create()
    url = created["Location"]
    assert (created.status_code, created["Upload-Offset"]) == (201, "0")
    assert url.startswith(f"http://testserver{UPLOADS}")

    for at in (0, 4096, 8192):
        answer = tus.patch(url, PHOTO[at : at + 4096], at)
        assert answer.status_code == 204
        assert answer["Upload-Offset"] == str(min(at + 4096, len(PHOTO)))

    (stored,) = Attachment.objects.all()
    assert (stored.submission_id, stored.name, stored.size) == (record.pk, "1.jpg", len(PHOTO))
    assert stored.content_type == "image/jpeg"
    assert kept(PHOTO)
    assert not partial_files()
    record.refresh_from_db()
    assert record.state == Submission.State.RECEIVED
    assert AuditEvent.objects.filter(action="submission.attachments_added").count() == 1


def test_sync_3_head_tells_where_to_go_on(tus: TusClient, record: Submission) -> None:
    url = tus.create()["Location"]
    tus.patch(url, PHOTO[:100])

    for at in (100, len(PHOTO)):
        answer = tus.head(url)
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer["Upload-Offset"] == str(at)
        assert answer["Upload-Length"] == str(len(PHOTO))
        assert answer["Cache-Control"] == "no-store"
        tus.patch(url, PHOTO[100:], 100)


def test_sync_3_head_repeats_what_the_file_is(tus: TusClient) -> None:
    url = tus.create(name="Сүрөт ӣ.jpg", instance_id="uuid:7")["Location"]

    told = dict(pair.split(" ") for pair in tus.head(url)["Upload-Metadata"].split(","))

    assert {key: base64.b64decode(text).decode() for key, text in told.items()} == {
        "instance_id": "uuid:7",
        "name": "Сүрөт ӣ.jpg",
        "sha256": hashlib.sha256(PHOTO).hexdigest(),
        "filetype": "image/jpeg",
    }


@pytest.mark.parametrize("at", ["1", "99", str(10**14)])
def test_sync_3_an_offset_that_lies_is_409_and_changes_nothing(tus: TusClient, at: str) -> None:
    url = tus.create()["Location"]
    tus.patch(url, PHOTO[:100])

    answer = tus.patch(url, PHOTO[100:], at)

    assert (answer.status_code, code(answer)) == (409, "upload_offset_wrong")
    assert answer.json()["offset"] == 100
    assert tus.head(url)["Upload-Offset"] == "100"


@pytest.mark.parametrize("at", ["", "-1", "1e3", "٣", "9" * 30, "0x10", "1 0"])
def test_sync_3_an_offset_that_is_no_number_is_400(tus: TusClient, at: str) -> None:
    url = tus.create()["Location"]
    answer = tus.patch(url, PHOTO, at.encode().decode("latin-1"))
    assert (answer.status_code, code(answer)) == (400, "upload_malformed")


def test_sync_3_a_body_beyond_the_length_is_400_and_nothing_of_it_kept(tus: TusClient) -> None:
    url = tus.create()["Location"]

    answer = tus.patch(url, PHOTO + b"x")

    assert (answer.status_code, code(answer)) == (400, "upload_malformed")
    assert tus.head(url)["Upload-Offset"] == "0"


def test_sync_3_another_content_type_is_415(tus: TusClient) -> None:
    url = tus.create()["Location"]
    answer = tus.send("PATCH", url, PHOTO, "image/jpeg", Upload_Offset="0")
    assert (answer.status_code, code(answer)) == (415, "upload_type_wrong")


@pytest.mark.parametrize("version", ["0.2.2", "", "1.0"])
def test_sync_3_another_version_is_412_and_told_ours(tus: TusClient, version: str) -> None:
    tus.headers["Tus-Resumable"] = version
    answer = tus.create()

    assert (answer.status_code, code(answer)) == (412, "tus_version_unknown")
    assert answer["Tus-Version"] == "1.0.0"
    assert not Upload.objects.exists()


def test_sync_3_an_unknown_upload_is_404(tus: TusClient) -> None:
    url = f"{UPLOADS}{uuid.uuid4()}"
    assert tus.head(url).status_code == 404
    assert "Upload-Offset" not in tus.head(url)
    assert code(tus.patch(url, PHOTO)) == "not_found"
    assert code(tus.send("DELETE", url)) == "not_found"
    assert tus.head(f"{UPLOADS}nothing").status_code == 404


def test_sync_3_a_method_we_do_not_offer_is_405(tus: TusClient) -> None:
    url = tus.create()["Location"]
    assert code(tus.send("GET", url)) == "method_not_allowed"
    assert code(tus.send("PUT", UPLOADS)) == "method_not_allowed"


def test_sync_3_a_client_may_say_the_method_in_a_header(tus: TusClient) -> None:
    url = tus.create()["Location"]
    override = {"X_HTTP_Method_Override": "PATCH"}

    answer = tus.send("POST", url, PHOTO[:9], BYTES_TYPE, Upload_Offset="0", **override)
    assert (answer.status_code, answer["Upload-Offset"]) == (204, "9")
    assert tus.send("POST", url, X_HTTP_Method_Override="DELETE").status_code == 204
    assert tus.head(url).status_code == 404


def test_sync_3_without_a_token_nothing_is_taken(tus: TusClient) -> None:
    url = tus.create()["Location"]
    tus.headers["Authorization"] = "Bearer nobody"
    assert tus.create().status_code == 403
    tus.headers["Authorization"] = ""
    assert tus.create().status_code == 401
    assert tus.patch(url, PHOTO).status_code == 401


# --- Creation -------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", ["", "-5", "many", "1.5", "9" * 40])
def test_sync_3_a_length_that_is_no_number_is_400(tus: TusClient, length: str) -> None:
    answer = tus.create(Upload_Length=length)
    assert (answer.status_code, code(answer)) == (400, "upload_malformed")
    assert "Upload-Length" in answer.json()["detail"]


def test_sync_3_a_length_to_be_told_later_is_400(tus: TusClient) -> None:
    answer = tus.create(Upload_Defer_Length="1")
    assert (answer.status_code, code(answer)) == (400, "upload_malformed")


def test_sync_3_a_file_beyond_the_limit_is_413(tus: TusClient, settings: object) -> None:
    settings.MAX_UPLOAD_BYTES = 5 * 1024**2
    answer = tus.create(Upload_Length=str(5 * 1024**2 + 1))

    assert (answer.status_code, code(answer)) == (413, "upload_too_large")
    assert answer.json()["limit_mb"] == 5
    assert Client().options(UPLOADS)["Tus-Max-Size"] == str(5 * 1024**2)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("", "instance_id"),
        ("instance_id dXVpZDox", "name"),
        ("instance_id dXVpZDox,name", "name"),
        ("instance_id %%%,name YQ==", "instance_id is not Base64"),
        ("instance_id dXVpZDox,name YQ=", "name is not Base64"),
        ("instance_id dXVpZDox,name /w==", "name is not UTF-8"),
        ("instance_id dXVpZDox,name YQ==,name Yg==", "name twice"),
        ("instance_id dXVpZDox,name YQ==,sha256 YQ==", "sha256 must be"),
        (f"instance_id {base64.b64encode(b'x' * 256).decode()},name YQ==", "longer than 255"),
    ],
)
def test_sync_3_metadata_that_cannot_be_read_is_400_and_names_the_key(
    tus: TusClient, header: str, said: str
) -> None:
    answer = tus.create(Upload_Metadata=header)
    assert (answer.status_code, code(answer)) == (400, "upload_malformed")
    assert said in answer.json()["detail"]


def test_sync_3_keys_we_do_not_know_mean_nothing(tus: TusClient) -> None:
    known = encoded({"instance_id": "uuid:1", "name": "1.jpg"})
    assert tus.create(Upload_Metadata=f"is_confidential, {known} ,x eA==").status_code == 201


def test_sync_3_a_name_is_that_of_the_record(tus: TusClient, record: Submission) -> None:
    tus.upload(name="../../etc/Сүрөт\0 1.jpg")
    assert Attachment.objects.get().name == "Сүрөт 1.jpg"


def test_sync_3_the_first_bytes_may_come_with_the_creation(
    tus: TusClient, record: Submission
) -> None:
    answer = tus.create(body=PHOTO[:1000])
    assert (answer.status_code, answer["Upload-Offset"]) == (201, "1000")
    assert tus.patch(answer["Location"], PHOTO[1000:], 1000).status_code == 204

    whole = tus.create(b"all of it", name="2.jpg", body=b"all of it")
    assert (whole.status_code, whole["Upload-Offset"]) == (201, "9")
    assert Attachment.objects.count() == 2


def test_sync_3_a_file_without_bytes_is_whole_at_once(tus: TusClient, record: Submission) -> None:
    answer = tus.create(b"")
    assert (answer.status_code, answer["Upload-Offset"]) == (201, "0")
    assert Attachment.objects.get().size == 0
    assert kept(b"")


def test_sync_3_the_same_file_again_is_the_same_upload(tus: TusClient) -> None:
    first = tus.create()
    tus.patch(first["Location"], PHOTO[:77])

    again = tus.create(body=PHOTO[:50])  # a client that forgot; its first bytes are here

    assert again["Location"] == first["Location"]
    assert again["Upload-Offset"] == "77"
    assert tus.create(name="2.jpg")["Location"] != first["Location"]
    assert tus.create(PHOTO + b"x")["Location"] != first["Location"]


def test_sync_3_without_a_sha256_the_same_name_and_size_may_be_other_bytes(
    tus: TusClient, record: Submission
) -> None:
    tus.upload(b"one", sha256="")
    tus.upload(b"two", sha256="")

    stored = Attachment.objects.order_by("alternate")
    assert [(each.name, each.alternate) for each in stored] == [("1.jpg", 0), ("1.jpg", 1)]
    assert kept(b"one")
    assert kept(b"two")


def test_sync_3_bytes_this_tablet_has_sent_before_need_not_be_sent_again(
    tus: TusClient, tablet: JsonTablet, record: Submission
) -> None:
    tus.upload()
    tablet.push({"key": "2", "instance": make_record("uuid:2", deprecated_id="uuid:1").decode()})

    again = tus.create(instance_id="uuid:2")

    assert again["Upload-Offset"] == str(len(PHOTO))
    assert Attachment.objects.filter(submission__instance_id="uuid:2").count() == 1


def test_sync_3_the_bytes_of_another_tablet_are_not_to_be_had_by_their_sha256(
    tus: TusClient, other: TusClient, record: Submission
) -> None:
    tus.upload()
    assert other.create(instance_id="uuid:9")["Upload-Offset"] == "0"


def test_sync_3_the_location_is_the_public_address(tus: TusClient, settings: object) -> None:
    settings.PUBLIC_URL = "https://oila.example.org"
    assert tus.create()["Location"].startswith(f"https://oila.example.org{UPLOADS}")


# --- Checksums ------------------------------------------------------------------------------------


def checksum(body: bytes, algorithm: str = "sha1") -> dict[str, str]:
    digest = base64.b64encode(hashlib.new(algorithm, body).digest()).decode()
    return {"Upload_Checksum": f"{algorithm} {digest}"}


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_sync_3_a_right_checksum_is_taken(tus: TusClient, algorithm: str) -> None:
    url = tus.create()["Location"]
    answer = tus.patch(url, PHOTO[:50], **checksum(PHOTO[:50], algorithm))
    assert (answer.status_code, answer["Upload-Offset"]) == (204, "50")


def test_sync_3_a_wrong_checksum_is_460_and_its_bytes_are_taken_back(tus: TusClient) -> None:
    url = tus.create()["Location"]
    tus.patch(url, PHOTO[:50])

    answer = tus.patch(url, b"damaged", 50, **checksum(b"as it was"))

    assert (answer.status_code, code(answer)) == (460, "upload_checksum_wrong")
    assert tus.head(url)["Upload-Offset"] == "50"
    assert tus.patch(url, PHOTO[50:], 50).status_code == 204


def test_sync_3_a_wrong_checksum_of_the_last_bytes_stores_nothing(
    tus: TusClient, record: Submission
) -> None:
    url = tus.create()["Location"]
    assert tus.patch(url, PHOTO, **checksum(b"other")).status_code == 460
    assert not Attachment.objects.exists()
    assert tus.head(url)["Upload-Offset"] == "0"


@pytest.mark.parametrize("header", ["md5 YQ==", "sha1", "sha1 %%", "YQ=="])
def test_sync_3_a_checksum_that_cannot_be_read_is_400(tus: TusClient, header: str) -> None:
    url = tus.create()["Location"]
    answer = tus.patch(url, PHOTO, Upload_Checksum=header)
    assert answer.status_code == (460 if header == "sha1" else 400)
    assert tus.head(url)["Upload-Offset"] == "0"


def test_sync_3_a_file_that_is_not_the_promised_one_is_to_be_sent_anew(
    tus: TusClient, record: Submission
) -> None:
    url = tus.create()["Location"]
    damaged = b"x" + PHOTO[1:]

    answer = tus.patch(url, damaged)

    assert (answer.status_code, code(answer)) == (460, "upload_sha256_wrong")
    assert not Attachment.objects.exists()
    assert not kept(damaged)
    assert tus.head(url)["Upload-Offset"] == "0"
    assert tus.patch(url, PHOTO).status_code == 204
    assert kept(PHOTO)


# --- Whose it is ----------------------------------------------------------------------------------


def test_sync_3_an_upload_of_another_tablet_is_not_there(tus: TusClient, other: TusClient) -> None:
    url = tus.create()["Location"]
    assert other.head(url).status_code == 404
    assert other.patch(url, PHOTO).status_code == 404
    assert other.send("DELETE", url).status_code == 404
    assert tus.head(url)["Upload-Offset"] == "0"


def test_sync_3_a_file_for_another_tablets_record_is_403(
    other: TusClient, record: Submission
) -> None:
    answer = other.create()
    assert (answer.status_code, code(answer)) == (403, "upload_forbidden")
    assert not Upload.objects.exists()


def test_sync_3_a_file_that_waited_never_goes_to_another_tablets_record(
    tus: TusClient, other: TusClient, tablet: JsonTablet, form: Form
) -> None:
    other.upload()
    tablet.push({"key": "1", "instance": make_record("uuid:1").decode()})
    attach_waiting_uploads_task()

    assert not Attachment.objects.exists()
    assert Upload.objects.get().submission_id is None


def test_sync_3_a_replaced_token_may_still_send_its_files(
    enrolled: Enrolled, tus: TusClient, record: Submission
) -> None:
    url = tus.create()["Location"]
    rotate_token(device=enrolled.device)
    forget_callers()
    assert tus.patch(url, PHOTO).status_code == 204


def test_sync_3_a_revoked_tablet_may_still_send_its_files(
    enrolled: Enrolled, tus: TusClient, record: Submission
) -> None:
    url = tus.create()["Location"]
    revoke_device(device=enrolled.device)
    forget_callers()
    assert tus.patch(url, PHOTO).status_code == 204


# --- Before their record --------------------------------------------------------------------------


def test_sync_3_files_may_come_before_their_record_of_any_protocol(
    tus: TusClient, enrolled: Enrolled, form: Form, drain: Callable[[], int]
) -> None:
    url = tus.upload()
    upload = Upload.objects.get()
    assert upload.stored_at is not None
    assert kept(PHOTO)

    Client().post(
        f"/key/{enrolled.token}/submission",
        {"xml_submission_file": xml_file(make_record("uuid:1"))},
    )
    drain()
    attach_waiting_uploads_task()

    stored = Attachment.objects.get()
    assert stored.submission.instance_id == "uuid:1"
    assert stored.submission.state == Submission.State.RECEIVED
    assert tus.head(url)["Upload-Offset"] == str(len(PHOTO))
    attach_waiting_uploads_task()
    assert Attachment.objects.count() == 1


def xml_file(content: bytes) -> object:
    return io.BytesIO(content)


def test_sync_3_a_deleted_record_keeps_the_file_and_stays_deleted(
    tus: TusClient, record: Submission
) -> None:
    Submission.objects.update(deleted_at=timezone.now())
    tus.upload()

    record.refresh_from_db()
    assert record.attachments.count() == 1
    assert record.state == Submission.State.PROCESSED


# --- Announced with a push ------------------------------------------------------------------------


def announced(content: bytes, name: str = "1.jpg") -> dict[str, object]:
    digest = hashlib.sha256(content).hexdigest()
    return {"name": name, "size": len(content), "sha256": digest}


def pushed(tablet: JsonTablet, *files: dict[str, object]) -> dict[str, object]:
    instance = make_record("uuid:1").decode()
    (result,) = tablet.push({"key": "1", "instance": instance, "attachments": list(files)})
    return result


def test_sync_2_a_push_says_of_each_file_whether_and_where_to_send_it(
    tus: TusClient, tablet: JsonTablet, form: Form
) -> None:
    result = pushed(tablet, announced(PHOTO))
    (file,) = result["attachments"]
    assert (file["name"], file["state"]) == ("1.jpg", "missing")
    assert file["upload"].startswith(UPLOADS)

    assert tus.patch(file["upload"], PHOTO).status_code == 204

    again = pushed(tablet, announced(PHOTO), announced(b"more", "2.jpg"))
    assert again["outcome"] == "duplicate"
    assert [each["state"] for each in again["attachments"]] == ["stored", "missing"]
    assert again["attachments"][0].keys() == {"name", "state"}


def test_sync_2_files_that_waited_are_attached_by_the_push_of_their_record(
    tus: TusClient, tablet: JsonTablet, form: Form
) -> None:
    tus.upload()
    result = pushed(tablet, announced(PHOTO))
    assert result["outcome"] == "created"
    assert [each["state"] for each in result["attachments"]] == ["stored"]
    assert Attachment.objects.get().submission == Submission.objects.get()


def test_sync_2_who_has_the_record_may_send_its_files_though_another_tablet_was_first(
    other: TusClient, record: Submission
) -> None:
    token = other.headers["Authorization"].removeprefix("Bearer ")
    second = JsonTablet(Client(), token)
    (file,) = pushed(second, announced(PHOTO))["attachments"]

    assert other.patch(file["upload"], PHOTO).status_code == 204

    assert Attachment.objects.get().submission == record


def test_sync_2_a_file_too_large_is_refused_and_its_record_taken(
    tablet: JsonTablet, form: Form
) -> None:
    result = pushed(tablet, {"name": "v.mp4", "size": 10**12, "sha256": "0" * 64})
    assert result["outcome"] == "created"
    (file,) = result["attachments"]
    assert (file["state"], file["problem"]) == ("refused", {"code": "upload_too_large"})


def test_sync_2_a_file_of_untold_size_is_missing_without_an_upload(
    tablet: JsonTablet, form: Form
) -> None:
    (file,) = pushed(tablet, {"name": "1.jpg"})["attachments"]
    assert file == {"name": "1.jpg", "state": "missing"}
    assert not Upload.objects.exists()


def with_files(number: int, *files: dict[str, object]) -> dict[str, object]:
    instance = make_record(f"uuid:{number}").decode()
    return {"key": str(number), "instance": instance, "attachments": list(files)}


def test_sync_2_files_of_many_records_cost_as_many_questions_as_those_of_one(
    tablet: JsonTablet, form: Form
) -> None:
    """Only the record itself is a statement more, for each is committed by itself."""
    asked = []
    for numbers in (range(1), range(1, 2), range(2, 22)):
        items = [with_files(n, announced(b"a%d" % n), announced(b"b", "2.jpg")) for n in numbers]
        with CaptureQueriesContext(connection) as queries:
            results = tablet.push(*items)
        assert all(file["upload"] for each in results for file in each["attachments"])
        asked.append(len(queries))
    assert Upload.objects.count() == 44
    assert asked[2] == asked[1] + 19


def test_sync_2_a_record_that_stands_twice_is_told_one_upload(
    tablet: JsonTablet, form: Form
) -> None:
    first, second = tablet.push(with_files(1, announced(PHOTO)), with_files(1, announced(PHOTO)))
    assert (first["outcome"], second["outcome"]) == ("created", "duplicate")
    assert first["attachments"] == second["attachments"]
    assert Upload.objects.count() == 1


def test_sync_2_files_that_waited_count_for_the_first_of_two_in_one_push(
    tus: TusClient, tablet: JsonTablet, form: Form
) -> None:
    tus.upload()
    results = tablet.push(with_files(1, announced(PHOTO)), with_files(1, announced(PHOTO)))
    assert [each["outcome"] for each in results] == ["created", "duplicate"]


@pytest.mark.django_db(transaction=True)
def test_sync_2_a_file_that_fails_is_missing_and_other_records_have_theirs(
    tablet: JsonTablet, form: Form
) -> None:
    """A file without bytes is whole at once, but for a disk that takes no folder."""
    Path(django_settings.MEDIA_ROOT).mkdir(parents=True)
    (Path(django_settings.MEDIA_ROOT) / PARTIAL).write_bytes(b"no folder")

    results = tablet.push(
        with_files(0, announced(PHOTO)),
        with_files(1, announced(b"")),
        with_files(2, announced(PHOTO)),
    )

    assert [each["outcome"] for each in results] == ["created"] * 3
    files = [file for each in results for file in each["attachments"]]
    assert [file["state"] for file in files] == ["missing"] * 3
    assert Upload.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_sync_2_answers_kept_apart_under_an_endless_id_are_told_where_their_files_go(
    tablet: JsonTablet, form: Form
) -> None:
    endless = {
        **{"key": "e", "form_id": form.form_id, "version": "1", "instance_id": "x" * 300},
        "answers": {"nobody asked": "1"},
        "attachments": [announced(PHOTO)],
    }
    (result,) = tablet.push(endless)
    assert (result["outcome"], result["problem"]["code"]) == ("quarantined", "answers_invalid")
    assert result["attachments"][0]["upload"]
    assert Quarantined.objects.get().instance_id == Upload.objects.get().instance_id


# --- The end --------------------------------------------------------------------------------------


def test_sync_3_a_file_goes_to_the_tablets_own_record_of_two_with_one_id(
    tus: TusClient, record: Submission, other: TusClient
) -> None:
    make_form("service")
    theirs = JsonTablet(Client(), other.headers["Authorization"].removeprefix("Bearer "))
    theirs.push({"key": 1, "instance": make_record("uuid:1", form_id="service").decode()})

    tus.upload()

    assert Attachment.objects.get().submission_id == record.pk


def test_sync_3_an_upload_that_ends_while_its_last_bytes_come_is_404(tus: TusClient) -> None:
    upload = Upload.objects.get(pk=tus.create()["Location"].rpartition("/")[2])

    def last_pieces() -> Iterator[bytes]:
        yield PHOTO
        end_upload(Upload.objects.get(pk=upload.pk))

    with pytest.raises(Problem) as told:
        receive_pieces(upload, last_pieces(), at=0, length=len(PHOTO))

    assert told.value.code == "not_found"
    assert not partial_files()


def test_sync_3_an_ended_upload_is_gone_with_its_bytes(tus: TusClient) -> None:
    url = tus.create()["Location"]
    tus.patch(url, PHOTO[:100])

    assert tus.send("DELETE", url).status_code == 204

    assert not partial_files()
    assert tus.patch(url, PHOTO[100:], 100).status_code == 404


def test_sync_3_every_answer_says_when_an_upload_ends(tus: TusClient) -> None:
    created = tus.create()
    url = created["Location"]
    for answer in (created, tus.head(url), tus.patch(url, PHOTO[:1])):
        left = parsedate_to_datetime(answer["Upload-Expires"]) - timezone.now()
        assert timedelta(days=29, hours=23) < left <= timedelta(days=30)


def test_sync_3_an_unfinished_upload_expires_first_its_bytes_then_its_row(tus: TusClient) -> None:
    url = tus.create()["Location"]
    tus.patch(url, PHOTO[:100])
    fresh = tus.create(name="2.jpg")["Location"]
    tus.patch(fresh, PHOTO[:100])
    Upload.objects.filter(name="1.jpg").update(expires_at=timezone.now() - timedelta(seconds=1))

    answer = tus.patch(url, PHOTO[100:], 100)
    assert (answer.status_code, code(answer)) == (410, "upload_expired")
    assert tus.create()["Location"] != url  # begun anew

    expire_uploads_task()

    assert tus.head(url).status_code == 404
    assert tus.head(fresh)["Upload-Offset"] == "100"
    assert len(partial_files()) == 1


def test_sync_3_a_whole_file_waits_for_its_record_without_end(
    tus: TusClient, tablet: JsonTablet, form: Form
) -> None:
    tus.upload()
    Upload.objects.update(expires_at=timezone.now() - timedelta(days=300))
    expire_uploads_task()
    tablet.push({"key": "1", "instance": make_record("uuid:1").decode()})
    attach_waiting_uploads_task()

    assert Attachment.objects.count() == 1
    expire_uploads_task()
    assert not Upload.objects.exists()
    assert kept(PHOTO)


def test_sync_3_bytes_that_no_row_knows_are_swept_a_month_later(tus: TusClient) -> None:
    url = tus.create()["Location"]
    tus.patch(url, PHOTO[:100])
    (path,) = partial_files()
    Upload.objects.all().delete()
    expire_uploads_task()
    assert path.exists()

    month_ago = timezone.now().timestamp() - 32 * 86400
    os.utime(path, (month_ago, month_ago))
    expire_uploads_task()
    assert not path.exists()


# --- Servers die too ------------------------------------------------------------------------------


def test_sync_3_what_was_whole_when_the_server_died_is_finished_at_the_next_look(
    tus: TusClient, record: Submission
) -> None:
    url = tus.create()["Location"]
    tus.patch(url, PHOTO[:100])
    (path,) = partial_files()
    path.write_bytes(PHOTO)  # the last bytes were written, and no more

    assert tus.head(url)["Upload-Offset"] == str(len(PHOTO))

    assert Attachment.objects.count() == 1
    assert kept(PHOTO)


def test_sync_3_after_lost_bytes_the_offset_is_what_is_there(tus: TusClient) -> None:
    url = tus.create()["Location"]
    tus.patch(url, PHOTO[:100])
    (path,) = partial_files()
    path.write_bytes(PHOTO[:60])  # what a power cut may do

    assert tus.head(url)["Upload-Offset"] == "60"
    assert tus.patch(url, PHOTO[60:], 60).status_code == 204
