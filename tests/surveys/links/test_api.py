"""Links by API: candidates masked by role, decisions with their refusals."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from openapi_spec_validator import OpenAPIV31SpecValidator

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow
from surveys.households.models import CandidateLink, LinkDecision
from surveys.links.claim import claim_case
from surveys.places.models import Place
from surveys.privacy.models import Unmasking
from tests.surveys.links.families import candidate, home, homes, register, settle

LINKS, DECISIONS = "/api/v1/links/", "/api/v1/links/decisions/"
WHY = "They were asked"


def listed(client: Client, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(LINKS + query)
    assert answer.status_code == 200, answer.json()
    return answer.json()["results"]


def decide(client: Client, pair: tuple[UUID, UUID], decision: str = "same", **more: Any) -> Any:
    said = {"a": str(pair[0]), "b": str(pair[1]), "decision": decision, "reason": WHY, **more}
    return client.post(DECISIONS, said, content_type="application/json")


def revoke(client: Client, number: int, reason: str = "The wrong pair") -> Any:
    where = f"{DECISIONS}{number}/revoke/"
    return client.post(where, {"reason": reason}, content_type="application/json")


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_candidate_says_why_and_who_is_aligned_with_whom(
    as_bob: Client, two: tuple[UUID, UUID], alai: Place
) -> None:
    link = candidate(*two, 9.5, vetoes=["two_doors"])

    (found,) = listed(as_bob)

    assert (found["id"], found["weight"], found["vetoes"]) == (link.pk, 9.5, ["two_doors"])
    assert sum(each["bits"] for each in found["comparisons"]) == pytest.approx(9.5)
    assert found["comparisons"][1]["words"] == "Different villages."
    assert found["aligned"][0] == {"a": 0, "b": 0, "sure": True}
    assert (found["place"], found["state"], found["newest"]) == (alai.code, "open", 0)
    assert {found["a"]["id"], found["b"]["id"]} == {str(record) for record in two}
    assert {found["a"]["card"], found["b"]["card"]} == {"KG-06-00001", "KG-06-00007"}


def test_names_are_masked_until_a_reason(
    as_bob: Client, as_dilnoza: Client, link: CandidateLink
) -> None:
    (found,) = listed(as_dilnoza)
    assert found["a"]["head"] is None
    assert found["a"]["phones"] is None
    assert found["a"]["members"][0]["name"] is None
    bands = [each["birth"] for each in found["a"]["members"]]

    (found,) = listed(as_dilnoza, "?unmask=deciding+on+families")
    births = [int(each["birth"]) for each in found["a"]["members"]]
    assert bands == [str(year // 5 * 5) for year in births] != [str(year) for year in births]
    assert {found["a"]["head"], found["b"]["head"]} == {"Гүлнара Асанова", "Gulnara Asanova"}
    assert found["a"]["members"][0]["name"]
    assert Unmasking.objects.get().target == "links"
    assert refused(as_bob.get(LINKS + "?unmask=I+want+to+know")) == (403, "not_allowed")
    assert refused(as_dilnoza.get(LINKS + "?unmask=why")) == (400, "purpose_missing")


def test_candidate_with_a_record_of_another_place_or_of_legal_aid_is_not_listed(
    as_alice: Client, as_bob: Client, as_dilnoza: Client, two: tuple[UUID, UUID], naryn: Place
) -> None:
    elsewhere = register("KG-04-00001", district=naryn.code)
    settle()
    candidate(two[0], elsewhere)
    CleanRow.objects.filter(record_id=two[1]).update(restricted=True)
    candidate(*two)

    assert len(listed(as_alice)) == 2
    assert len(listed(as_bob)) == 1
    assert listed(as_dilnoza) == []


def test_candidates_are_filtered_and_paged(
    as_alice: Client, two: tuple[UUID, UUID], alai: Place
) -> None:
    third = register("KG-06-00013", head="Бермет")
    settle()
    heavy = candidate(*two, 12.0, vetoes=["too_far"])
    light = candidate(two[0], third, 4.0, state="settled")

    assert [each["id"] for each in listed(as_alice, "?state=all")] == [heavy.pk, light.pk]
    assert [each["id"] for each in listed(as_alice, "?state=settled")] == [light.pk]
    assert len(listed(as_alice, "?veto=too_far")) == 1
    assert listed(as_alice, f"?record={third}") == []
    assert len(listed(as_alice, f"?state=all&record={third}")) == 1
    assert len(listed(as_alice, "?place=KG06")) == 1
    first = as_alice.get(LINKS + "?state=all&page_size=1").json()
    second = as_alice.get(first["next"]).json()
    assert [first["results"][0]["id"], second["results"][0]["id"]] == [heavy.pk, light.pk]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("query", "code"),
    [("state=gone", "value_invalid"), ("veto=x", "value_invalid"), ("record=x", "value_invalid"),
     ("colour=red", "field_unknown"), ("place=XX", "place_unknown"), ("cursor=x", "cursor_invalid"),
     ("place=%00", "value_invalid")],
)  # fmt: skip
def test_query_that_is_not_understood_is_refused(as_bob: Client, query: str, code: str) -> None:
    assert refused(as_bob.get(f"{LINKS}?{query}")) == (400, code)


@pytest.mark.parametrize("size", [1, 6])
def test_page_takes_the_same_queries_whatever_its_size(
    as_bob: Client, forms: None, alai: Place, size: int, django_assert_max_num_queries: Any
) -> None:
    for n in range(size):
        pair = [register(f"KG-06-{10 * n + k:05}", head=f"{n} {k}") for k in (1, 2)]
        settle()
        candidate(*pair)

    with django_assert_max_num_queries(9):
        assert len(listed(as_bob)) == size


def test_decision_makes_one_household_and_says_where_the_records_are(
    as_dilnoza: Client, two: tuple[UUID, UUID], link: CandidateLink
) -> None:
    answer = decide(as_dilnoza, two)

    assert answer.status_code == 201
    made = answer.json()
    assert (made["decision"], made["kind"], made["by"]) == ("same", "person", "dilnoza")
    assert made["reason"] == WHY
    assert set(made["households"].values()) == {str(home(two[0]))}
    assert listed(as_dilnoza) == []


def test_revoked_decision_leaves_the_state_before(
    as_dilnoza: Client, as_alice: Client, two: tuple[UUID, UUID], link: CandidateLink
) -> None:
    made = decide(as_dilnoza, two).json()

    answer = revoke(as_alice, made["id"])

    assert answer.status_code == 201
    assert answer.json()["revokes"] == made["id"]
    assert homes(*two) == 2
    assert len(listed(as_dilnoza)) == 1
    assert refused(revoke(as_alice, made["id"])) == (409, "decision_revoked")
    said = as_dilnoza.get(f"{DECISIONS}?record={two[0]}").json()["results"]
    assert [(each["id"] == made["id"], each["revoked"]) for each in said] == [
        (False, False),
        (True, True),
    ]


def test_reasons_are_for_who_decides(
    as_bob: Client, as_dilnoza: Client, two: tuple[UUID, UUID]
) -> None:
    decide(as_dilnoza, two)

    assert as_bob.get(DECISIONS).json()["results"][0]["reason"] is None
    assert as_dilnoza.get(DECISIONS).json()["results"][0]["reason"] == WHY


def test_decisions_on_records_of_another_place_are_not_listed(
    as_alice: Client, as_dilnoza: Client, two: tuple[UUID, UUID], naryn: Place
) -> None:
    elsewhere = register("KG-04-00001", district=naryn.code)
    settle()
    decide(as_alice, (two[0], elsewhere), "different")

    assert as_dilnoza.get(DECISIONS).json()["results"] == []
    assert len(as_alice.get(DECISIONS).json()["results"]) == 1


def test_who_may_not_decide_is_refused(
    as_bob: Client, as_charlie: Client, client: Client, two: tuple[UUID, UUID]
) -> None:
    assert refused(decide(as_bob, two)) == (403, "not_allowed")
    assert refused(decide(as_charlie, two)) == (403, "not_allowed")
    assert refused(client.get(LINKS)) == (401, "login_required")
    assert refused(as_charlie.get(LINKS)) == (403, "not_allowed")
    assert refused(revoke(as_bob, 1)) == (403, "not_allowed")


def test_record_that_is_not_there_or_of_another_place_is_not_found(
    as_dilnoza: Client, two: tuple[UUID, UUID], naryn: Place
) -> None:
    elsewhere = register("KG-04-00001", district=naryn.code)
    settle()

    assert refused(decide(as_dilnoza, (two[0], uuid4()))) == (404, "not_found")
    assert refused(decide(as_dilnoza, (two[0], elsewhere))) == (404, "not_found")
    assert refused(revoke(as_dilnoza, 999_999)) == (404, "not_found")


def test_word_that_cannot_be_kept_is_refused(as_dilnoza: Client, two: tuple[UUID, UUID]) -> None:
    assert refused(decide(as_dilnoza, two, reason=" ")) == (400, "reason_missing")
    assert refused(decide(as_dilnoza, (two[0], two[0]))) == (400, "decision_invalid")
    assert refused(decide(as_dilnoza, two, "maybe")) == (400, "request_malformed")
    answer = as_dilnoza.post(DECISIONS, {"a": "x"}, content_type="application/json")
    assert refused(answer) == (400, "request_malformed")
    made = decide(as_dilnoza, two).json()
    assert refused(revoke(as_dilnoza, made["id"], "")) == (400, "reason_missing")
    assert LinkDecision.objects.filter(source="person").count() == 1


def test_decision_on_what_was_decided_meanwhile_is_refused_and_nothing_is_lost(
    as_alice: Client, as_dilnoza: Client, two: tuple[UUID, UUID], link: CandidateLink
) -> None:
    (found,) = listed(as_dilnoza)
    made = decide(as_alice, two, "different").json()

    answer = decide(as_dilnoza, two, newest=found["newest"])

    assert refused(answer) == (409, "link_changed")
    assert answer.json()["newest"] == made["id"]
    assert homes(*two) == 2
    assert decide(as_dilnoza, two, newest=made["id"]).status_code == 201


def test_case_that_somebody_has_open_is_not_decided_by_program(
    alice: User, as_dilnoza: Client, two: tuple[UUID, UUID], link: CandidateLink
) -> None:
    claim_case(keys=[link.pk], by=alice, visit="a")

    assert refused(decide(as_dilnoza, two)) == (409, "link_claimed")


def test_household_counts_its_open_links(
    as_bob: Client, two: tuple[UUID, UUID], link: CandidateLink
) -> None:
    shape = as_bob.get(f"/api/v1/households/{home(two[0])}/").json()
    assert (shape["open_links"], shape["redirect_to"]) == (1, None)


def test_household_does_not_count_a_link_that_would_tell_of_legal_aid(
    as_alice: Client, as_bob: Client, two: tuple[UUID, UUID], link: CandidateLink
) -> None:
    CleanRow.objects.filter(record_id=two[1]).update(restricted=True)
    url = f"/api/v1/households/{home(two[0])}/"
    assert [c.get(url).json()["open_links"] for c in (as_alice, as_bob)] == [1, 0]


def test_decisions_are_paged_and_taken_back_by_post_only(
    as_dilnoza: Client, two: tuple[UUID, UUID], link: CandidateLink
) -> None:
    for word in ("unsure", "different", "same"):
        decide(as_dilnoza, two, word)
    numbers, url = [], f"{DECISIONS}?page_size=1"
    while url:
        page = as_dilnoza.get(url).json()
        numbers += [each["id"] for each in page["results"]]
        url = page["next"]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 3
    revoking = f"{DECISIONS}{numbers[0]}/revoke/"
    assert refused(as_dilnoza.get(revoking)) == (405, "method_not_allowed")
    assert refused(as_dilnoza.delete(revoking)) == (405, "method_not_allowed")
    assert refused(as_dilnoza.post(LINKS)) == (405, "method_not_allowed")
    assert homes(*two) == 1


def test_settled_link_is_decided_again_and_the_newer_word_counts(
    as_dilnoza: Client, two: tuple[UUID, UUID], link: CandidateLink
) -> None:
    decide(as_dilnoza, two, "same")
    (settled,) = listed(as_dilnoza, "?state=settled")
    answer = decide(as_dilnoza, two, "different", newest=settled["newest"])
    assert (answer.status_code, homes(*two)) == (201, 2)
    (still,) = listed(as_dilnoza, "?state=settled")
    assert (still["id"], still["newest"]) == (link.pk, answer.json()["id"])


def test_document_names_links_with_examples(as_bob: Client, forms: None) -> None:
    document = as_bob.get("/api/schema/").json()

    OpenAPIV31SpecValidator(document).validate()
    paths = document["paths"]
    assert "/api/v1/links/" in paths
    assert "/api/v1/links/decisions/{decision_id}/revoke/" in paths
    asked = paths["/api/v1/links/decisions/"]["post"]["requestBody"]["content"]["application/json"]
    assert asked["examples"]
