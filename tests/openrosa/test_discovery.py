"""Section 1: the two fixed addresses, and what every answer carries (D1 to D9)."""

import hashlib

import pytest
from django.db import OperationalError, connection
from django.test import Client

from surveys.submissions.models import Submission
from surveys.xforms.models import Form
from sync.auth import forget_callers
from sync.enrol import Enrolled
from tests.device import Tablet, client_door
from tests.openrosa.conftest import ORIGIN, make_form, make_record

pytestmark = pytest.mark.django_db


def at(enrolled: Enrolled, base: str) -> Tablet:
    """A tablet whose user typed another base address; the token may stand in it."""
    door = client_door(Client(enforce_csrf_checks=True))
    tablet = Tablet(ORIGIN + base.format(token=enrolled.token), door)
    if "{token}" not in base:
        tablet.headers["Authorization"] = f"Bearer {enrolled.token}"
    return tablet


@pytest.mark.parametrize(
    "base",
    [
        "",
        "/a/b",
        "/openrosa",
        "/openrosa/projects/7",
        "/key/{token}",
        "/key/{token}/",
        "/key/{token}//",
        "/key/{token}/projects/7",
    ],
)
def test_D1_both_addresses_answer_under_any_base_and_never_redirect(
    base: str, enrolled: Enrolled, form: Form
) -> None:
    tablet = at(enrolled, base)

    (listed,) = tablet.form_list()
    assert tablet.fetch_form(listed) == form.current.xform
    assert tablet.head(f"{tablet.server_url}/submission").status == 204
    assert tablet.send(make_record()).status == 201


@pytest.mark.parametrize("path", ["/admin/submissions/submission/", "/records/formList/"])
def test_page_for_people_that_ends_in_the_same_word_is_theirs(path: str, client: Client) -> None:
    answer = client.get(path)

    assert answer.status_code == 302
    assert "login" in answer["Location"]
    assert "X-OpenRosa-Version" not in answer


@pytest.mark.parametrize("suffix", ["formList/", "submission/", "submission//"])
def test_D1_a_trailing_slash_changes_nothing(suffix: str, tablet: Tablet) -> None:
    assert tablet.get(f"{tablet.server_url}/{suffix}").status in {200, 204}


@pytest.mark.parametrize("path", ["formlist", "Submission", "nothing", "", "xforms/1/"])
def test_D1_another_address_below_a_tablets_is_404_in_xml_and_no_redirect(
    path: str, tablet: Tablet
) -> None:
    answer = tablet.get(f"{tablet.server_url}/{path}")

    assert answer.status == 404
    assert "nothing at this address" in answer.message


def test_D2_every_answer_says_openrosa(tablet: Tablet, form: Form, client: Client) -> None:
    bare = Tablet(f"{ORIGIN}/openrosa", client_door(client))
    wrong = Tablet(f"{ORIGIN}/key/wrong", client_door(client))
    here = tablet.server_url
    answers = [
        (200, tablet.get(f"{here}/formList")),
        (200, tablet.head(f"{here}/formList")),
        (204, tablet.head(f"{here}/submission")),
        (201, tablet.post(make_record("uuid:1"))),
        (400, tablet.post(b"")),
        (401, bare.get(f"{ORIGIN}/openrosa/formList")),
        (403, wrong.get(f"{ORIGIN}/key/wrong/formList")),
        (404, tablet.get(f"{here}/nothing")),
        (404, tablet.post(make_record(form_id="unknown"))),
        (405, tablet._send("DELETE", f"{here}/submission", {})),
        (409, tablet.post(make_record("uuid:1", name="Another"))),
    ]

    assert [status for status, _ in answers] == [answer.status for _, answer in answers]
    for _, answer in answers:
        assert answer.headers["x-openrosa-version"] == "1.0"
        assert answer.headers["referrer-policy"] == "no-referrer"


def _gone(*_: object) -> None:
    raise OperationalError("the connection is gone")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_D2_the_database_away_is_503_in_xml_and_asks_to_come_again(
    method: str, tablet: Tablet
) -> None:
    forget_callers()
    with connection.execute_wrapper(_gone):
        answer = tablet._send(method, f"{tablet.server_url}/submission", {})

    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["x-openrosa-version"] == "1.0"
    assert method == "HEAD" or "safe" in answer.message


