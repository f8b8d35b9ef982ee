"""Section 4: submissions, one test or more for each of S1 to S15."""

import hashlib
import unicodedata
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.audit.models import AuditEvent
from surveys.submissions.models import Attachment, Quarantined, Submission
from surveys.xforms.models import Form
from tests.device import Tablet, multipart
from tests.openrosa.conftest import make_record, make_version

pytestmark = pytest.mark.django_db

PHOTO = ("1700000000001.jpg", b"\xff\xd8 a photo", "image/jpeg")


def stored_bytes(attachment: Attachment, settings: object) -> bytes:
    return (Path(settings.MEDIA_ROOT) / attachment.relative_path).read_bytes()


def post_parts(tablet: Tablet, *parts: tuple[str, str | None, str, bytes]) -> int:
    """A POST of our own making; its status."""
    body, content_type = multipart(parts)
    headers = {"Content-Type": content_type}
    return tablet._send("POST", f"{tablet.server_url}/submission", headers, body).status


# --- S1, S2: before the POST ---------------------------------------------------------------------


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_S1_preflight_is_204_with_the_size_of_a_post(method: str, tablet: Tablet) -> None:
    answer = tablet._send(method, f"{tablet.server_url}/submission", {})

    assert answer.status == 204
    assert answer.body == b""
    assert answer.headers["x-openrosa-accept-content-length"] == "10000000"
    assert "location" not in answer.headers


def test_S1_preflight_asks_the_database_nothing(tablet: Tablet) -> None:
    url = f"{tablet.server_url}/submission"
    tablet.head(url)

    with CaptureQueriesContext(connection) as queries:
        tablet.head(url)

    assert len(queries) == 0


def test_S2_enketo_is_told_a_larger_size(tablet: Tablet) -> None:
    tablet.user_agent = "Enketo/7.6.4 Mozilla/5.0"

    answer = tablet.head(f"{tablet.server_url}/submission")

    assert answer.headers["x-openrosa-accept-content-length"] == "100000000"


# --- S3 to S7: the POST --------------------------------------------------------------------------


def test_S3_the_record_and_its_files_are_stored_as_sent(
    tablet: Tablet, form: Form, settings: object
) -> None:
    xml = make_record("uuid:1")

    answer = tablet.send(xml, [PHOTO])

    assert answer.status == 201
    stored = Submission.objects.get()
    assert bytes(stored.raw_xml) == xml
    assert bytes(stored.sha256) == hashlib.sha256(xml).digest()
    assert (stored.instance_id, stored.form_version) == ("uuid:1", form.current)
    (attachment,) = stored.attachments.all()
    assert (attachment.name, attachment.content_type) == (PHOTO[0], "image/jpeg")
    assert attachment.size == len(PHOTO[1])
    assert stored_bytes(attachment, settings) == PHOTO[1]


def test_S3_parts_come_in_any_order(tablet: Tablet, form: Form) -> None:
    photo = (PHOTO[0], PHOTO[0], PHOTO[2], PHOTO[1])
    record = ("xml_submission_file", "any name.xml", "text/xml", make_record())

    assert post_parts(tablet, photo, record) == 201
    assert Attachment.objects.count() == 1


def test_S3_the_record_may_come_without_a_file_name(tablet: Tablet, form: Form) -> None:
    assert post_parts(tablet, ("xml_submission_file", None, "", make_record())) == 201


def test_S4_other_fields_mean_nothing(tablet: Tablet, form: Form) -> None:
    record = ("xml_submission_file", "a.xml", "text/xml", make_record())
    marker = ("*isIncomplete*", None, "", b"yes")

    assert post_parts(tablet, marker, record, ("__csrf", None, "", b"x" * 5000)) == 201
    assert Attachment.objects.count() == 0


def test_S5_a_split_record_is_one_record(tablet: Tablet, form: Form) -> None:
    xml = make_record()
    other = ("2.jpg", b"another", "image/jpeg")

    first = tablet.post(xml, [PHOTO], incomplete=True)
    second = tablet.post(xml, [other])
    again = tablet.post(xml, [other])

    assert [first.status, second.status, again.status] == [201, 201, 202]
    assert Submission.objects.get().attachments.count() == 2


