"""Each role gets the same records and columns by every door: list, record, export, page."""

import csv
import io
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from backend.accounts.models import User
from surveys.datasets.build import build_waiting_exports
from surveys.places.models import Place
from surveys.xforms.models import Form
from surveys.xforms.schema import Choice, Field
from tests.conftest import _client_of as client_of
from tests.conftest import make_user
from tests.surveys.datasets.records import SCHEMA, make_record, publish
from tests.surveys.datasets.test_records import MEMBERS, URL, ids, problem

EXPORTS = "/api/v1/exports/"
HOME, SHY = uuid.UUID(int=7), uuid.UUID(int=8)
YES_NO = (Choice("yes", {}), Choice("no", {}))
FIELDS = (
    Field("partner", "partner", "partner", "string", ""),
    Field("consent_share", "consent_share", "consent_share", "select_one", "", choices=YES_NO),
    Field("spot", "spot", "spot", "geopoint", "", privacy="direct"),
    Field("head_birth_year", "head_birth_year", "head_birth_year", "integer", "", privacy="quasi"),
    Field("birth_date", "member/birth_date", "birth_date", "date", "member", privacy="quasi"),
    Field("where_now", "member/where_now", "where_now", "string", "member"),
)
pytestmark = pytest.mark.django_db(transaction=True)  # exports read a snapshot of their own
WHO = ("manager", "analyst", "supervisor", "admin", "partner")


@pytest.fixture
def visits(db: None, osh: Place, alai: Place, naryn: Place) -> Form:
    form = publish(replace(SCHEMA, fields=(*SCHEMA.fields, *FIELDS)))
    answers: dict[str, Any] = {
        "partner": "aid",
        "consent_share": "yes",
        "head": "Асанова",
        "hh_size": 3,
        "spot": {"lat": 40.51849, "lon": 72.80123, "alt": 900.0, "acc": 4.0},
        "head_birth_year": 1987,
    }
    member = {"first_name": "Айгүл", "birth_date": "1994-07-30", "age": 19, "where_now": "abroad"}
    home = make_record(form, answers, place=alai, household=HOME, members=[member, {"age": 2}])
    make_record(form, {**answers, "partner": "other"}, place=alai, minutes=1)
    make_record(form, {"partner": "aid"}, place=naryn, minutes=2, restricted=True)
    make_record(form, {**answers, "consent_share": "no"}, place=alai, household=SHY, minutes=3)
    make_record(form, {"partner": "aid"}, place=alai, household=SHY, minutes=4, members=[member])
    form.first = home  # type: ignore[attr-defined]
    return form


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return {
        "manager": make_user("m", User.Role.MANAGER, sees_legal_aid=True),
        "analyst": make_user("a", User.Role.ANALYST),
        "supervisor": make_user("s", User.Role.SUPERVISOR, place_codes=["KG06000000000"]),
        "admin": make_user("x", User.Role.ADMIN),
        "partner": make_user("p", User.Role.PARTNER, partner="aid"),
    }


def exported(client: Client, **asked: Any) -> dict[str, list[dict[str, str]]]:
    asked = {"form_id": "visit", "kind": "csv", "purpose": "report", **asked}
    made = client.post(EXPORTS, asked, content_type="application/json")
    assert made.status_code == 202, made.content
    build_waiting_exports()
    file = b"".join(client.get(f"{EXPORTS}{made.json()['id']}/download/"))
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        return {
            name.removesuffix(".csv"): list(rows(archive.read(name))) for name in archive.namelist()
        }


def rows(content: bytes) -> Iterator[dict[str, str]]:
    return csv.DictReader(io.StringIO(content.decode("utf-8-sig")))


@pytest.mark.parametrize("who", WHO)
def test_role_gets_the_same_records_and_answers_by_every_door(
    visits: Form, people: dict[str, User], who: str
) -> None:
    client = client_of(people[who])

    listed = client.get(URL).json()["results"]
    single = [client.get(f"{URL}{record['id']}/").json() for record in listed]
    files = exported(client)
    page = client.get("/records/visit/").context["rows"]
    members = client.get(MEMBERS).json()["results"]

    expected = {"manager": 5, "analyst": 4, "admin": 4, "supervisor": 4, "partner": 1}
    assert len(listed) == expected[who]
    assert single == listed
    found = [record["id"] for record in listed]
    assert [row["id"] for row in files["visit"]] == found
    assert sorted(str(row["id"]) for row in page) == sorted(found)
    assert [row["id"] for row in files["member"]] == [row["id"] for row in members]
    for record, row in zip(listed, files["visit"], strict=True):
        filled = {name for name, value in record.items() if value is not None}
        in_file = {name.removesuffix("_lat") for name, value in row.items() if value}
        parts = {name for name in in_file if name.endswith(("_lon", "_alt", "_acc"))}
        assert in_file - parts == filled


