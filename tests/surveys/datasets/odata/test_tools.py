"""The tools themselves: pyODK as it comes, and what the Power Query files ask, of a live server."""

import itertools
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import pytest
import requests
from pyodk.client import Client
from pyodk.errors import PyODKError

from sync.fieldwork.family import make_family
from sync.fieldwork.interview import hold_interview, villages_of
from sync.fieldwork.tablet import Tablet
from tests.live import LiveServer

FORM = "rmp_registration"
MEMBERS = "Submissions.main.roster.member"
POWER_QUERY = Path(__file__).resolve().parents[4] / "docs" / "power-query"
CONFIG = """
[central]
base_url = "{url}"
username = "{username}"
password = "{password}"
default_project_id = 1
"""


@pytest.fixture(scope="module")
def family(live: LiveServer) -> dict[str, Any]:
    """A consenting family that a tablet sent: its instanceID, size and card number."""
    tablet = Tablet(f"{live.url}/key/{live.tokens[0]}", name="odata")
    form = tablet.fetch_forms()[FORM]
    villages = villages_of(form)
    for number in itertools.count():
        rng = Random(f"tools/{number}")
        made = make_family(rng, village=rng.choice(villages), number=number)
        if made.consents and len(made.members) >= 3:
            break
    started = datetime(2014, 6, 2, 9, 14, tzinfo=UTC)
    record = hold_interview(form, made, key="tools", started=started, device_id="collect:tools")
    tablet.send(record)
    tablet.close()
    live.drain()
    return {"instance_id": record.instance_id, "size": len(made.members), "card": made.card_no}


@pytest.fixture
def client(live: LiveServer, tmp_path: Path) -> Iterator[Client]:
    account = next(a for a in live.demo["accounts"] if a["role"] == "analyst")
    config = tmp_path / "pyodk.toml"
    config.write_text(CONFIG.format(url=live.url, **account))
    with Client(config_path=str(config), cache_path=str(tmp_path / "cache.toml")) as client:
        yield client


def test_pyodk_reads_projects_forms_submissions_and_tables(
    client: Client, family: dict[str, Any]
) -> None:
    (project,) = [p for p in client.projects.list() if p.id == 1]
    assert client.projects.get().name == project.name
    forms = {form.xmlFormId: form for form in client.forms.list()}
    assert client.forms.get(FORM) == forms[FORM]
    assert "<h:html" in client.forms.get_xml(FORM) if hasattr(client.forms, "get_xml") else True

    by_card = f"main/place/card_no eq '{family['card']}'"
    (row,) = client.submissions.get_table(form_id=FORM, filter=by_card, expand="*")["value"]
    assert row["meta"]["instanceID"] == family["instance_id"]
    assert len(row["main"]["roster"]["member"]) == family["size"]
    assert row["main"]["head"]["head_name"] is None  # masked for an analyst

    listed = {s.instanceId for s in client.submissions.list(form_id=FORM)}
    assert row["__id"] in listed
    one = client.submissions.get(form_id=FORM, instance_id=row["__id"])
    assert client.submissions.get(form_id=FORM, instance_id=family["instance_id"]) == one

    inside = f"__Submissions-id eq '{row['__id']}'"
    members = client.submissions.get_table(
        form_id=FORM, table_name=MEMBERS, filter=inside, count=True, wkt=True, skip=1, top=1
    )
    assert members["@odata.count"] == family["size"]
    assert members["value"][0]["__id"] == row["main"]["roster"]["member"][1]["__id"]
    assert members["@odata.nextLink"].startswith(client.session.base_url)


def test_pyodk_tells_what_was_wrong(client: Client, family: dict[str, Any]) -> None:
    with pytest.raises(PyODKError, match="field_masked"):
        client.submissions.get_table(form_id=FORM, filter="main/head/head_name eq 'x'")


def test_power_query_file_asks_what_the_server_answers(
    live: LiveServer, family: dict[str, Any]
) -> None:
    """What the M script names is there, and the requests it folds into are answered.

    The script itself needs Excel or Power BI to run.
    """
    script = (POWER_QUERY / "oila.pq").read_text()
    named = dict(re.findall(r"^    (\w+) = \"?([^\",]+)\"?,$", script, re.M))
    assert f"/v1/projects/{named['Project']}/forms/{quote(named['Form'])}.svc"
    query = dict(re.findall(r"Query = \[(\w+) = \"(\w+)\"\]", script))
    columns = re.search(r"SelectColumns\(\w+, \{([^}]+)\}", script)
    moment = re.search(r"\[(\w+)\] >= #datetimezone\((\d+), (\d+), (\d+)", script)
    assert query == {"flat": "true"}
    assert columns
    assert moment
    chosen = re.findall(r'"(\w+)"', columns[1])
    service = f"{live.url}/v1/projects/{named['Project']}/forms/{quote(named['Form'])}.svc"
    analyst = next(a for a in live.demo["accounts"] if a["role"] == "analyst")
    basic = (analyst["username"], live.demo["analyst_token"])

    def ask(address: str, **options: str) -> requests.Response:
        answer = requests.get(address, params={**query, **options}, auth=basic, timeout=60)
        assert answer.status_code == 200, answer.text
        assert answer.headers["OData-Version"] == "4.0"
        return answer

    sets = {s["name"]: s["url"] for s in ask(service).json()["value"]}
    described = ask(f"{service}/$metadata").text
    assert all(f'Name="{name}"' in described for name in chosen)
    folded = {
        "$filter": f"{moment[1]} ge {moment[2]}-{int(moment[3]):02}-{int(moment[4]):02}T00:00:00Z",
        "$select": ",".join(chosen),
        "$top": "1000",
    }
    rows = ask(f"{service}/{sets['Submissions']}", **folded).json()["value"]
    assert rows
    assert all(list(row) == chosen for row in rows)


def test_power_bi_file_leads_to_a_feed(live: LiveServer, family: dict[str, Any]) -> None:
    described = json.loads((POWER_QUERY / "oila.pbids").read_text())
    (connection,) = described["connections"]
    assert connection["details"]["protocol"] == "odata"
    path = connection["details"]["address"]["url"].partition(":8000")[2]
    bearer = {"Authorization": f"Bearer {live.demo['analyst_token']}"}
    answer = requests.get(f"{live.url}{path}", headers=bearer, timeout=60)
    assert MEMBERS in [s["name"] for s in answer.json()["value"]]
