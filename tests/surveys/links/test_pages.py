"""The pages of who decides: the queue, one case, a household, brakes, the first page."""

import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from surveys.cleaning.models import CleanRow
from surveys.households.models import CandidateLink, LinkBrake, LinkDecision, LinkFeature
from surveys.lifecycle.delete import delete_record, restore_record
from surveys.links.models import Adjudication, CaseClaim
from surveys.places.models import Place
from surveys.privacy.models import Unmasking
from surveys.submissions.models import Attachment
from tests.surveys.links.families import candidate, home, homes, register, settle

PAGE = {"headers": {"accept": "text/html"}}
REASON = "deciding which are one household"
BAND = re.compile(r"\b(?:19|20)\d[05]-(?:19|20)\d[49]\b")


def text(client: Client, where: str, status: int = 200) -> str:
    answer = client.get(where, **PAGE)
    assert answer.status_code == status, answer.content.decode()[:500]
    return answer.content.decode()


def seal_on(page: str) -> dict[str, str]:
    """What the page carries of what it showed."""
    names = ("looked", "visit")
    return {name: re.findall(rf'name="{name}" value="([^"]*)"', page)[0] for name in names}


def say(client: Client, link: CandidateLink, say: str, query: str = "", **typed: Any) -> Any:
    where = f"/links/{link.pk}/{query}"
    return client.post(where, {**seal_on(text(client, where)), "say": say, **typed}, **PAGE)


# The queue


def test_queue_shows_weight_cards_and_what_speaks_against_it(
    as_dilnoza: Client, two: tuple[UUID, UUID]
) -> None:
    link = candidate(*two, 9.5, vetoes=["spouses_differ"])

    page = text(as_dilnoza, "/links/")

    assert f'href="/links/{link.pk}/?' in page
    assert "+9.5" in page
    assert "KG-06-00001" in page
    assert "KG-06-00007" in page
    assert "spouses differ" in page
    assert "1 case waits" in page


def test_empty_queue_says_so(as_dilnoza: Client) -> None:
    assert "Nothing waits for you" in text(as_dilnoza, "/links/")
    assert "No case is like that" in text(as_dilnoza, "/links/?veto=too_far")


@pytest.mark.parametrize(
    "query", ["veto=nonsense", "order=random", "state=gone", "brake=x", "place=%00", "place=XX"]
)
def test_queue_that_nobody_can_ask_for_is_refused(as_dilnoza: Client, query: str) -> None:
    assert as_dilnoza.get(f"/links/?{query}", **PAGE).status_code == 400


@pytest.mark.parametrize("where", ["/links/", "/links/1/", "/links/brakes/"])
def test_analysts_and_enumerators_decide_nothing(
    as_bob: Client, as_charlie: Client, link: CandidateLink, where: str
) -> None:
    assert as_bob.get(where, **PAGE).status_code == 403
    assert as_charlie.get(where, **PAGE).status_code == 403


def test_queue_of_many_cases_is_paged(as_dilnoza: Client, forms: None, alai: Place) -> None:
    records = [register(f"KG-06-{n:05}", head=f"Head {n}") for n in range(2)]
    settle()
    for n in range(30):
        pair = [register(f"KG-06-{100 + 2 * n + k:05}", head=f"{n}-{k}") for k in (0, 1)]
        records += pair
    settle()
    for n in range(30):
        candidate(records[2 + 2 * n], records[3 + 2 * n], float(n))

    first, second = text(as_dilnoza, "/links/"), text(as_dilnoza, "/links/?page=2")

    assert len(re.findall(r'href="/links/\d+/\?', first)) == 25
    assert len(re.findall(r'href="/links/\d+/\?', second)) == 5


# One case


def test_case_shows_its_records_side_by_side_and_why(
    as_dilnoza: Client, two: tuple[UUID, UUID]
) -> None:
    link = candidate(*two, vetoes=["two_doors"])

    page = text(as_dilnoza, f"/links/{link.pk}/")

    for record in two:
        assert f"/records/registration/{record}/" in page
        assert f"/households/{home(record)}/" in page
    assert "Different villages." in page
    assert "One enumerator in one round" in page
    assert "−5.0" in page
    assert page.count("<rect ") == 4
    assert page.index("KG-06-00001") < page.index("KG-06-00007")  # in order of arrival


