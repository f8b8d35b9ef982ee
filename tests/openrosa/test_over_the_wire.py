"""What only a real server shows: parallel posts, streaming, HEAD, early refusals, chunks."""

import hashlib
import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from surveys.submissions.models import Attachment, Quarantined, Submission
from surveys.xforms.models import Form
from sync.enrol import Enrolled
from tests.device import HttpDoor, Tablet, multipart
from tests.openrosa.conftest import make_record
from tests.openrosa.server import web_server

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS, ROUNDS = 5, 20


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("web")


@pytest.fixture(scope="module")
def server(var: Path, django_db_setup: None, django_db_blocker: object) -> Iterator[str]:
    with web_server(var) as url:
        yield url


@pytest.fixture
def connect(server: str, enrolled: Enrolled) -> Iterator[Callable[[], Tablet]]:
    """Another tablet at each call, each with its own connection."""
    doors: list[HttpDoor] = []

    def tablet() -> Tablet:
        doors.append(HttpDoor())
        return Tablet(enrolled.server_url(server), doors[-1])

    yield tablet
    for door in doors:
        door.close()


def at_once(tablets: list[Tablet], act: Callable[[Tablet], int]) -> list[int]:
    """What each tablet got, when all act in the same moment."""
    gate = threading.Barrier(len(tablets))
    got: list[int] = []

    def go(tablet: Tablet) -> None:
        gate.wait()
        got.append(act(tablet))

    threads = [threading.Thread(target=go, args=(tablet,)) for tablet in tablets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(got)


def test_S10_five_parallel_posts_of_a_new_record_are_one_201_and_else_202(
    connect: Callable[[], Tablet], form: Form
) -> None:
    tablets = [connect() for _ in range(CLIENTS)]
    for _ in range(ROUNDS):
        xml = make_record()
        assert at_once(tablets, lambda t, xml=xml: t.post(xml).status) == [201] + [202] * 4

    assert Submission.objects.count() == ROUNDS


def test_S10_parallel_posts_of_one_late_photo_store_it_once(
    connect: Callable[[], Tablet], form: Form
) -> None:
    tablets = [connect() for _ in range(CLIENTS)]
    for number in range(ROUNDS):
        xml, photo = make_record(), ("1.jpg", b"photo %d" % number, "image/jpeg")
        tablets[0].post(xml)
        got = at_once(tablets, lambda t, xml=xml, photo=photo: t.post(xml, [photo]).status)
        assert got == [201] + [202] * 4

    assert Attachment.objects.count() == ROUNDS


def test_S14_an_edit_and_its_original_at_once_are_both_taken(
    connect: Callable[[], Tablet], form: Form
) -> None:
    original = make_record("uuid:1")
    edit = make_record("uuid:2", name="Vali", deprecated_id="uuid:1")
    waiting = [original, edit]

    assert at_once([connect(), connect()], lambda t: t.post(waiting.pop()).status) == [201, 201]


def test_D1_a_doubled_slash_before_everything_is_forgiven(
    connect: Callable[[], Tablet], form: Form
) -> None:
    tablet = connect()
    answer = tablet.door("GET", tablet.server_url.replace("/key/", "//key/") + "/formList", {})

    assert answer.status == 200


def test_L10_head_ends_where_its_headers_end(connect: Callable[[], Tablet], form: Form) -> None:
    tablet = connect()
    for _ in range(3):  # a body would be read as the next answer
        head = tablet.head(f"{tablet.server_url}/formList")
        assert (head.status, head.body) == (200, b"")
        assert int(head.headers["content-length"]) > 0
        assert tablet.head(f"{tablet.server_url}/submission").status == 204
        assert tablet.head(f"{tablet.server_url}/nothing").status == 404


def test_S7_two_hundred_megabytes_go_to_disk_and_not_to_memory(
    connect: Callable[[], Tablet], form: Form, var: Path
) -> None:
    video = bytes(range(256)) * 4096 * 200
    tablet = connect()

    answer = tablet.post(make_record(), [("v.mp4", video, "video/mp4")])

    assert answer.status == 201
    (stored,) = Attachment.objects.all()
    assert stored.sha256 == hashlib.sha256(video).hexdigest()
    assert (var / "attachments" / stored.relative_path).stat().st_size == len(video)
    assert not list((var / "attachments" / "incoming").iterdir())


def test_a_record_too_large_is_refused_in_words_though_much_is_still_sent(
    connect: Callable[[], Tablet], form: Form
) -> None:
    tablet = connect()

    answer = tablet.post(make_record(name="x" * 50_000_000))

    assert answer.status == 413
    assert "2 MB" in answer.message
    assert tablet.post(make_record()).status == 201  # on the same connection


def test_A5_a_post_without_credentials_is_told_before_its_body_is_read(server: str) -> None:
    with socket.create_connection(_address(server), 10) as link:
        link.sendall(
            b"POST /openrosa/submission HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 90000000\r\n\r\n"
        )
        head = link.recv(4096)

    assert head.startswith(b"HTTP/1.1 401")
    assert b"www-authenticate: Basic" in head


def test_S16_a_chunked_body_is_read(connect: Callable[[], Tablet], form: Form) -> None:
    tablet = connect()
    body, content_type = multipart([("xml_submission_file", "a.xml", "", make_record())])
    parts = urlsplit(tablet.server_url)
    link = http.client.HTTPConnection(parts.netloc, timeout=20)
    link.request(
        "POST",
        f"{parts.path}/submission",
        body=iter([body[:7], body[7:100], body[100:]]),
        headers={"Content-Type": content_type},
        encode_chunked=True,
    )
    status = link.getresponse().status
    link.close()

    assert status == 201


def test_an_upload_that_breaks_off_stores_nothing_and_leaves_no_file(
    server: str, enrolled: Enrolled, form: Form, var: Path
) -> None:
    body, content_type = multipart(
        [
            ("xml_submission_file", "a.xml", "", make_record()),
            ("a.jpg", "a.jpg", "image/jpeg", b"x" * 2_000_000),
        ]
    )
    path = urlsplit(enrolled.server_url(server)).path
    with socket.create_connection(_address(server), 10) as link:
        head = (
            f"POST {path}/submission HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        link.sendall(head.encode() + body[:1_000_000])
        link.shutdown(socket.SHUT_WR)
        link.recv(4096)

    assert Submission.objects.count() == Quarantined.objects.count() == 0
    assert not list((var / "attachments" / "incoming").iterdir())


def test_E5_a_request_line_of_eight_kilobytes_is_taken(
    connect: Callable[[], Tablet], form: Form
) -> None:
    tablet = connect()

    assert tablet.get(f"{tablet.server_url}/formList?id={'x' * 12_000}").status == 200


def _address(server: str) -> tuple[str, int]:
    parts = urlsplit(server)
    return parts.hostname or "", parts.port or 0