@pytest.mark.parametrize("incomplete", [True, False])
def test_S5_the_marker_is_not_believed(incomplete: bool, tablet: Tablet, form: Form) -> None:
    xml = make_record()

    assert tablet.post(xml, incomplete=incomplete).status == 201
    assert tablet.post(xml, incomplete=incomplete).status == 202


def test_S6_a_hundred_and_fifty_attachments_arrive(tablet: Tablet, form: Form) -> None:
    files = [(f"{n}.jpg", b"photo %d" % n, "image/jpeg") for n in range(150)]

    assert tablet.send(make_record(), files).status == 201

    assert Submission.objects.count() == 1
    assert Attachment.objects.count() == 150


def test_S6_a_thousand_parts_in_one_post_arrive(tablet: Tablet, form: Form) -> None:
    files = [(f"{n}.jpg", b"%d" % n, "image/jpeg") for n in range(1000)]

    assert tablet.post(make_record(), files).status == 201
    assert Attachment.objects.count() == 1000


def test_S7_a_file_larger_than_the_advertised_size_is_taken(
    tablet: Tablet, form: Form, settings: object
) -> None:
    settings.ACCEPT_CONTENT_LENGTH = 100_000
    video = ("v.mp4", bytes(range(256)) * 12_000, "video/mp4")

    assert tablet.send(make_record(), [video]).status == 201
    assert stored_bytes(Attachment.objects.get(), settings) == video[1]


# --- S8, S9: the answer --------------------------------------------------------------------------


def test_S8_success_is_201_then_202_with_the_words_collect_knows(
    tablet: Tablet, form: Form
) -> None:
    xml = make_record()
    first, again = tablet.send(xml), tablet.send(xml)

    assert [first.status, again.status] == [201, 202]
    for answer in (first, again):
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        assert answer.message == "full submission upload was successful!"
        assert b'nature="submit_success"' in answer.content


def test_S8_one_statement_stores_record_file_and_audit_event(tablet: Tablet, form: Form) -> None:
    tablet.send(make_record())

    with CaptureQueriesContext(connection) as queries:
        assert tablet.send(make_record(), [PHOTO]).status == 201

    assert len(queries) == 1
    newest = Submission.objects.latest("pk")
    event = AuditEvent.objects.get(action="submission.received", target_id=str(newest.pk))
    assert event.device_id == newest.device_id
    assert event.details == {"attachments": 1}


@pytest.mark.parametrize("state", ["superseded", "retired"])
def test_S9_every_version_ever_published_is_taken(state: str, tablet: Tablet, form: Form) -> None:
    old = form.current
    if state == "superseded":
        form.current = make_version(form, "20260902")
    else:
        form.retired_at = timezone.now()
    form.save()

    assert tablet.send(make_record(version="20260901")).status == 201
    assert Submission.objects.get().form_version == old


def test_S9_an_unknown_version_of_a_known_form_is_taken(tablet: Tablet, form: Form) -> None:
    assert tablet.send(make_record(version="1999")).status == 201

    stored = Submission.objects.get()
    assert (stored.form_version, stored.version) == (None, "1999")


def test_S9_a_record_of_an_unknown_form_is_404_and_kept(tablet: Tablet, form: Form) -> None:
    xml = make_record("uuid:1", form_id="unknown")

    answer = tablet.send(xml, [PHOTO])

    assert answer.status == 404
    assert "unknown" in answer.message
    kept = Quarantined.objects.get()
    assert (kept.reason, kept.form_id, kept.instance_id) == ("form_unknown", "unknown", "uuid:1")
    assert bytes(kept.raw) == xml
    assert [file["name"] for file in kept.attachments] == [PHOTO[0]]


# --- S10: sending again --------------------------------------------------------------------------


def test_S10_new_instance_is_201(tablet: Tablet, form: Form) -> None:
    assert tablet.send(make_record()).status == 201