def test_D3_lists_are_text_xml_in_utf8(tablet: Tablet) -> None:
    make_form(title="Үй-бүлө & дом")

    answer = tablet.get(f"{tablet.server_url}/formList")

    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert tablet.form_list()[0]["name"] == "Үй-бүлө & дом"


def test_D4_device_id_is_kept_and_unknown_parameters_mean_nothing(
    tablet: Tablet, form: Form
) -> None:
    tablet.device_id = "collect:abcDEF0123456789"

    assert tablet.get(f"{tablet.server_url}/formList?colour=blue").status == 200
    assert tablet.post(make_record()).status == 201
    assert Submission.objects.get().client_device_id == "collect:abcDEF0123456789"


@pytest.mark.parametrize("device_id", ["", "x" * 4000, "\0", "Ж" * 300])
def test_D4_a_strange_device_id_costs_no_record(device_id: str, tablet: Tablet, form: Form) -> None:
    tablet.device_id = device_id

    assert tablet.post(make_record()).status == 201


def test_D5_the_clients_clock_is_believed_in_nothing(tablet: Tablet, form: Form) -> None:
    tablet.headers["Date"] = "Thu, 01 Jan 1970 04:44:00 GMT"

    assert tablet.send(make_record()).status == 201
    assert Submission.objects.get().received_at.year > 2000


@pytest.mark.parametrize(
    "agent",
    [
        "org.odk.collect.android/v2026.3.0 Dalvik/2.1.0",
        "org.koboc.collect.android/2025.3.3 Dalvik/2.1.0",
        "Enketo/7.6.4 Mozilla/5.0",
        "curl/8",
        "x" * 1000,
        "",
    ],
)
def test_D6_user_agents_are_kept_and_gate_nothing(agent: str, tablet: Tablet, form: Form) -> None:
    tablet.user_agent = agent

    assert tablet.post(make_record()).status == 201
    assert Submission.objects.get().user_agent == agent[:255]


def test_D7_answers_are_compressed_and_hash_the_same(tablet: Tablet, form: Form) -> None:
    (listed,) = tablet.form_list()

    zipped = tablet.get(listed["downloadUrl"])
    plain = tablet.get(listed["downloadUrl"], **{"Accept-Encoding": "identity"})

    assert zipped.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert zipped.content == plain.body
    assert len(zipped.body) < len(plain.body)
    assert listed["hash"] == "md5:" + hashlib.md5(zipped.content).hexdigest()
    assert zipped.headers["etag"] != plain.headers["etag"]  # a strong tag names the bytes sent
    assert "Accept-Encoding" in zipped.headers["vary"]


def test_D7_a_client_that_refuses_gzip_is_given_none(tablet: Tablet, form: Form) -> None:
    refused = tablet.get(f"{tablet.server_url}/formList", **{"Accept-Encoding": "gzip;q=0"})

    assert "content-encoding" not in refused.headers


@pytest.mark.parametrize("spelling", ["{}", "W/{}", '"other", {}', "*"])
def test_D8_what_the_tablet_has_already_is_304(spelling: str, tablet: Tablet, form: Form) -> None:
    url = f"{tablet.server_url}/formList"
    first = tablet.get(url)

    again = tablet.get(url, **{"If-None-Match": spelling.format(first.headers["etag"])})

    assert again.status == 304
    assert again.body == b""
    assert again.headers["etag"] == first.headers["etag"]
    assert not first.headers["etag"].startswith("W/")


def test_D8_a_changed_list_has_another_etag(tablet: Tablet, form: Form) -> None:
    url = f"{tablet.server_url}/formList"
    tag = tablet.get(url).headers["etag"]

    make_form("second")

    assert tablet.get(url, **{"If-None-Match": tag}).status == 200


def test_D8_lists_are_never_served_from_the_phones_cache_unasked(
    tablet: Tablet, form: Form
) -> None:
    answer = tablet.get(
        f"{tablet.server_url}/formList",
        **{"If-Modified-Since": "Thu, 01 Jan 2099 00:00:00 GMT"},
    )

    assert answer.status == 200
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "last-modified" not in answer.headers


def test_D9_the_answer_does_not_wait_for_the_worker(tablet: Tablet, form: Form) -> None:
    assert tablet.post(make_record()).status == 201

    assert Submission.objects.get().state == Submission.State.RECEIVED
