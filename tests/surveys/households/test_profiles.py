"""Households in the API: who belongs to them, what is masked, what is found."""

import uuid
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from surveys.cleaning.models import CleanRow
from surveys.households.identity import normalize_card_number
from surveys.households.models import Household, Membership
from surveys.places.models import Place
from surveys.xforms.models import Form
from surveys.xforms.schema import Field
from tests.surveys.datasets.records import SCHEMA, make_record, publish

URL = "/api/v1/households/"
REASON = "the family asks what we hold"


def make_household(form: Form, card: str, *, place: Place | None = None) -> Household:
    household = Household.objects.create(place=place)
    register(
        form,
        household,
        card=card,
        members=[{"first_name": "Айгүл", "age": 34}, {"age": 3}],
        place=place,
    )
    return household


def register(form: Form, household: Household, *, card: str = "", **record: Any) -> CleanRow:
    root = make_record(form, household=household.pk, **record)
    Membership.objects.create(
        record_id=root.pk,
        household=household,
        basis="registration",
        form_id="visit",
        registers=True,
        card=normalize_card_number(card),
    )
    return root


def test_household_shows_members_of_its_newest_registration(as_bob: Client, form: Form) -> None:
    household = make_household(form, "KG-06-00123")
    newer = register(form, household, members=[{"first_name": "Айгүл", "age": 35}], minutes=5)
    visit = make_record(form, household=household.pk, members=[{"age": 99}], minutes=9)

    shown = as_bob.get(f"{URL}{household.pk}/").json()

    assert shown["id"] == str(household.pk)
    assert (shown["redirect_to"], shown["place"], shown["open_links"]) == (None, None, 0)
    assert shown["card_numbers"] == ["KG-06-00123"]
    assert shown["members"] == [{"first_name": None, "age": 35}]
    assert [s["id"] for s in shown["submissions"]][1:] == [str(newer.id), str(visit.id)]
    assert shown["submissions"][1]["form_id"] == "visit"


def test_household_is_found_by_its_card_however_written_and_unmasked_with_a_reason(
    as_alice: Client, alice: Any, form: Form
) -> None:
    household = make_household(form, "KG-06-00123")
    make_household(form, "KG0600124")
    found = as_alice.get(URL, {"card": "КГ 06-00123", "unmask": REASON}).json()["results"]
    assert [(h["id"], h["card_numbers"]) for h in found] == [(str(household.pk), ["KG-06-00123"])]
    assert found[0]["members"][0]["first_name"] == "Айгүл"
    assert alice.unmaskings.get().reason == REASON


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"card": "a\0b"}, "value_invalid"),
        ({"place": "Osh"}, "place_unknown"),
        ({"head": "x"}, "field_unknown"),
        ({"cursor": "x"}, "cursor_invalid"),
        ({"page_size": "0"}, "value_invalid"),
    ],
)
def test_query_for_households_that_cannot_be_understood_is_refused(
    as_bob: Client, osh: Place, query: dict[str, str], code: str
) -> None:
    assert as_bob.get(URL, query).json()["code"] == code


def test_births_of_members_are_given_as_records_give_them(as_bob: Client, as_alice: Client) -> None:
    born = Field("m_dob", "member/m_dob", "m_dob", "date", "member", privacy="quasi")
    form = publish(replace(SCHEMA, fields=(born,)))
    household = Household.objects.create()
    register(form, household, members=[{"m_dob": "1987-05-06"}])
    url = f"{URL}{household.pk}/"
    assert as_bob.get(url).json()["members"] == [{"m_dob": "1985-01-01"}]
    assert as_alice.get(url, {"unmask": REASON}).json()["members"] == [{"m_dob": "1987-05-06"}]


def test_analyst_may_not_unmask_members(as_bob: Client, db: None) -> None:
    assert as_bob.get(URL, {"unmask": REASON}).json()["code"] == "not_allowed"


def test_reason_that_cannot_be_kept_and_unknown_fields_are_refused_of_one_household_too(
    as_alice: Client, as_bob: Client, form: Form
) -> None:
    one = f"{URL}{make_household(form, 'K1').pk}/"
    for url in (URL, one):
        refused = as_alice.get(url, {"unmask": f"{REASON}\0"})
        assert (refused.status_code, refused.json()["code"]) == (400, "value_invalid")
    assert as_bob.get(one, {"card": "K1"}).json()["code"] == "field_unknown"
    assert as_bob.get(f"{URL}no-id/").json()["code"] == "not_found"
    assert as_bob.post(one).json()["code"] == "method_not_allowed"


def test_households_of_a_place_and_below_in_pages(
    as_bob: Client, form: Form, osh: Place, alai: Place, naryn: Place
) -> None:
    wanted = [make_household(form, f"K{at}", place=place) for at, place in enumerate([osh, alai])]
    make_household(form, "K9", place=naryn)
    first = as_bob.get(URL, {"place": "KG06", "page_size": 1}).json()
    second = as_bob.get(first["next"]).json()
    ids = [page["results"][0]["id"] for page in (first, second)]
    assert ids == [str(h.pk) for h in wanted]
    assert second["next"] is None


def test_supervisor_sees_households_of_her_oblast_only(
    as_dilnoza: Client, form: Form, alai: Place, naryn: Place
) -> None:
    mine = make_household(form, "K1", place=alai)
    other = make_household(form, "K2", place=naryn)
    assert [h["id"] for h in as_dilnoza.get(URL).json()["results"]] == [str(mine.pk)]
    assert as_dilnoza.get(f"{URL}{other.pk}/").status_code == 404


def test_household_hides_that_legal_aid_was_given(as_bob: Client, form: Form) -> None:
    household = make_household(form, "K1")
    make_record(form, household=household.pk, restricted=True, minutes=1)
    assert len(as_bob.get(f"{URL}{household.pk}/").json()["submissions"]) == 1


def test_merged_household_names_the_one_it_became(as_bob: Client, form: Form) -> None:
    kept = make_household(form, "K1")
    merged = Household.objects.create(redirect_to=kept)
    assert as_bob.get(f"{URL}{merged.pk}/").json()["redirect_to"] == str(kept.pk)
    assert as_bob.get(f"{URL}{uuid.uuid4()}/").status_code == 404


def test_page_costs_the_same_queries_whatever_its_size(as_bob: Client, form: Form) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert as_bob.get(URL).status_code == 200
        return len(caught)

    make_household(form, "K0")
    queries()
    few = queries()
    for at in range(1, 12):
        make_household(form, f"K{at}")
    assert queries() == few <= 11


def test_household_that_nobody_belongs_to_any_more_is_not_listed_but_keeps_its_address(
    as_bob: Client,
) -> None:
    left = Household.objects.create()

    assert as_bob.get(URL).json()["results"] == []
    assert as_bob.get(f"{URL}{left.pk}/").json()["id"] == str(left.pk)
