"""A3: Digest with a tablet's generated password, by other people's clients over a real server."""

import hashlib
import re
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests
from django.conf import settings
from django.test import Client
from requests.auth import HTTPBasicAuth, HTTPDigestAuth

from backend.accounts.models import User
from surveys.submissions.models import Attachment, Quarantined, Submission
from surveys.xforms.models import Form, FormMedia
from sync.digest import make_nonce
from sync.enrol import Enrolled, revoke_device, set_password
from tests.conftest import PASSWORD
from tests.device import Tablet, client_door
from tests.openrosa.conftest import make_record
from tests.openrosa.server import web_server

pytestmark = pytest.mark.django_db(transaction=True)

FROM_ELSEWHERE = {"X-Forwarded-For": "192.0.2.7"}
PLAIN = "http://testserver/openrosa"


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: object
) -> Iterator[str]:
    with web_server(tmp_path_factory.mktemp("web")) as url:
        yield f"{url}/openrosa"


@pytest.fixture
def account(enrolled: Enrolled) -> tuple[str, str]:
    return set_password(device=enrolled.device)


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


class OkHttp:
    """Digest as okhttp-digest does it: lower-case headers, one nonce counted up while it lasts."""

    def __init__(self, name: str, password: str, url: str = PLAIN) -> None:
        self.tablet = Tablet(url, client_door(Client()))
        self.tablet.headers["x-forwarded-for"] = "192.0.2.7"
        self.name, self.ha1 = name, md5(f"{name}:oila:{password}")
        self.nonce, self.count = "", 0

    def challenge(self) -> str:
        answer = self.tablet.head(f"{self.tablet.server_url}/submission")
        assert answer.status == 401
        sent = answer.headers["www-authenticate"]
        self.nonce, self.count = re.findall(r'nonce="([^"]+)"', sent)[0], 0
        return sent

    def header(self, method: str, uri: str) -> str:
        self.count += 1
        nc, cnonce = f"{self.count:08x}", "5ccc069c403ebaf9f0171e9517f40e41"
        response = md5(f"{self.ha1}:{self.nonce}:{nc}:{cnonce}:auth:{md5(f'{method}:{uri}')}")
        return (
            f'Digest username="{self.name}", realm="oila", nonce="{self.nonce}", uri="{uri}", '
            f'response="{response}", qop=auth, nc={nc}, cnonce="{cnonce}", algorithm=MD5'
        )

    def get(self, url: str, header: str = "") -> tuple[int, str]:
        """Status and challenge; the header is made for this address unless one is given."""
        uri = f"{urlsplit(url).path}?deviceID=collect%3AabcDEF0123456789"
        header = header or self.header("GET", uri)
        answer = self.tablet.get(url, authorization=header)
        return answer.status, answer.headers.get("www-authenticate", "")


@pytest.mark.parametrize("headers", [{}, FROM_ELSEWHERE], ids=["here", "plain http from elsewhere"])
def test_A3_a_client_we_did_not_write_does_everything_by_digest(
    server: str, account: tuple[str, str], form: Form, headers: dict[str, str]
) -> None:
    FormMedia.objects.create(form=form, name="ң.csv", content=b"a,b\n", md5=md5("a,b\n"))
    session = requests.Session()
    session.auth, session.headers = HTTPDigestAuth(*account), {**session.headers, **headers}

    listed = session.get(f"{server}/formList", params={"deviceID": "collect:a"})
    links = re.findall(r"<(?:downloadUrl|manifestUrl)>([^<]+)", listed.text)
    for url in list(links):
        links += re.findall(r"<downloadUrl>([^<]+)", session.get(url).text)
    sent = session.post(
        f"{server}/submission",
        files={
            "xml_submission_file": ("a.xml", make_record(), "text/xml"),
            "roof.jpg": ("roof.jpg", b"r" * 300_000, "image/jpeg"),
        },
    )

    assert len(links) == 3
    assert [session.get(url).status_code for url in links] == [200, 200, 200]
    assert session.head(f"{server}/submission").status_code == 204
    assert sent.status_code == 201
    assert Attachment.objects.get().size == 300_000
    assert session.post(f"{server}/submission", files={}).status_code == 400


def test_A3_a_wrong_password_is_asked_for_again(server: str, account: tuple[str, str]) -> None:
    name, _ = account
    answer = requests.get(f"{server}/formList", auth=HTTPDigestAuth(name, "wrong"))

    assert answer.status_code == 401


def test_A3_two_schemes_are_two_lines_and_basic_is_the_first(server: str) -> None:
    answer = requests.get(f"{server}/formList")

    basic, digest = answer.raw.headers.getlist("WWW-Authenticate")
    assert basic == 'Basic realm="oila"'
    assert digest.startswith("Digest ")


