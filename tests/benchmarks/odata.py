"""The OData feed over 10,000 submissions with their members: `python -m tests.benchmarks.odata`.

Fifty families come in by the tablets' door and are processed; the rest are copies of them
under ids and times of their own. ODK Central needed for as much (10,000 with 39,767 members, on the
same machine) 4.07 s with `$expand=*`, 3.1 s for a page of members, 125 s for all of their pages.
"""

import http.client
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from random import Random
from statistics import median
from urllib.parse import quote, urlsplit

from surveys.xforms.questionnaire import Questionnaire
from sync.fieldwork.family import make_family
from sync.fieldwork.interview import hold_interview, villages_of
from sync.fieldwork.posts import Record
from sync.fieldwork.tablet import Tablet
from tests.benchmarks.report import TITLE, Measurement, as_lines
from tests.live import LiveServer

FORM = "rmp_registration"
RECORDS, ORIGINALS, PAGE, RUNS = 10_000, 50, 250, 9
MEMBERS = 4  # of a family, on average
COPIES = """
WITH s AS (
  INSERT INTO submissions_submission (form_id, form_version_id, version, instance_id, deprecated_id,
    record_id, head, raw_xml, sha256, encrypted, received_at, device_id, client_device_id,
    user_agent, state, attempts, error, review_state)
  SELECT form_id, form_version_id, version, instance_id || '-' || k, '',
    md5(record_id::text || k)::uuid, true, raw_xml, sha256, false,
    received_at + k * interval '7 min', device_id, client_device_id, user_agent, state, 0, '',
    review_state
  FROM submissions_submission, generate_series(1, %(copies)s) k RETURNING id, record_id
), r AS (
  INSERT INTO cleaning_cleanrow (id, record_id, submission_id, form_id, repeat, parent_id, index,
    values, verbatim, place_id, household_id, restricted, instance_id, version, submitted_at,
    received_at, updated_at)
  SELECT md5(c.id::text || k)::uuid, s.record_id, s.id, c.form_id, c.repeat,
    CASE WHEN c.parent_id IS NULL THEN NULL ELSE md5(c.parent_id::text || k)::uuid END, c.index,
    c.values, c.verbatim, c.place_id, c.household_id, c.restricted, c.instance_id || '-' || k,
    c.version, c.submitted_at, c.received_at + k * interval '7 min', c.updated_at
  FROM cleaning_cleanrow c, generate_series(1, %(copies)s) k, s
  WHERE s.record_id = md5(c.record_id::text || k)::uuid RETURNING 1
) SELECT count(*) FROM r
"""


def main() -> None:
    with LiveServer() as server:
        fill(server)
        print(TITLE)
        measurements = list(feed(server))
    print(as_lines(measurements))
    missed = [each.name for each in measurements if each.holds is False]
    if missed:
        sys.exit("missed: " + "; ".join(missed))