def test_names_and_phones_are_masked_until_a_reason_and_each_look_is_noted(
    as_dilnoza: Client, link: CandidateLink
) -> None:
    page = text(as_dilnoza, f"/links/{link.pk}/")
    assert "Gulnara" not in page
    assert "•••" in page
    assert BAND.search(page)

    where = f"/links/{link.pk}/"
    as_dilnoza.post("/review/reason/", {"reason": REASON, "next": where})
    page = text(as_dilnoza, where)
    assert "Gulnara Asanova" in page
    assert "Гүлнара Асанова" in page
    assert not BAND.search(page)
    assert Unmasking.objects.get().reason == REASON
    assert str(link.a)[:8] in Unmasking.objects.get().target


def test_hidden_record_is_a_place_that_is_taken_and_nothing_more(
    as_dilnoza: Client, two: tuple[UUID, UUID], naryn: Place
) -> None:
    elsewhere = register("KG-04-00099", district=naryn.code)
    settle()
    link = candidate(two[0], elsewhere)

    page = text(as_dilnoza, f"/links/{link.pk}/")

    assert "a record you may not see" in page
    assert "KG-04-00099" not in page
    assert str(elsewhere) not in page
    assert 'name="say"' not in page
    answer = as_dilnoza.post(f"/links/{link.pk}/", {"say": "same:0", "looked": "x"}, **PAGE)
    assert answer.status_code in (403, 409)
    assert homes(two[0], elsewhere) == 2


def test_case_of_which_nothing_is_to_be_seen_is_not_there(
    as_dilnoza: Client, forms: None, naryn: Place, alai: Place
) -> None:
    pair = [register(f"KG-04-{n:05}", head=f"{n}", district=naryn.code) for n in (1, 7)]
    settle()
    link = candidate(*pair)

    text(as_dilnoza, f"/links/{link.pk}/", 404)
    text(as_dilnoza, "/links/999999/", 404)


def test_decision_leads_to_the_next_case_and_offers_undo(
    as_dilnoza: Client, two: tuple[UUID, UUID], link: CandidateLink
) -> None:
    pair = [register(f"KG-06-{n:05}", head=f"{n}") for n in (50, 60)]
    settle()
    following = candidate(*pair, 4.0)

    answer = say(as_dilnoza, link, "same:1", "?order=weight")

    assert answer["Location"].startswith(f"/links/{following.pk}/?")
    assert homes(*two) == 1
    assert Adjudication.objects.get().reason == "The same people, written differently"
    page = text(as_dilnoza, answer["Location"])
    assert "You said: <b>the same household</b>" in page
    answer = say(as_dilnoza, following, "different:own", reason_different="Asked both of them")
    assert answer["Location"].startswith("/links/?")
    assert LinkDecision.objects.latest("pk").reason == "Asked both of them"


def test_undo_on_the_page_brings_the_case_back(
    as_dilnoza: Client, two: tuple[UUID, UUID], link: CandidateLink
) -> None:
    say(as_dilnoza, link, "same:0")
    made = Adjudication.objects.get()

    page = text(as_dilnoza, f"/links/{link.pk}/")
    assert "decided" in page
    assert f'value="case:{made.pk}"' in page
    answer = as_dilnoza.post("/links/undo/", {"what": f"case:{made.pk}", "reason": "Wrong"}, **PAGE)

    assert answer["Location"] == f"/links/{link.pk}/"
    assert homes(*two) == 2
    page = text(as_dilnoza, f"/links/{link.pk}/")
    assert 'name="say"' in page
    assert "taken back" in page
    assert "You said" not in page


@pytest.mark.parametrize(
    "what", ["", "case:", "case:x", "case:9", "decision:9", "case:" + "9" * 30]
)
def test_undo_of_what_is_not_there_is_told(as_dilnoza: Client, what: str) -> None:
    answer = as_dilnoza.post(
        "/links/undo/", {"what": what, "reason": "x", "back": "https://elsewhere.example/"}, **PAGE
    )
    assert answer["Location"] == "/links/"
    assert "error" in text(as_dilnoza, "/links/")


def test_refused_word_shows_the_case_as_it_is_now_and_keeps_what_was_typed(
    as_alice: Client, as_dilnoza: Client, two: tuple[UUID, UUID], link: CandidateLink
) -> None:
    where = f"/links/{link.pk}/"
    looked = seal_on(text(as_dilnoza, where))
    CaseClaim.objects.all().delete()
    say(as_alice, link, "unsure:0")

    answer = as_dilnoza.post(
        where, {**looked, "say": "same:own", "reason_same": "I asked them"}, **PAGE
    )

    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Changed meanwhile" in page
    assert "I asked them" in page
    assert homes(*two) == 2