def test_S10_same_bytes_again_is_202(tablet: Tablet, form: Form) -> None:
    xml = make_record()
    tablet.send(xml, [PHOTO])

    assert tablet.send(xml, [PHOTO]).status == 202
    assert tablet.send(xml).status == 202
    assert (Submission.objects.count(), Attachment.objects.count()) == (1, 1)


def test_S10_same_answers_spelt_otherwise_is_202(tablet: Tablet, form: Form) -> None:
    xml = make_record()
    tablet.send(xml)

    assert tablet.send(xml.replace(b"><", b">\n<").replace(b"'", b'"')).status == 202
    assert bytes(Submission.objects.get().raw_xml) == xml


def test_S10_a_late_attachment_is_201_and_wakes_the_record(tablet: Tablet, form: Form) -> None:
    xml = make_record()
    tablet.send(xml)
    Submission.objects.update(state=Submission.State.PROCESSED, attempts=1)

    assert tablet.send(xml, [PHOTO]).status == 201

    stored = Submission.objects.get()
    assert (stored.state, stored.attempts) == (Submission.State.RECEIVED, 0)
    assert AuditEvent.objects.filter(action="submission.attachments_added").count() == 1


def test_S10_a_duplicate_does_not_wake_the_record(tablet: Tablet, form: Form) -> None:
    xml = make_record()
    tablet.send(xml, [PHOTO])
    Submission.objects.update(state=Submission.State.PROCESSED)

    tablet.send(xml, [PHOTO])

    assert Submission.objects.get().state == Submission.State.PROCESSED


def test_S10_other_bytes_under_a_held_name_are_kept_beside(
    tablet: Tablet, form: Form, settings: object
) -> None:
    xml = make_record()
    contents = [b"first", b"second", b"third"]

    statuses = [tablet.send(xml, [("a.jpg", one, "")]).status for one in [*contents, b"second"]]

    assert statuses == [201, 201, 201, 202]
    held = Attachment.objects.order_by("alternate")
    assert [file.alternate for file in held] == [0, 1, 2]
    assert [stored_bytes(file, settings) for file in held] == contents


def test_S10_two_contents_under_one_name_in_one_post_are_both_kept(
    tablet: Tablet, form: Form
) -> None:
    answer = tablet.post(make_record(), [("a.jpg", b"1", ""), ("a.jpg", b"2", "")])

    assert answer.status == 201
    assert sorted(Attachment.objects.values_list("alternate", flat=True)) == [0, 1]


def test_S10_same_id_other_xml_is_quarantined_and_409(tablet: Tablet, form: Form) -> None:
    first, second = make_record("uuid:1", name="Ali"), make_record("uuid:1", name="Vali")
    tablet.send(first)

    answer = tablet.send(second, [PHOTO])

    assert answer.status == 409
    assert "kept apart" in answer.message
    assert bytes(Submission.objects.get().raw_xml) == first
    kept = Quarantined.objects.get()
    assert (kept.reason, bytes(kept.raw)) == ("instance_conflict", second)
    assert [file["name"] for file in kept.attachments] == [PHOTO[0]]


def test_S10_a_conflict_sent_again_is_kept_once_with_all_its_files(
    tablet: Tablet, form: Form
) -> None:
    tablet.send(make_record("uuid:1"))
    second = make_record("uuid:1", name="Vali")

    tablet.send(second, [PHOTO])
    tablet.send(second, [PHOTO])
    tablet.send(second, [("2.jpg", b"2", "")])

    kept = Quarantined.objects.get()
    assert kept.times == 3
    assert len(kept.attachments) == 2
    assert AuditEvent.objects.filter(action="submission.quarantined").count() == 1


def test_S10_the_original_again_after_its_edit_is_202(tablet: Tablet, form: Form) -> None:
    original = make_record("uuid:1")
    tablet.send(original)
    tablet.send(make_record("uuid:2", name="Vali", deprecated_id="uuid:1"))

    assert tablet.send(original).status == 202


def test_S10_a_deleted_record_again_is_202_and_stays_deleted(tablet: Tablet, form: Form) -> None:
    xml = make_record()
    tablet.send(xml)
    deleted = {"state": Submission.State.PROCESSED, "deleted_at": timezone.now()}
    Submission.objects.update(**deleted)

    assert tablet.send(xml).status == 202
    tablet.send(xml, [PHOTO])

    stored = Submission.objects.get()
    assert stored.deleted_at == deleted["deleted_at"]
    assert stored.state == Submission.State.PROCESSED


