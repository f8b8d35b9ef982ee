"""One household's answers, from a tablet to an analyst, through a running server and worker."""

import time
from datetime import UTC, datetime
from io import BytesIO
from random import Random
from typing import Any
from uuid import uuid4

import pytest
import requests
from lxml import etree
from openpyxl import load_workbook

from sync.fieldwork.family import card_number, make_family
from sync.fieldwork.interview import hold_interview, villages_of
from sync.fieldwork.posts import Record
from sync.fieldwork.tablet import Tablet
from tests.live import LiveServer

REGISTRATION = "rmp_registration"
PATIENCE = 60.0


# Prints a token of the manager, who may see personal data when she says why.
MANAGERS_TOKEN = """
from backend.accounts.models import User
from backend.accounts.tokens import make_personal_token
print(make_personal_token(user=User.objects.get(username="manager"), name="flow"))
"""


class Reader:
    """Reads by API with a personal access token."""

    def __init__(self, server: LiveServer, token: str) -> None:
        self._api = f"{server.url}/api/v1"
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **query: str) -> dict[str, Any]:
        answer = self._session.get(f"{self._api}/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def download(self, **asked: Any) -> bytes:
        """A file, asked for and fetched when it is ready."""
        answer = self._session.post(f"{self._api}/exports/", json=asked)
        assert answer.status_code == 202, answer.text
        until = time.monotonic() + PATIENCE
        while True:
            export = self.get(f"exports/{answer.json()['id']}/")
            assert export["state"] in {"waiting", "running", "ready"}, export
            if export["state"] == "ready":
                return self._session.get(export["download"]).content
            assert time.monotonic() < until, export
            time.sleep(0.1)


@pytest.fixture(scope="module")
def sent(live: LiveServer) -> Record:
    """A registration that a tablet filled in and sent, and the worker has worked off."""
    live.manage("publish_xlsform", "data/forms/registration.xlsx")
    tablet = Tablet(live.demo["devices"][0]["server_url"], name="first")
    form = tablet.fetch_forms()[REGISTRATION]
    rng = Random(uuid4().int)
    village = villages_of(form)[0]
    family = make_family(rng, village=village, number=rng.randint(0, 99_999))
    record = hold_interview(
        form,
        family,
        key=str(uuid4()),
        started=datetime(2014, 6, 2, 9, 14, tzinfo=UTC),
        device_id=tablet.device_id,
        given={
            "consent": "yes",
            "comments": "=1+1",
            "gps": "40.5134567 72.8012345 1000.0 5.0",
            "card_no": card_number(village, rng.getrandbits(16)),
        },
    )
    answer = tablet.send(record)
    tablet.close()
    assert answer.status == 201
    assert answer.words == "full submission upload was successful!"
    live.drain()
    return record


@pytest.fixture(scope="module")
def analyst(live: LiveServer) -> Reader:
    return Reader(live, live.demo["analyst_token"])


@pytest.fixture(scope="module")
def manager(live: LiveServer) -> Reader:
    return Reader(live, live.manage("shell", "--no-imports", "-c", MANAGERS_TOKEN).split()[-1])


@pytest.fixture(scope="module")
def told(sent: Record) -> etree._Element:
    """What the tablet told, to compare with what is read."""
    return etree.fromstring(sent.xml)


@pytest.fixture(scope="module")
def record(analyst: Reader, sent: Record, told: etree._Element) -> dict[str, Any]:
    place = told.findtext("main/place/village")
    page = analyst.get(f"forms/{REGISTRATION}/records/", place=place, page_size="5000")
    return next(one for one in page["results"] if one["instance_id"] == sent.instance_id)


def test_the_analyst_reads_typed_answers_with_their_place(record, told):
    assert record["hh_size"] == int(told.findtext("main/roster/hh_size"))
    assert record["land_sotka"] == float(told.findtext("main/housing/land_sotka"))
    assert record["assets"] == told.findtext("main/housing/assets").split()
    assert record["place"] == told.findtext("main/place/village")
    assert record["baseline_date"] == "2014-06-02"
    assert record["submitted_at"].startswith(told.findtext("end")[:10])


def test_the_analyst_does_not_read_who_it_is(record):
    assert record["head_name"] is None
    assert record["phone"] is None
    assert record["gps"] == {"lat": 40.51, "lon": 72.8, "alt": None, "acc": None}  # a kilometre


def test_each_member_is_a_row_that_knows_its_record(analyst, record, told):
    page = analyst.get(f"forms/{REGISTRATION}/repeats/member/records/", root_id=record["id"])
    rows = sorted(page["results"], key=lambda row: row["index"])

    assert [row["m_relation"] for row in rows] == [
        member.findtext("m_relation") for member in told.iterfind("main/roster/member")
    ]


def test_the_record_stands_with_its_household(analyst, record):
    household = analyst.get(f"households/{record['household']}/")

    assert record["id"] in str(household["submissions"])
    assert len(household["members"]) == record["hh_size"]


def test_the_same_stands_in_the_workbook_and_text_stays_text(manager, record):
    content = manager.download(
        form_id=REGISTRATION,
        kind="xlsx",
        filter={"id": record["id"]},
        purpose="a first look",
        unmask="the family asks what we hold",
    )

    book = load_workbook(BytesIO(content))
    header, row = book[REGISTRATION].iter_rows()
    cells = {name.value: cell for name, cell in zip(header, row, strict=True)}
    assert cells["id"].value == record["id"]
    assert cells["hh_size"].value == record["hh_size"]
    assert cells["comments"].value == "=1+1"
    assert book["member"].max_row == 1 + record["hh_size"]
    assert not any(cell.data_type == "f" for sheet in book for line in sheet.rows for cell in line)