def test_case_that_somebody_has_open_is_to_be_read_only(
    as_alice: Client, as_dilnoza: Client, link: CandidateLink
) -> None:
    text(as_alice, f"/links/{link.pk}/")

    page = text(as_dilnoza, f"/links/{link.pk}/")
    assert "alice" in page
    assert 'name="say"' not in page
    assert "1 open with somebody else" in text(as_dilnoza, "/links/")


def test_page_renews_its_claim_and_leaving_ends_it(as_dilnoza: Client, link: CandidateLink) -> None:
    visit = seal_on(text(as_dilnoza, f"/links/{link.pk}/"))["visit"]

    assert as_dilnoza.post("/links/claim/", {"visit": visit}).status_code == 204
    assert as_dilnoza.post("/links/claim/", {"visit": "another"}).status_code == 410
    assert as_dilnoza.post("/links/claim/", {"visit": visit, "leave": "1"}).status_code == 204
    assert not CaseClaim.objects.exists()


def test_districts_are_drawn_only_where_the_points_are_kilometres_apart(
    as_alice: Client, two: tuple[UUID, UUID], alai: Place, link: CandidateLink
) -> None:
    square = [[73.0, 39.5], [74.0, 39.5], [74.0, 40.0], [73.0, 40.0], [73.0, 39.5]]
    alai.path = f"KG/{alai.parent.code}/{alai.code}"
    alai.boundary = {"type": "MultiPolygon", "coordinates": [[square]]}
    alai.save()

    def map_of(metres: float) -> str:
        for number, record in enumerate(two):
            row = LinkFeature.objects.get(pk=record)
            row.record |= {"latitude": 39.7 + number * metres / 111_195, "longitude": 73.5}
            row.save()
        return text(as_alice, f"/links/{link.pk}/")

    near, far = map_of(400), map_of(36_000)
    assert 'class="outline"' not in near
    assert "100 m" in near
    assert far.count('class="outline"') == 1
    assert "10 km" in far
    assert "39.7" not in far  # how far apart, not where


def test_enter_in_a_field_decides_nothing(as_dilnoza: Client, link: CandidateLink) -> None:
    page = text(as_dilnoza, f"/links/{link.pk}/")

    first = re.findall(r'<button name="say" value="([^"]*)"', page)[0]
    assert first == ""
    assert say(as_dilnoza, link, first, reason_different="Other people").status_code == 400


@pytest.mark.parametrize("word", ["", "same", "same:own", "same:99", "no:0", "different:-1"])
def test_word_without_a_reason_or_meaning_is_refused(
    as_dilnoza: Client, link: CandidateLink, word: str
) -> None:
    answer = say(as_dilnoza, link, word)
    assert answer.status_code == 400
    assert not LinkDecision.objects.filter(source="person").exists()


@pytest.mark.parametrize("page", ["case", "household"])
def test_page_takes_the_same_queries_whatever_it_shows(
    as_alice: Client, forms: None, alai: Place, page: str, django_assert_max_num_queries: Any
) -> None:
    records = [register(f"KG-06-{n:05}", head=f"Head {n}") for n in range(11)]
    settle()
    link = candidate(records[0], records[1])
    others = [candidate(records[0], other) for other in records[2:]]
    if page == "household":
        say(as_alice, link, "same:0")
    where = f"/links/{link.pk}/" if page == "case" else f"/households/{home(records[0])}/"

    with django_assert_max_num_queries(52):
        shown = text(as_alice, where)
    assert len(others) == 9
    assert shown.count("/records/registration/") == 11


def test_photos_are_for_who_said_why(
    as_dilnoza: Client, as_bob: Client, link: CandidateLink, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    row = CleanRow.objects.get(pk=link.a)
    file = Attachment.objects.create(
        submission=row.submission, name="a.png", sha256="ab" * 32, size=3, content_type="image/png"
    )
    path = tmp_path / file.relative_path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"png")
    where = f"/links/photos/{file.pk}/"

    text(as_dilnoza, where, 404)
    as_dilnoza.post("/review/reason/", {"reason": REASON})
    assert where in text(as_dilnoza, f"/links/{link.pk}/")
    answer = as_dilnoza.get(where)
    assert (b"".join(answer.streaming_content), answer["Content-Type"]) == (b"png", "image/png")
    assert AuditEvent.objects.filter(action="attachment.downloaded").count() == 1
    text(as_bob, where, 404)
    path.unlink()
    text(as_dilnoza, where, 404)


# A household


