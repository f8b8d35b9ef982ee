"""A record goes back to its enumerator and comes back edited: a running server, a real worker."""

import re
from datetime import UTC, datetime
from random import Random
from uuid import uuid4

import pytest
import requests

from sync.fieldwork.family import card_number, make_family
from sync.fieldwork.interview import hold_interview, villages_of
from sync.fieldwork.tablet import Record, Tablet
from tests.live import LiveServer

REGISTRATION = "rmp_registration"
HIDDEN = re.compile(r'name="(csrfmiddlewaretoken|edition|last_step)" value="([^"]*)"')


class Supervisor:
    """Someone at a desk, with a browser: logs in, opens pages, presses buttons."""

    def __init__(self, server: LiveServer) -> None:
        self.url, self.browser = server.url, requests.Session()
        account = next(a for a in server.demo["accounts"] if a["role"] == "supervisor")
        typed = {name: account[name] for name in ("username", "password")}
        self.press("/login/", **typed)

    def open(self, path: str) -> str:
        answer = self.browser.get(self.url + path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def press(self, path: str, **typed: str) -> str:
        """A button of the page at this address, with the page's own hidden fields."""
        hidden = dict(HIDDEN.findall(self.open(path)))
        answer = self.browser.post(self.url + path, {**hidden, **typed})
        assert answer.status_code == 200, answer.text
        return answer.text

    def say_why(self, reason: str) -> None:
        hidden = dict(HIDDEN.findall(self.open("/review/sent-back/")))
        answer = self.browser.post(f"{self.url}/review/reason/", {**hidden, "reason": reason})
        assert answer.status_code == 200


@pytest.fixture(scope="module")
def family_of(live: LiveServer):
    """Interviews one family, and interviews it again as an edit of what was sent before."""
    live.manage("publish_xlsform", "data/forms/registration.xlsx")
    tablet = Tablet(live.demo["devices"][0]["server_url"], name="back")
    form = tablet.fetch_forms()[REGISTRATION]
    village, key = villages_of(form)[0], str(uuid4())
    family = make_family(Random(key), village=village, number=Random(key).randint(0, 99_999))
    card = card_number(village, Random(key).getrandbits(16))

    def interview(replaces: str = "", **given: str) -> Record:
        record = hold_interview(
            form,
            family,
            key=key,
            started=datetime(2014, 6, 2, 9, 14, tzinfo=UTC),
            device_id=tablet.device_id,
            given={"consent": "yes", "card_no": card, **given},
            deprecated_id=replaces,
        )
        assert tablet.send(record).status == 201
        live.drain()
        return record

    yield interview, card
    tablet.close()


@pytest.fixture
def supervisor(live: LiveServer):
    supervisor = Supervisor(live)
    yield supervisor
    supervisor.browser.close()


def state_of(live: LiveServer, record: Record) -> tuple[str, str]:
    """The record's id and the state of the edition that counts."""
    rows = live.query(
        "SELECT head.record_id::text, head.review_state FROM submissions_submission one"
        " JOIN submissions_submission head ON head.record_id = one.record_id AND head.head"
        " WHERE one.instance_id = %s",
        [record.instance_id],
    )
    return rows[0][0], rows[0][1]


def test_sync_5_record_sent_back_is_edited_and_approved(live, family_of, supervisor) -> None:
    interview, card = family_of
    first = interview()
    record_id, state = state_of(live, first)
    address = f"/records/{REGISTRATION}/{record_id}/"
    assert state == "received"

    supervisor.press(
        address, step="send_back", comment="Card?", **{"on:main/roster/hh_size": "Count again"}
    )
    assert state_of(live, first)[1] == "has_issues"
    supervisor.say_why("for the enumerators' hands")
    paper = supervisor.open("/review/sent-back/?language=ky")
    assert card in paper
    assert "Count again" in paper

    edit = interview(first.instance_id)
    assert state_of(live, edit) == (record_id, "edited")
    assert card not in supervisor.open("/review/sent-back/")
    page = supervisor.open(address)
    assert "Came back edited" in page
    assert "Count again" in page  # still beside its question, to compare

    supervisor.press(address, step="approve")
    assert state_of(live, edit) == (record_id, "approved")
    steps = live.query(
        "SELECT step FROM submissions_reviewstep WHERE record_id = %s ORDER BY id", [record_id]
    )
    told = [step for (step,) in steps if step not in {"processed", "flagged"}]
    assert told == ["sent_back", "returned", "approved"]