def test_S10_a_parked_record_again_is_202(tablet: Tablet, form: Form) -> None:
    xml = make_record()
    tablet.send(xml)
    Submission.objects.update(state=Submission.State.PARKED)

    assert tablet.send(xml).status == 202


def test_S10_the_same_id_in_two_forms_is_two_records(tablet: Tablet, form: Form) -> None:
    make_version(Form.objects.create(form_id="other", title="Other"), "20260901")

    assert tablet.send(make_record("uuid:1")).status == 201
    assert tablet.send(make_record("uuid:1", form_id="other")).status == 201


# --- S11, S12: ids and names ---------------------------------------------------------------------


def test_S11_without_an_id_the_same_content_is_the_same_record(tablet: Tablet, form: Form) -> None:
    statuses = [
        tablet.send(xml).status
        for xml in (
            make_record(None),
            make_record(None),
            make_record(None, name="Vali"),
            make_record(" "),
        )
    ]

    assert statuses == [201, 202, 201, 201]
    assert Submission.objects.filter(instance_id__startswith="uuid:").count() == 3


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("audit.csv", "audit.csv"),
        ("фото дома.jpg", "фото дома.jpg"),
        (unicodedata.normalize("NFD", "Ёлка.jpg"), "Ёлка.jpg"),
        ("a & b.jpg", "a & b.jpg"),
        ("&amp;.jpg", "&amp;.jpg"),
        ('say "hi".jpg', 'say "hi".jpg'),
        ("x" * 300 + ".jpg", "x" * 300 + ".jpg"),
        ("../../../etc/passwd", "passwd"),
        ("a\0b.jpg", "ab.jpg"),
    ],
)
def test_S12_a_file_is_kept_under_its_raw_name_named_in_the_xml_or_not(
    sent: str, name: str, tablet: Tablet, form: Form, settings: object
) -> None:
    assert tablet.send(make_record(), [(sent, b"x", "")]).status == 201

    (attachment,) = Attachment.objects.all()
    assert attachment.name == name
    inside = Path(settings.MEDIA_ROOT).resolve()
    assert (inside / attachment.relative_path).resolve().is_relative_to(inside)


def test_S12_two_files_with_one_content_are_both_there(tablet: Tablet, form: Form) -> None:
    tablet.send(make_record(), [("a.jpg", b"same", ""), ("b.jpg", b"same", "")])

    assert sorted(Attachment.objects.values_list("name", flat=True)) == ["a.jpg", "b.jpg"]


def test_S12_an_empty_file_is_a_file(tablet: Tablet, form: Form, settings: object) -> None:
    tablet.send(make_record(), [("a.enc", b"", "")])

    assert stored_bytes(Attachment.objects.get(), settings) == b""


# --- S13 to S15 ----------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["submission", "submission/", "/submission", "submission//"])
def test_S13_a_post_is_never_redirected(end: str, tablet: Tablet, form: Form) -> None:
    body, content_type = multipart([("xml_submission_file", "a", "", make_record())])
    headers = {"Content-Type": content_type}

    answer = tablet._send("POST", f"{tablet.server_url}/{end}", headers, body)

    assert answer.status == 201


@pytest.mark.parametrize("order", ["original first", "edit first", "branches"])
def test_S14_edits_are_taken_in_any_order(order: str, tablet: Tablet, form: Form) -> None:
    one = make_record("uuid:1")
    two = make_record("uuid:2", name="Vali", deprecated_id="uuid:1")
    other = make_record("uuid:3", name="Gani", deprecated_id="uuid:1")
    sent = {
        "original first": [one, two],
        "edit first": [two, one],
        "branches": [one, two, other],
    }[order]

    assert {tablet.send(xml).status for xml in sent} == {201}

    assert Submission.objects.count() == len(sent)
    assert Submission.objects.get(instance_id="uuid:2").deprecated_id == "uuid:1"


