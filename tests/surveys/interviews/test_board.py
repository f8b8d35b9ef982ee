"""Progress, tablets and the map on the field board, and the same numbers by API."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.interviews.models import RoundTarget
from surveys.places.load import SHIPPED, load_boundaries
from surveys.places.models import Place
from surveys.rounds.models import Round
from surveys.xforms.models import Form
from sync.models import Device
from tests.surveys.datasets.records import next_version
from tests.surveys.interviews.conftest import Interview

PAGE = {"headers": {"accept": "text/html"}}


def text(client: Client, path: str = "/field/") -> str:
    answer = client.get(path, **PAGE)
    assert answer.status_code == 200
    return answer.content.decode()


def told(client: Client) -> dict[str, Any]:
    answer = client.get("/api/v1/field/")
    assert answer.status_code == 200
    return answer.json()


def cells(page: str, table: str) -> list[list[str]]:
    body = page.split(f'<table id="{table}"')[1].split("</table>")[0].split("</thead>")[1]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.S)
    return [
        [
            " ".join(re.sub(r"<[^>]+>", " ", cell).split())
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.S)
        ]
        for row in rows
    ]


def plan(round_: Round, place: Place, households: int) -> None:
    RoundTarget.objects.create(round=round_, place=place, households=households)


def progress(client: Client) -> list[tuple[str | None, int, int]]:
    return [(p["place"], p["done"], p["target"]) for p in told(client)["progress"]]


def test_progress_counts_each_household_once_a_round(
    as_dilnoza: Client, baseline: Round, interview: Interview, alai: Place, osh: Place
) -> None:
    plan(baseline, osh, 10)
    home = uuid.uuid4()
    interview(alai, household=home)
    interview(alai, household=home, days=3)
    interview(alai)

    assert progress(as_dilnoza) == [(osh.code, 2, 10)]
    assert cells(text(as_dilnoza), "progress-base")[0][:4] == [osh.code, "2", "10", "20%"]


def test_rejected_and_sent_back_are_not_done(
    as_dilnoza: Client, baseline: Round, interview: Interview, osh: Place
) -> None:
    plan(baseline, osh, 10)
    for state in ("received", "edited", "approved", "rejected", "has_issues"):
        interview(osh, state=state)

    assert progress(as_dilnoza) == [(osh.code, 3, 10)]


def test_household_whose_first_interview_was_rejected_is_done_by_the_second(
    as_dilnoza: Client, baseline: Round, interview: Interview, osh: Place
) -> None:
    plan(baseline, osh, 10)
    home = uuid.uuid4()
    interview(osh, household=home, state="rejected", days=2)
    interview(osh, household=home)

    assert progress(as_dilnoza) == [(osh.code, 1, 10)]


def test_targets_and_tablets_of_other_places_are_not_shown(
    as_dilnoza: Client, as_alice: Client, baseline: Round, osh: Place, naryn: Place
) -> None:
    plan(baseline, osh, 10)
    plan(baseline, naryn, 20)
    for place in (osh, naryn):
        Device.objects.create(name=f"of {place.code}").places.add(place)

    seen = told(as_dilnoza)
    assert [p["place"] for p in seen["progress"]] == [osh.code]
    assert [t["name"] for t in seen["tablets"]] == [f"of {osh.code}"]
    assert naryn.code not in text(as_dilnoza)
    assert progress(as_alice) == [(None, 0, 30), (naryn.code, 0, 20), (osh.code, 0, 10)]


def test_target_of_a_merged_place_goes_on_with_the_place_of_today(
    as_alice: Client, baseline: Round, interview: Interview, osh: Place, alai: Place
) -> None:
    other = Place.objects.create(
        code="KG06208", level=2, path=f"{osh.path}/KG06208", name_en="Other", parent=osh
    )
    plan(baseline, other, 5)
    plan(baseline, alai, 10)
    Place.objects.filter(pk=other.pk).update(merged_into=alai, merged_on="2026-01-01")
    interview(alai)

    assert progress(as_alice) == [(alai.code, 1, 15)]


def test_round_that_has_not_begun_is_not_late(
    as_alice: Client, baseline: Round, osh: Place
) -> None:
    plan(baseline, osh, 10)
    Round.objects.update(opens_on=timezone.localdate() + timedelta(days=2))

    assert progress(as_alice) == []


def test_forecast_says_the_day_and_that_it_lies_after_the_last(
    as_alice: Client, baseline: Round, interview: Interview, osh: Place
) -> None:
    plan(baseline, osh, 200)
    Round.objects.update(closes_on=timezone.localdate() + timedelta(days=7))
    for days in range(1, 15):
        for _ in range(3):
            interview(osh, days=days)

    (line,) = told(as_alice)["progress"]
    assert line["forecast"]["outlook"] == "said"
    assert line["forecast"]["after_last_day"] is True
    assert f"{line['forecast']['ends_on']}, after the last day" in text(as_alice)


def test_closed_round_says_what_is_missing_and_forecasts_nothing(
    as_alice: Client, baseline: Round, interview: Interview, osh: Place
) -> None:
    plan(baseline, osh, 10)
    Round.objects.update(closes_on=timezone.localdate() - timedelta(days=1))
    interview(osh, days=2)

    assert cells(text(as_alice), "progress-base")[0][-1] == "9 missing"


def test_tablets_say_what_is_wrong_with_them(as_alice: Client, form: Form) -> None:
    now = timezone.now()
    next_version(form)
    Device.objects.create(name="fine", last_seen_at=now, app="ODK Collect v2024.3.0")
    Device.objects.create(
        name="odd",
        last_seen_at=now,
        app="ODK Collect v2024.2.4",
        unsent=4,
        oldest_unsent_at=now - timedelta(days=3),
        battery=7,
        clock_drift_seconds=-7200,
        forms=[{"form_id": "visit", "version": "1"}],
    )
    Device.objects.create(name="lost", last_seen_at=now - timedelta(days=40))
    Device.objects.create(name="ended", revoked_at=now)

    page = text(as_alice)
    rows = {row[0]: row[1:] for row in cells(page, "tablets")}

    assert list(rows) == ["lost overdue", "odd"]
    assert rows["odd"][1:] == [
        "4 oldest: 3 days ago",
        "ODK Collect v2024.2.4 another tablet has a newer one",
        "old version: visit",
        "7%",
        "−2 h",
    ]
    assert [row[0] for row in cells(page, "tablets-fine")] == ["fine"]
    by_api = {tablet["name"]: tablet for tablet in told(as_alice)["tablets"]}
    assert by_api["odd"]["app_outdated"] is True
    assert by_api["odd"]["clock_off"] == -7200
    assert by_api["lost"]["is_overdue"] is True


def test_map_and_table_say_how_many_interviews_each_district_has(
    as_alice: Client, interview: Interview, alai: Place, osh: Place
) -> None:
    load_boundaries(SHIPPED / "admin2_boundaries.geojson")
    for place in (alai, alai, osh, None):
        interview(place)

    page = text(as_alice)

    assert cells(page, "districts") == [[alai.code, "2"], ["No district named", "2"]]
    assert f"<title>{alai.code}: 2</title>" in page
    found = told(as_alice)
    assert sum(d["interviews"] for d in found["districts"]) == found["team"]["interviews"] == 4


def test_district_without_an_outline_is_in_the_table(
    as_alice: Client, interview: Interview, alai: Place
) -> None:
    interview(alai)

    page = text(as_alice)
    assert cells(page, "districts") == [[alai.code, "1"]]
    assert "map-frame" not in page


def test_part_that_changes_is_the_same_as_on_the_page(
    as_alice: Client, baseline: Round, interview: Interview, osh: Place
) -> None:
    plan(baseline, osh, 10)
    interview(osh)

    part, page = text(as_alice, "/field/now/?days=14"), text(as_alice, "/field/?days=14")

    assert "<html" not in part
    assert cells(part, "enumerators") == cells(page, "enumerators")
    assert cells(part, "progress-base") == cells(page, "progress-base")


@pytest.mark.parametrize("path", ["/field/", "/field/now/", "/api/v1/field/"])
@pytest.mark.parametrize("who", ["bob", "charlie"])
def test_board_is_for_reviewers(request: pytest.FixtureRequest, who: str, path: str) -> None:
    assert request.getfixturevalue(f"as_{who}").get(path).status_code == 403


@pytest.mark.parametrize(
    ("query", "status"),
    [("days=0", 400), ("days=x", 400), ("form=nothing", 404), ("form=%00", 404)],
)
def test_api_refuses_what_nobody_offers(as_alice: Client, query: str, status: int) -> None:
    assert as_alice.get(f"/api/v1/field/?{query}").status_code == status


def test_board_costs_the_same_queries_for_many_places_tablets_and_interviews(
    as_dilnoza: Client, baseline: Round, interview: Interview, osh: Place, alai: Place
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            text(as_dilnoza)
        return len(seen)

    def more(place: Place, number: int) -> None:
        plan(baseline, place, 10)
        interview(place)
        Device.objects.create(name=f"T{number}").places.add(place)

    more(alai, 0)
    few = queries()
    for number in range(1, 6):
        code = f"{alai.code}-{number}"
        village = Place.objects.create(
            code=code, level=3, path=f"{alai.path}/{code}", name_en=code, parent=alai
        )
        more(village, number)

    assert queries() == few
