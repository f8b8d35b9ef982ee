"""The plan of the fieldwork: loaded whole or not at all, with a reason for each wrong cell."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from backend.problems import Problem
from surveys.interviews.models import RoundTarget
from surveys.interviews.targets import load_targets
from surveys.places.models import Place
from surveys.rounds.models import Round

URL = "/api/v1/field/targets/"


def csv(*rows: str) -> bytes:
    return "\n".join(("round,place,households", *rows)).encode()


def kept() -> dict[str, int]:
    return {str(t.place.code): t.households for t in RoundTarget.objects.select_related("place")}


def refused(content: bytes, by: User) -> Problem:
    with pytest.raises(Problem) as caught:
        load_targets(content=content, by=by)
    assert caught.value.code == "table_refused"
    return caught.value


def test_rows_replace_those_of_the_same_round_and_place(
    alice: User, baseline: Round, osh: Place, alai: Place
) -> None:
    load_targets(content=csv(f"base,{osh.code},100", f"base,{alai.code},40"), by=alice)

    assert load_targets(content=csv(f"base,{alai.code},55"), by=alice) == 1
    assert kept() == {osh.code: 100, alai.code: 55}
    assert AuditEvent.objects.filter(action="field.targets_loaded", by=alice).count() == 2


def test_no_households_take_a_target_away(alice: User, baseline: Round, osh: Place) -> None:
    load_targets(content=csv(f"base,{osh.code},100"), by=alice)
    load_targets(content=csv(f"base,{osh.code},0"), by=alice)

    assert kept() == {}


def test_workbook_is_as_good_as_csv(alice: User, baseline: Round, osh: Place) -> None:
    book, file = Workbook(), io.BytesIO()
    for row in (["Households", "Place", "Round", "note"], [70, osh.code, "base", "x"]):
        book.active.append(row)
    book.save(file)

    load_targets(content=file.getvalue(), by=alice)
    assert kept() == {osh.code: 70}


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("nothing,KG06000000000,5", "round"),
        ("base,KG99,5", "place"),
        ("base,KG06\0,5", "place"),
        ("base,KG06000000000,", "households"),
        ("base,KG06000000000,-5", "households"),
        ("base,KG06000000000,1.5", "households"),
        ("base,KG06000000000,many", "households"),
        ("base,KG06000000000,٥", "households"),
        ("base,KG06000000000,1000001", "households"),
        ("base,KG06000000000,99999999999999999999", "households"),
        ("base", "place"),
    ],
)
def test_wrong_cell_is_named_and_nothing_is_kept(
    alice: User, baseline: Round, osh: Place, alai: Place, row: str, column: str
) -> None:
    problem = refused(csv(f"base,{alai.code},7", row), alice)

    assert [(e["row"], e["column"]) for e in problem.details["errors"]] == [(3, column)]
    assert kept() == {}


def test_same_place_twice_is_refused(alice: User, baseline: Round, osh: Place) -> None:
    problem = refused(csv(f"base,{osh.code},7", f"base,{osh.code},8"), alice)

    assert problem.details["errors"][0]["row"] == 3


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"round,place,households",
        b"round,place\nbase,KG06000000000",
        b"PK\x03\x04 no zip",
        b"\xff\xfe\x00",
        b"\xd0\xcf\x11\xe0old",
        b"a" * (5 * 1024 * 1024 + 1),
    ],
)
def test_file_that_is_no_table_is_refused(alice: User, baseline: Round, content: bytes) -> None:
    assert refused(content, alice).words


def test_manager_of_some_places_plans_those(baseline: Round, osh: Place, naryn: Place) -> None:
    erkin = User.objects.create(
        username="erkin", role=User.Role.MANAGER, place_codes=[str(osh.code)]
    )
    problem = refused(csv(f"base,{osh.code},7", f"base,{naryn.code},7"), erkin)

    assert [e["row"] for e in problem.details["errors"]] == [3]


def test_plan_is_loaded_and_read_by_api(
    as_alice: Client, as_dilnoza: Client, baseline: Round, osh: Place, naryn: Place
) -> None:
    rows = csv(f"base,{osh.code},7", f"base,{naryn.code},9")
    answer = as_alice.post(URL, {"file": SimpleUploadedFile("targets.csv", rows)})

    assert (answer.status_code, answer.json()) == (201, {"rows": 2})
    assert as_alice.get(URL).json()["count"] == 2
    assert as_dilnoza.get(URL).json()["results"] == [
        {"round": "base", "place": osh.code, "households": 7}
    ]


@pytest.mark.parametrize("who", ["dilnoza", "bob", "charlie"])
def test_only_who_leads_changes_the_plan(request: pytest.FixtureRequest, who: str) -> None:
    client: Client = request.getfixturevalue(f"as_{who}")
    file = SimpleUploadedFile("targets.csv", csv())

    assert client.post(URL, {"file": file}).status_code == 403
    assert client.get("/field/targets/").status_code == 403


def test_page_loads_a_file_and_says_what_is_wrong_with_another(
    as_alice: Client, baseline: Round, osh: Place
) -> None:
    def send(content: bytes) -> Any:
        return as_alice.post(
            "/field/targets/", {"file": SimpleUploadedFile("t.csv", content)}, follow=True
        )

    page = send(csv(f"base,{osh.code},1234"))
    assert "1 row is loaded." in page.content.decode()
    assert "1,234" in page.content.decode()

    wrong = send(csv("base,KG99,<b>"))
    assert wrong.status_code == 422
    assert "Row 2, place: “KG99” is no place" in wrong.content.decode()
    assert as_alice.post("/field/targets/").status_code == 400
    assert kept() == {osh.code: 1234}


def test_console_keeps_a_target_and_logs_it(as_alice: Client, baseline: Round, osh: Place) -> None:
    answer = as_alice.post(
        "/admin/interviews/roundtarget/add/",
        {"round": baseline.pk, "place": osh.pk, "households": 12},
    )

    assert answer.status_code == 302
    assert kept() == {osh.code: 12}
    assert AuditEvent.objects.filter(action="field.target_set").exists()