def test_S14_an_edit_in_batches_is_one_edit(tablet: Tablet, form: Form) -> None:
    edit = make_record("uuid:2", deprecated_id="uuid:1")

    statuses = [tablet.post(edit, [(f"{n}.jpg", b"x", "")]).status for n in range(3)]

    assert statuses == [201, 201, 201]
    assert Submission.objects.get().attachments.count() == 3


def test_S15_an_encrypted_record_is_stored_with_all_its_parts(tablet: Tablet, form: Form) -> None:
    manifest = (
        '<data xmlns="http://opendatakit.org/submissions" encrypted="yes" id="visit"'
        ' version="20260901"><base64EncryptedKey>a2V5</base64EncryptedKey>'
        '<orx:meta xmlns:orx="http://openrosa.org/xforms">'
        f"<orx:instanceID>uuid:{uuid4()}</orx:instanceID></orx:meta>"
        "<media><file>1.jpg.enc</file></media>"
        "<encryptedXmlFile>submission.xml.enc</encryptedXmlFile></data>"
    ).encode()
    parts = [("submission.xml.enc", b"\x01\x02", ""), ("1.jpg.enc", b"\x03", "")]

    assert tablet.send(manifest, parts).status == 201
    assert tablet.send(manifest, [*parts, ("plain.jpg", b"x", "")]).status == 201

    stored = Submission.objects.get()
    assert stored.encrypted
    assert stored.attachments.count() == 3


# --- Bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "xml_malformed"),
        (b"not XML", "xml_malformed"),
        (make_record()[:-20], "xml_malformed"),
        (make_record().replace(b"Ali", b"\xff\xfe"), "xml_malformed"),
        (b"<!DOCTYPE d>" + make_record()[21:], "xml_forbidden"),
        (b'<d id="visit">' + b"<a>" * 500 + b"</a>" * 500 + b"</d>", "xml_too_deep"),
        (b"<d/>", "form_id_missing"),
    ],
)
def test_what_is_no_record_is_400_and_its_bytes_are_kept(
    raw: bytes, code: str, tablet: Tablet, form: Form
) -> None:
    answers = [tablet.post(raw, [PHOTO]) for _ in range(2)]

    assert [answer.status for answer in answers] == [400, 400]
    assert "kept for support" in answers[0].message
    assert Submission.objects.count() == 0
    kept = Quarantined.objects.get()
    assert (kept.reason, bytes(kept.raw), kept.times) == (code, raw, 2)


def test_a_record_beyond_the_limit_is_413_and_no_file_is_left(
    tablet: Tablet, form: Form, settings: object
) -> None:
    settings.MAX_XML_BYTES = 1024 * 1024
    huge = make_record(name="x" * 1024 * 1024)

    answer = tablet.post(huge, [PHOTO])

    assert answer.status == 413
    assert "1 MB" in answer.message
    assert not list(Path(settings.MEDIA_ROOT).rglob("*.*"))


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/xml", make_record()),
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b"--b\r\n"),
        ("multipart/form-data; boundary=b", b"nothing of the kind"),
    ],
)
def test_a_broken_upload_is_400(content_type: str, body: bytes, tablet: Tablet, form: Form) -> None:
    headers = {"Content-Type": content_type}
    answer = tablet._send("POST", f"{tablet.server_url}/submission", headers, body)

    assert answer.status == 400
    assert "sent again" in answer.message


def test_a_cut_off_upload_stores_nothing_and_leaves_no_file(
    tablet: Tablet, form: Form, settings: object
) -> None:
    body, content_type = multipart(
        [
            ("xml_submission_file", "a.xml", "", make_record()),
            ("a.jpg", "a.jpg", "image/jpeg", b"x" * 10_000),
        ]
    )
    headers = {"Content-Type": content_type}

    answer = tablet._send("POST", f"{tablet.server_url}/submission", headers, body[:-100])

    assert answer.status == 400
    assert Submission.objects.count() == 0
    assert not [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_an_upload_without_a_record_is_400(tablet: Tablet, form: Form) -> None:
    assert post_parts(tablet, ("a.jpg", "a.jpg", "image/jpeg", b"x")) == 400
