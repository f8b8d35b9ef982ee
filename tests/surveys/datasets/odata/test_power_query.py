"""What the Power Query files ask; the M script itself needs Excel or Power BI to run."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.test import Client

from surveys.xforms.models import Form
from surveys.xforms.schema import Field
from tests.surveys.datasets.records import SCHEMA, make_record, publish

POWER_QUERY = Path(__file__).resolve().parents[4] / "docs" / "power-query"
FIELDS = (
    Field("country", "main/place/country", "country", "string", ""),
    Field("hh_size", "main/roster/hh_size", "hh_size", "integer", ""),
)


def _form() -> Form:
    return publish(replace(SCHEMA, form_id="rmp_registration", fields=FIELDS, repeats=()))


def test_what_the_script_folds_into_is_answered(bob_reads: Client, db: None) -> None:
    make_record(_form(), {"country": "KG", "hh_size": 5})
    script = (POWER_QUERY / "oila.pq").read_text()
    named = dict(re.findall(r"^    (\w+) = \"?([^\",]+)\"?,$", script, re.M))
    query: dict[str, Any] = dict(re.findall(r"Query = \[(\w+) = \"(\w+)\"\]", script))
    columns = re.search(r"SelectColumns\(\w+, \{([^}]+)\}", script)
    moment = re.search(r"\[(\w+)\] >= #datetimezone\((\d+), (\d+), (\d+)", script)
    assert query == {"flat": "true"}
    assert columns
    assert moment
    chosen = re.findall(r'"(\w+)"', columns[1])
    service = f"/v1/projects/{named['Project']}/forms/{named['Form']}.svc"
    day = f"{moment[2]}-{int(moment[3]):02}-{int(moment[4]):02}"

    assert bob_reads.get(service, query).json()["value"][0]["url"] == "Submissions"
    described = bob_reads.get(f"{service}/$metadata", query).content.decode()
    assert all(f'Name="{name}"' in described for name in chosen)
    folded = {"$filter": f"{moment[1]} ge {day}T00:00:00Z", "$select": ",".join(chosen)}
    (row,) = bob_reads.get(f"{service}/Submissions", {**query, **folded}).json()["value"]
    assert list(row) == chosen
    assert (row["main_place_country"], row["main_roster_hh_size"]) == ("KG", 5)


def test_pictures_of_the_page_are_there() -> None:
    page = POWER_QUERY.parent / "odata.md"
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", page.read_text())
    assert len(pictures) == 3
    assert all((page.parent / name).is_file() for name in pictures)


def test_power_bi_file_leads_to_a_feed(bob_reads: Client, db: None) -> None:
    _form()
    (connection,) = json.loads((POWER_QUERY / "oila.pbids").read_text())["connections"]
    assert connection["details"]["protocol"] == "odata"
    path = connection["details"]["address"]["url"].partition(":8000")[2]
    assert bob_reads.get(path).json()["value"][0]["name"] == "Submissions"