def test_household_shows_records_decisions_and_open_cases(
    as_dilnoza: Client, two: tuple[UUID, UUID], link: CandidateLink
) -> None:
    third = register("KG-06-00013", head="Бермет")
    settle()
    say(as_dilnoza, link, "same:3")
    open_link = candidate(two[0], third)

    page = text(as_dilnoza, f"/households/{home(two[0])}/")

    assert "KG-06-00001, KG-06-00007" in page
    assert "They were asked" in page
    assert f'href="/links/{open_link.pk}/"' in page
    assert 'value="case:' in page


def test_old_id_of_a_household_leads_to_the_one_it_was_joined_to(
    as_dilnoza: Client, as_bob: Client, two: tuple[UUID, UUID], link: CandidateLink
) -> None:
    old = home(two[1])
    say(as_dilnoza, link, "same:0")

    answer = as_bob.get(f"/households/{old}/")
    assert answer["Location"] == f"/households/{home(two[0])}/"
    shape = as_bob.get(f"/api/v1/households/{old}/").json()
    assert shape["redirect_to"] == str(home(two[0]))
    page = text(as_bob, answer["Location"])
    assert "Undo" not in page  # an analyst reads


def test_household_whose_only_record_is_deleted_says_so_and_is_there_again_when_it_is_restored(
    as_bob: Client, alice: User, two: tuple[UUID, UUID]
) -> None:
    where = f"/households/{home(two[0])}/"
    shape = as_bob.get(f"/api/v1{where}").json()
    delete_record(record_id=two[0], by=alice)
    settle()

    assert "No record is in this household any more" in text(as_bob, where)
    left = as_bob.get(f"/api/v1{where}").json()
    assert (left["id"], left["redirect_to"], left["submissions"]) == (shape["id"], None, [])

    restore_record(record_id=two[0], by=alice)
    settle()

    assert as_bob.get(f"/api/v1{where}").json() == shape


def test_household_of_another_place_is_not_there(
    as_dilnoza: Client, forms: None, naryn: Place
) -> None:
    record = register("KG-04-00001", district=naryn.code)
    settle()

    text(as_dilnoza, f"/households/{home(record)}/", 404)
    text(as_dilnoza, f"/households/{uuid4()}/", 404)


# Brakes and the first page


def test_manager_sees_a_brake_and_lifts_it(
    as_alice: Client, as_dilnoza: Client, two: tuple[UUID, UUID]
) -> None:
    brake = LinkBrake.objects.create(
        kind="enumerator", subject="E042", why="enumerator_duplicates", share=0.55, records=40
    )
    candidate(*two, brake=brake)
    page = text(as_alice, "/links/brakes/")
    assert "E042" in page
    assert "55% of 40 records" in page
    assert f'href="/links/?brake={brake.pk}"' in page
    assert "1 case waits" in text(as_alice, f"/links/?brake={brake.pk}")
    assert as_dilnoza.get("/links/brakes/", **PAGE).status_code == 403
    assert as_dilnoza.post("/links/brakes/", {"brake": brake.pk}, **PAGE).status_code == 403

    as_alice.post("/links/brakes/", {"brake": brake.pk, "reason": "  "}, **PAGE)
    assert LinkBrake.objects.get().lifted_at is None
    as_alice.post("/links/brakes/", {"brake": brake.pk, "reason": "Looked at ten"}, **PAGE)

    lifted = LinkBrake.objects.get()
    assert (lifted.lifted_by.username, lifted.lifted_because) == ("alice", "Looked at ten")
    assert LinkFeature.objects.filter(trusted=True).count() == 2
    assert "lifted" in text(as_alice, "/links/brakes/")
    as_alice.post("/links/brakes/", {"brake": "x", "reason": "again"}, **PAGE)
    assert "error" in text(as_alice, "/links/brakes/")


def test_first_page_says_what_waits(
    as_alice: Client, as_dilnoza: Client, as_bob: Client, link: CandidateLink
) -> None:
    LinkBrake.objects.create(kind="device", subject="1", why="device_duplicates")

    for client, sees in ((as_alice, True), (as_dilnoza, False)):
        page = text(client, "/")
        assert 'href="/links/"' in page
        assert ("brake on merging" in page) is sees
    assert 'href="/links/"' not in text(as_bob, "/")


def test_user_of_no_place_decides_everywhere(
    as_root: Client, root: User, two: tuple[UUID, UUID], link: CandidateLink
) -> None:
    say(as_root, link, "different:0")
    assert LinkDecision.objects.get(source="person").by == root
