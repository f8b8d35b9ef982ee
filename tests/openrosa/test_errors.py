"""Errors as tablets hear them (openrosa.md X1 to X5): words in XML, statuses they act on."""

from collections.abc import Callable

import pytest
from django.db import OperationalError, connection
from django.test import Client

from surveys.submissions.models import Quarantined, Submission
from surveys.xforms.models import Form
from sync.auth import forget_callers
from sync.enrol import Enrolled, revoke_device
from tests.device import RESPONSE, Answer, Tablet, client_door
from tests.openrosa.conftest import ORIGIN, make_record

CONTENT = {"Content-Type": "multipart/form-data; boundary=x"}


def post(tablet: Tablet, body: bytes = b"", kind: str = CONTENT["Content-Type"]) -> Answer:
    return tablet._send("POST", f"{tablet.server_url}/submission", {"Content-Type": kind}, body)


def gone(*_: object) -> None:
    raise OperationalError("the connection is gone")


def broken(*_: object) -> None:
    raise RuntimeError("an error of our own")


def while_each_statement(fails: Callable[..., None], tablet: Tablet) -> Answer:
    forget_callers()
    with connection.execute_wrapper(fails):
        return tablet.post(make_record())


@pytest.fixture
def refusals(tablet: Tablet, form: Form, client: Client, settings: object) -> list[Answer]:
    """One of every status but 200 and 401, whose words Collect does not show."""
    settings.MAX_XML_BYTES = 2000
    stranger = Tablet(f"{ORIGIN}/key/nobody's", client_door(client))
    tablet.post(make_record("uuid:1"))
    return [
        tablet.post(b"<a"),
        tablet.post(b""),
        post(tablet, b"--x--", "text/plain"),
        post(tablet, b"--x\r\ncut off"),
        stranger.post(make_record()),
        tablet.get(f"{tablet.server_url}/nowhere"),
        tablet.post(make_record(form_id="&lt;ӯң&amp;&quot;")),
        tablet._send("PATCH", f"{tablet.server_url}/submission", {}),
        tablet.post(make_record("uuid:1", name="another")),
        tablet.post(make_record(name="x" * 3000)),
        while_each_statement(broken, tablet),
        while_each_statement(gone, tablet),
    ]


def test_X1_every_refusal_is_one_message_in_plain_words(refusals: list[Answer]) -> None:
    statuses = [answer.status for answer in refusals]
    assert statuses == [400, 400, 400, 400, 403, 404, 404, 405, 409, 413, 500, 503]
    for answer in refusals:
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        assert answer.xml.tag == f"{RESPONSE}OpenRosaResponse"
        (message,) = answer.xml
        assert message.tag == f"{RESPONSE}message"
        assert message.get("nature") == "error"
        assert len(answer.message) > 20


def test_X2_a_post_is_201_or_202_when_stored_and_never_200_or_204(
    tablet: Tablet, form: Form, refusals: list[Answer]
) -> None:
    record = make_record()

    assert [tablet.post(record).status, tablet.post(record).status] == [201, 202]
    assert {200, 204}.isdisjoint(answer.status for answer in refusals)


def test_X2_what_enketo_must_show_in_our_words_is_409(refusals: list[Answer]) -> None:
    """Of 401, 403, 404, 408, 413, 500, 503 and 504 it shows words of its own."""
    (conflict,) = (answer for answer in refusals if answer.status == 409)

    assert "other content" in conflict.message


def test_X3_passing_trouble_says_when_to_come_again(refusals: list[Answer]) -> None:
    assert [int(a.headers["retry-after"]) > 0 for a in refusals if a.status == 503] == [True]


def test_X3_whatever_could_be_read_is_taken_or_kept_apart_so_that_no_tablet_tries_for_ever(
    tablet: Tablet, enrolled: Enrolled, form: Form
) -> None:
    first, other, unknown = (
        make_record("uuid:1"),
        make_record("uuid:1", name="another"),
        make_record(form_id="unknown"),
    )
    for each in (first, other, unknown, b"<cut off"):
        tablet.post(each)
    revoke_device(device=enrolled.device)
    forget_callers()
    last = make_record("uuid:2")

    assert tablet.post(last).status == 201
    assert bytes(Submission.objects.get().raw_xml) == first
    kept = Quarantined.objects.order_by("pk").values_list("raw", flat=True)
    assert [bytes(each) for each in kept] == [other, unknown, b"<cut off", last]


def test_X4_one_bad_record_makes_no_other_fail(tablet: Tablet, form: Form) -> None:
    bad = [b"", b"<cut", make_record(form_id="unknown"), make_record("uuid:1", name="other")]
    tablet.post(make_record("uuid:1"))

    answers = [tablet.post(bad[turn % 4]).status for turn in range(60)]

    assert set(answers) == {400, 404, 409}
    assert tablet.send(make_record()).status == 201
    assert tablet.get(f"{tablet.server_url}/formList").status == 200


@pytest.mark.parametrize("path", ["formList", "submission"])
def test_X5_no_answer_of_ours_can_be_taken_for_a_captive_portals(
    path: str, tablet: Tablet, form: Form
) -> None:
    """204 with the size before a record, lists as text/xml, the version in every header."""
    head, get = (
        tablet._send(method, f"{tablet.server_url}/{path}", {}) for method in ("HEAD", "GET")
    )

    if path == "submission":
        assert (head.status, get.status, head.body, get.body) == (204, 204, b"", b"")
        assert int(head.headers["x-openrosa-accept-content-length"]) > 0
    else:
        assert (
            head.headers["content-type"] == get.headers["content-type"] == "text/xml; charset=utf-8"
        )
    for answer in (head, get):
        assert answer.headers["x-openrosa-version"] == "1.0"
        assert "location" not in answer.headers
        assert "set-cookie" not in answer.headers
