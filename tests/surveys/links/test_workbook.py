"""The cases as a workbook: whose, which, with what was said; and that it is noted."""

import io
from typing import Any
from uuid import UUID

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from surveys.cleaning.models import CleanRow
from surveys.households.models import CandidateLink
from surveys.links.adjudicate import say_of_pair
from surveys.links.claim import claim_case
from surveys.places.models import Place
from tests.surveys.links.families import candidate, register, settle

ADDRESS = "/links/cases.xlsx"
Row = dict[str, Any]


def sheets(client: Client, **query: Any) -> dict[str, list[Row]]:
    answer = client.get(ADDRESS, query)
    assert answer.status_code == 200, answer.content[:300]
    book = load_workbook(io.BytesIO(answer.content))
    found = {}
    for sheet in book:
        header, *rows = sheet.iter_rows(values_only=True)
        found[sheet.title] = [dict(zip(header, row, strict=True)) for row in rows]
    return found


def test_pair_is_told_with_its_ids_reasons_and_what_speaks_against_it(
    as_dilnoza: Client, link: CandidateLink
) -> None:
    (row,) = sheets(as_dilnoza)["pairs"]

    assert (row["case"], row["pair"], row["state"], row["bits"]) == (
        link.pk, link.pk, "waiting", 9.5
    )  # fmt: skip
    assert {row["record_a"], row["record_b"]} == {str(link.a), str(link.b)}
    assert {row["card_a"], row["card_b"]} == {"KG-06-00001", "KG-06-00007"}
    assert row["reasons"].splitlines()[1] == "-5.0 The village: Different villages."
    assert (row["place"], row["place_name"]) == ("KG06207000000", "KG06207000000")
    assert "Асан" not in str(row)


def test_settled_pair_and_every_decision_on_its_records_are_told_too(
    as_dilnoza: Client, alice: User, two: tuple[UUID, UUID]
) -> None:
    link = candidate(*two, vetoes=["two_doors"])
    say_of_pair(a=two[0], b=two[1], verdict="same", reason="Gulnara said so", by=alice)
    say_of_pair(a=two[0], b=two[1], verdict="different", reason="They were asked", by=alice)

    told = sheets(as_dilnoza)

    (row,) = told["pairs"]
    assert (row["case"], row["pair"], row["state"]) == (None, link.pk, "settled")
    assert row["decided"].startswith("Different households, ")
    said = [each for each in told["decisions"] if each["kind"] == "person"]
    assert [(each["decision"], each["by"], each["reason"]) for each in said] == [
        ("different", "alice", "They were asked"), ("same", "alice", "masked")
    ]  # fmt: skip


def test_case_that_somebody_has_open_is_told_as_such(
    as_dilnoza: Client, alice: User, link: CandidateLink
) -> None:
    claim_case(keys=[link.pk], by=alice, visit="other")

    (row,) = sheets(as_dilnoza)["pairs"]
    assert row["state"] == "open with somebody else"


def test_places_asked_for_together_are_told_together(
    as_alice: Client, forms: None, alai: Place, naryn: Place
) -> None:
    records = [register(f"KG-06-{n:05}", head=f"Head {n}") for n in range(6)]
    settle()
    for pair, place in ((records[:2], alai), (records[2:4], naryn), (records[4:], alai.parent)):
        candidate(*pair, place_id=place.pk)

    def places(*codes: str) -> list[str]:
        return sorted(row["place"] for row in sheets(as_alice, place=codes)["pairs"])

    assert places(naryn.code, alai.code) == sorted([alai.code, naryn.code])
    assert places(naryn.code) == [naryn.code]
    assert len(places()) == 3
    assert as_alice.get(ADDRESS, {"place": [alai.code, "XX"]}).status_code == 400
    assert as_alice.get(ADDRESS, {"place": [alai.code, "\0"]}).status_code == 400
    assert as_alice.get(ADDRESS, {"place": [f"P{n}" for n in range(51)]}).status_code == 400


def test_file_is_for_who_decides_and_of_records_they_see(
    as_dilnoza: Client, as_bob: Client, as_charlie: Client, link: CandidateLink
) -> None:
    assert as_bob.get(ADDRESS).status_code == 403
    assert as_charlie.get(ADDRESS).status_code == 403

    CleanRow.objects.filter(pk=link.a).update(restricted=True)
    assert sheets(as_dilnoza) == {"pairs": [], "decisions": []}


def test_file_is_noted_with_its_places_and_the_number_of_pairs(
    as_dilnoza: Client, dilnoza: User, link: CandidateLink
) -> None:
    as_dilnoza.get(ADDRESS, {"place": "KG06207000000"})

    event = AuditEvent.objects.get(action="links.downloaded")
    assert (event.by, event.details) == (dilnoza, {"places": ["KG06207000000"], "pairs": 1})


def test_file_takes_the_same_queries_whatever_is_in_it(
    as_dilnoza: Client, forms: None, alai: Place
) -> None:
    records = [register(f"KG-06-{n:05}", head=f"Head {n}") for n in range(8)]
    settle()

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert as_dilnoza.get(ADDRESS).status_code == 200
        return len(found)

    candidate(*records[:2])
    queries()
    few = queries()
    for at in (2, 4, 6):
        candidate(*records[at : at + 2])
    assert queries() == few