def fill(server: LiveServer) -> None:
    tablet = Tablet(f"{server.url}/key/{server.tokens[0]}", name="bench")
    for record in itertools.islice(_records(tablet.fetch_forms()[FORM]), ORIGINALS):
        assert tablet.send(record).status == 201
    tablet.close()
    server.drain()
    server.query(COPIES, {"copies": RECORDS // ORIGINALS - 1})
    server.manage("shell", "--no-imports", "-c", _ANALYZE)


_ANALYZE = "from django.db import connection as c; c.cursor().execute('VACUUM ANALYZE')"


def _records(form: Questionnaire) -> Iterator[Record]:
    """Consenting families of 2, 4 and 6 members, four on average."""
    villages, started = villages_of(form), datetime(2014, 6, 2, 9, 14, tzinfo=UTC)
    wanted = itertools.cycle([MEMBERS, MEMBERS - 2, MEMBERS + 2])
    size = next(wanted)
    for number in itertools.count():
        key = f"odata/{number}"
        rng = Random(key)
        family = make_family(rng, village=rng.choice(villages), number=number)
        if family.consents and len(family.members) == size:
            size = next(wanted)
            yield hold_interview(form, family, key=key, started=started, device_id="collect:x")


class Tool:
    """What an analyst's tool is to a server: one connection and a token."""

    def __init__(self, server: LiveServer) -> None:
        account = next(a for a in server.demo["accounts"] if a["role"] == "analyst")
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        self.headers: dict[str, str] = {}
        said = json.dumps({"email": account["username"], "password": account["password"]})
        self.connection.request("POST", "/v1/sessions", said, {"Content-Type": "application/json"})
        token = json.loads(self.connection.getresponse().read())["token"]
        self.headers = {"Authorization": f"Bearer {token}"}
        self.project = json.loads(self.get("/v1/projects"))[-1]["id"]

    def get(self, address: str) -> bytes:
        self.connection.request("GET", address, headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        assert answer.status == 200, (answer.status, body[:300])
        return body

    def rows(self, table: str, **options: str) -> bytes:
        query = "&".join(f"${name}={quote(value)}" for name, value in options.items())
        return self.get(f"/v1/projects/{self.project}/forms/{FORM}.svc/{table}?{query}")


def feed(server: LiveServer) -> Iterator[Measurement]:
    tool = Tool(server)
    sets = json.loads(tool.rows(""))["value"]
    roster = next(s["name"] for s in sets if "member" in s["name"])
    expanded = _seconds(lambda: tool.rows("Submissions", expand="*"), runs=3)
    rows = json.loads(tool.rows("Submissions", expand="*"))["value"]
    members = int(tool.rows(f"{roster}/$count"))
    assert len(rows) == RECORDS
    said = f"{RECORDS:,} submissions, {members:,} members"
    yield Measurement(f"OData {said}: all with $expand=*", expanded, "s", 1.5)
    top = {"top": str(PAGE)}
    for _, table, options in _pages(roster):
        tool.rows(table, **top, **options)
    _wait_for_indexes(server)
    tool.connection.close()  # it rested longer than the server keeps one; the next call opens it
    for name, table, options in _pages(roster):
        ms = 1000 * _seconds(partial(tool.rows, table, **top, **options), runs=RUNS)
        yield Measurement(f"OData page of {PAGE}: {name}", ms, "ms", 30)
    began = time.perf_counter()
    followed = sum(len(page) for page in _follow(tool, roster))
    assert followed == members
    yield Measurement("OData all members by links of 1,000", time.perf_counter() - began, "s", 4)


def _wait_for_indexes(server: LiveServer) -> None:
    """An order that was asked for has an index soon after."""
    until = time.monotonic() + 60
    while server.query("SELECT 1 FROM datasets_sortindex WHERE made_at IS NULL"):
        assert time.monotonic() < until, "no index was made"
        time.sleep(0.5)


def _pages(roster: str) -> list[tuple[str, str, dict[str, str]]]:
    large, poor = "main/roster/hh_size ge 5", "main/income_module/income_kgs"
    return [
        ("submissions", "Submissions", {}),
        ("submissions, with members", "Submissions", {"expand": "*"}),
        ("submissions, filtered", "Submissions", {"filter": large}),
        ("submissions, sorted", "Submissions", {"orderby": poor}),
        ("submissions, both", "Submissions", {"filter": large, "orderby": poor}),
        ("members", roster, {}),
        ("members, filtered", roster, {"filter": "m_age ge 60"}),
        ("members, sorted", roster, {"orderby": "m_age desc"}),
        ("members, both", roster, {"filter": "m_age ge 18", "orderby": "m_age desc"}),
    ]


def _follow(tool: Tool, table: str) -> Iterator[list[object]]:
    page = json.loads(tool.rows(table, top="1000"))
    while True:
        yield page["value"]
        link = page.get("@odata.nextLink")
        if link is None:
            return
        parts = urlsplit(link)
        page = json.loads(tool.get(f"{parts.path}?{parts.query}"))


def _seconds(work: Callable[[], object], *, runs: int) -> float:
    took = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return median(took)


if __name__ == "__main__":
    main()