def test_A2_a_password_in_clear_is_not_asked_for_over_plain_http(server: str) -> None:
    answer = requests.head(f"{server}/submission", headers=FROM_ELSEWHERE)

    (only,) = answer.raw.headers.getlist("WWW-Authenticate")
    assert only.startswith("Digest ")


def test_A3_one_nonce_serves_many_requests(account: tuple[str, str], form: Form) -> None:
    client = OkHttp(*account)
    client.challenge()

    assert [client.get(f"{PLAIN}/formList")[0] for _ in range(3)] == [200, 200, 200]
    assert client.count == 3


def test_A3_a_header_sent_again_is_refused_and_the_client_told_to_start_anew(
    account: tuple[str, str], form: Form
) -> None:
    client = OkHttp(*account)
    client.challenge()
    header = client.header("GET", "/openrosa/formList?deviceID=collect%3AabcDEF0123456789")

    assert client.get(f"{PLAIN}/formList", header)[0] == 200
    status, challenge = client.get(f"{PLAIN}/formList", header)

    assert status == 401
    assert challenge.endswith("stale=true")


def test_A3_a_header_for_another_address_is_refused(account: tuple[str, str], form: Form) -> None:
    client = OkHttp(*account)
    client.challenge()
    header = client.header("GET", "/openrosa/submission?deviceID=collect%3AabcDEF0123456789")

    status, challenge = client.get(f"{PLAIN}/formList", header)

    assert status == 401
    assert "stale" not in challenge


def test_A3_an_old_nonce_is_stale_and_the_password_still_right(
    account: tuple[str, str], form: Form
) -> None:
    client = OkHttp(*account)
    client.nonce = make_nonce(settings.SECRET_KEY, time.time() - 301)

    status, challenge = client.get(f"{PLAIN}/formList")
    client.nonce = re.findall(r'nonce="([^"]+)"', challenge)[0]

    assert status == 401
    assert challenge.endswith("stale=true")
    assert client.get(f"{PLAIN}/formList")[0] == 200


def test_A3_a_nonce_that_we_did_not_give_is_refused(account: tuple[str, str], form: Form) -> None:
    client = OkHttp(*account)
    client.nonce = make_nonce("another server's secret", time.time())

    assert client.get(f"{PLAIN}/formList")[0] == 401


def test_A3_a_dead_redis_locks_no_enumerator_out(
    account: tuple[str, str], form: Form, settings: object
) -> None:
    client = OkHttp(*account)
    client.challenge()
    there = settings.CACHES["default"]
    settings.CACHES = {"default": {**there, "LOCATION": "unix:///nowhere/redis.sock"}}

    assert client.get(f"{PLAIN}/formList")[0] == 200


def test_A3_a_persons_password_knows_no_digest(charlie: User, form: Form) -> None:
    client = OkHttp("charlie", PASSWORD)
    client.challenge()

    assert client.get(f"{PLAIN}/formList")[0] == 401


def test_C5_name_and_password_typed_by_hand_do_over_tls(
    account: tuple[str, str], enrolled: Enrolled, form: Form
) -> None:
    header = requests.Request("GET", "https://x", auth=HTTPBasicAuth(*account)).prepare().headers
    tablet = Tablet("https://testserver/openrosa", client_door(Client()))
    tablet.headers["Authorization"] = header["Authorization"]

    assert tablet.form_list()
    assert tablet.send(make_record()).status == 201
    assert Submission.objects.get().device_id == enrolled.device.pk


def test_C4_a_new_password_ends_the_old_one_and_keeps_the_name(
    account: tuple[str, str], enrolled: Enrolled, form: Form
) -> None:
    name, password = set_password(device=enrolled.device)
    old, new = OkHttp(*account), OkHttp(name, password)
    old.challenge()
    new.challenge()

    assert name == account[0]
    assert (old.get(f"{PLAIN}/formList")[0], new.get(f"{PLAIN}/formList")[0]) == (401, 200)


def test_A5_a_revoked_tablets_password_may_still_send(
    server: str, account: tuple[str, str], enrolled: Enrolled, form: Form
) -> None:
    files = {"xml_submission_file": ("a.xml", make_record(), "text/xml")}
    auth = HTTPDigestAuth(*account)
    revoke_device(device=enrolled.device)

    assert requests.get(f"{server}/formList", auth=auth).status_code == 403
    assert requests.post(f"{server}/submission", auth=auth, files=files).status_code == 201
    assert Quarantined.objects.get().device_id == enrolled.device.pk