@pytest.mark.parametrize("who", WHO)
def test_births_are_banded_and_points_rounded_for_every_role_that_gave_no_reason(
    visits: Form, people: dict[str, User], who: str
) -> None:
    client = client_of(people[who])
    record, member = (client.get(url).json()["results"][0] for url in (URL, MEMBERS))
    assert record["spot"] == {"lat": 40.52, "lon": 72.8, "alt": None, "acc": None}
    assert (record["head_birth_year"], record["head"]) == (1985, None)
    assert (member["birth_date"], member["age"], member["first_name"]) == ("1990-01-01", 19, None)
    for query in ({"head_birth_year": 1987}, {"ordering": "head_birth_year"}):
        assert problem(client, 403, **query)["code"] == "field_masked"
    fields = {f["name"]: f for f in client.get("/api/v1/forms/visit/").json()["fields"]}
    assert fields["spot"]["coarsened"] == "0.01 degree"
    assert (fields["head"]["masked"], fields["spot"]["masked"]) == (True, False)


def test_reason_gives_the_exact_point_and_birth(visits: Form, people: dict[str, User]) -> None:
    query = {"unmask": "checking a complaint", "head_birth_year": 1987}
    (record, *_) = client_of(people["manager"]).get(URL, query).json()["results"]
    assert (record["spot"]["lat"], record["head_birth_year"]) == (40.51849, 1987)


def test_raw_text_of_a_coarsened_answer_is_withheld(visits: Form, people: dict[str, User]) -> None:
    type(visits.first).objects.update(verbatim={"spot": "40.51849 72.8", "hh_size": "3"})  # type: ignore[attr-defined]
    (record, *_) = client_of(people["analyst"]).get(URL, {"layer": "raw"}).json()["results"]
    assert (record["spot"], record["hh_size"]) == (None, "3")


def test_partner_knows_records_and_households_by_ids_of_its_own(
    visits: Form, people: dict[str, User]
) -> None:
    client = client_of(people["partner"])
    (record,) = client.get(URL).json()["results"]
    member = client.get(MEMBERS).json()["results"][0]

    assert record["household"] != str(HOME)
    assert record["instance_id"] is None
    assert member["root_id"] == member["parent_id"] == record["id"]
    assert record["id"] != str(visits.first.id)  # type: ignore[attr-defined]
    assert ids(client, household=record["household"]) == [record["id"]]
    assert ids(client, household=str(HOME)) == []
    assert problem(client, 404, url=f"{URL}{visits.first.id}/")["code"] == "not_found"  # type: ignore[attr-defined]
    assert problem(client, 403, ordering="household")["code"] == "field_masked"
    assert problem(client, 403, instance_id="uuid:x")["code"] == "field_masked"


def test_file_for_a_recipient_leaves_out_who_does_not_share_and_two_cannot_join(
    visits: Form, people: dict[str, User]
) -> None:
    client = client_of(people["analyst"])
    ours, wfp, iom = (exported(client, recipient=name) for name in ("", "wfp", "iom"))

    assert len(ours["visit"]) == 4
    assert [len(wfp["visit"]), len(iom["visit"])] == [2, 2]
    known = [
        {row[k] for k in ("id", "household") if row[k]}
        for f in (ours, wfp, iom)
        for row in f["visit"]
    ]
    assert len(set.union(*known)) == sum(map(len, known)) - 1  # SHY's two records are one household
    assert {row["parent_id"] for row in wfp["member"]} <= {row["id"] for row in wfp["visit"]}
    about = {row["what"]: row["value"] for row in wfp["about"]}
    assert (about["recipient"], about["schema version"], about["layer"]) == (
        "wfp",
        "1.21",
        "corrected",
    )


def test_file_for_a_recipient_is_never_unmasked(visits: Form, people: dict[str, User]) -> None:
    asked = {"form_id": "visit", "kind": "csv", "recipient": "wfp", "unmask": "hand-over of all"}
    refused = client_of(people["manager"]).post(EXPORTS, asked, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (400, "value_invalid")


@pytest.mark.parametrize(
    "url",
    ["/api/v1/households/", "/api/v1/entity-lists/", "/review/", f"{URL}{HOME}/steps/"],
)
def test_partner_enters_no_door_but_those_of_datasets(
    visits: Form, people: dict[str, User], url: str
) -> None:
    assert client_of(people["partner"]).get(url).status_code == 403


def test_partner_without_a_name_reads_nothing(visits: Form) -> None:
    client = client_of(make_user("q", User.Role.PARTNER))
    assert problem(client, 403)["code"] == "not_allowed"


def test_household_with_somebody_abroad_is_found_by_the_answers_of_members(
    visits: Form, people: dict[str, User]
) -> None:
    client = client_of(people["analyst"])
    first = str(visits.first.id)  # type: ignore[attr-defined]
    abroad = ids(client, member__where_now="abroad")
    assert len(abroad) == 2
    assert ids(client, member__where_now="abroad", consent_share="yes") == [first]
    assert ids(client, member__age__lt="5") == [first]
    assert ids(client, member__age__lt="5", member__where_now="abroad") == []  # nobody is both
    assert problem(client, 403, member__first_name="А")["code"] == "field_masked"
    assert problem(client, 400, member__shoe="38")["code"] == "field_unknown"
    assert problem(client, 400, member__age__like="3")["code"] == "operator_unknown"
    assert problem(client, 400, member__age="many")["code"] == "value_invalid"
    assert len(exported(client, filter={"member__age__lt": "5"})["visit"]) == 1
