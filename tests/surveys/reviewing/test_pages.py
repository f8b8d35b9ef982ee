"""The pages of a reviewer: the queue, and one record."""

import re
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from backend.audit.models import AuditEvent
from surveys.cleaning.models import CleanRow, QualityFlag
from surveys.places.models import Place
from surveys.privacy.models import Unmasking
from surveys.privacy.reason import HOLDS_SECONDS
from surveys.submissions.models import ReviewStep, Submission
from surveys.xforms.models import Form
from tests.surveys.datasets.records import SCHEMA, make_record, next_version, publish
from tests.surveys.datasets.season import INCOME, MEMBER, schema_of

PAGE = {"headers": {"accept": "text/html"}}
REASON = "comparing with the paper list"
LIGHT_BYTES = 150_000


@pytest.fixture
def record(form: Form, alai: Place) -> CleanRow:
    answers = {"village": "Қӯрғонтеппа", "hh_size": 4, "head": "Асанова Гүлнара"}
    return make_record(form, answers, members=[{"first_name": "Айгүл", "age": 7}], place=alai)


def address(record: CleanRow, query: str = "") -> str:
    return f"/records/visit/{record.pk}/{query}"


def text(client: Client, where: str, status: int = 200) -> str:
    answer = client.get(where, **PAGE)
    assert answer.status_code == status
    return answer.content.decode()


def decide(client: Client, record: CleanRow, step: str, query: str = "", **typed: str) -> Any:
    seen = {"edition": record.instance_id, "last_step": "0"}
    return client.post(address(record, query), {**seen, "step": step, **typed}, **PAGE)


def states() -> list[str]:
    return list(Submission.objects.order_by("pk").values_list("review_state", flat=True))


def records_on(page: str) -> list[str]:
    return re.findall(r'href="/records/visit/([0-9a-f-]{36})/\?', page)


# The record


def test_answers_stand_in_form_order_with_their_rows(as_dilnoza: Client, record: CleanRow) -> None:
    page = text(as_dilnoza, address(record))

    assert page.index("Қӯрғонтеппа") < page.index("Member 1") < page.index("on:member[1]/age")
    assert "question" in page  # those not answered, folded away
    assert 'name="on:place/village"' in page


def test_masked_answers_are_shown_after_a_reason_and_each_look_is_noted(
    as_dilnoza: Client, record: CleanRow
) -> None:
    assert "Асанова" not in text(as_dilnoza, address(record))

    said = {"reason": REASON, "next": address(record)}
    answer = as_dilnoza.post("/review/reason/", said)
    assert answer["Location"] == address(record)
    page = text(as_dilnoza, address(record))
    assert "Асанова Гүлнара" in page
    assert "Айгүл" in page
    assert REASON in page
    unmasking = Unmasking.objects.get()
    assert (unmasking.target, unmasking.reason) == (f"visit {record.pk}", REASON)

    as_dilnoza.post("/review/reason/", {"reason": ""})
    assert "Асанова" not in text(as_dilnoza, address(record))


def test_reason_holds_for_an_hour(
    as_dilnoza: Client, record: CleanRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_dilnoza.post("/review/reason/", {"reason": REASON})
    session = as_dilnoza.session
    session["reason"]["until"] -= HOLDS_SECONDS
    session.save()

    assert "Асанова" not in text(as_dilnoza, address(record))
    assert Unmasking.objects.count() == 0


def test_reason_that_says_nothing_is_refused_on_the_page(
    as_dilnoza: Client, record: CleanRow
) -> None:
    answer = as_dilnoza.post("/review/reason/", {"reason": "why"}, follow=True)
    assert "at least 10 characters" in answer.content.decode()


@pytest.mark.parametrize("address", ["https://elsewhere.example/", "//elsewhere.example", ""])
def test_reason_leads_to_no_other_host(as_dilnoza: Client, address: str) -> None:
    answer = as_dilnoza.post("/review/reason/", {"reason": REASON, "next": address})
    assert answer["Location"] == "/review/"


def test_reason_opens_nothing_for_those_who_may_not_review(
    as_bob: Client, record: CleanRow
) -> None:
    assert as_bob.post("/review/reason/", {"reason": REASON}).status_code == 403
    page = text(as_bob, address(record))
    assert "Асанова" not in page


def test_sync_5_supervisor_sends_a_record_back_with_comments_by_question(
    as_dilnoza: Client, record: CleanRow
) -> None:
    said = {"comment": "Барып кайра сураңыз", "on:member[1]/age": "7 же 17?", "on:hh_size": ""}
    answer = decide(as_dilnoza, record, "send_back", **said)

    assert answer.status_code == 302
    step = ReviewStep.objects.get()
    assert (step.step, step.comment) == ("sent_back", "Барып кайра сураңыз")
    assert step.comments == [{"path": "member[1]/age", "text": "7 же 17?"}]
    page = text(as_dilnoza, answer["Location"])
    assert "Sent back." in page
    assert page.count("7 же 17?") == 2  # beside the answer, and in the log
    assert "Has issues" in page


@pytest.mark.parametrize(
    ("step", "state"), [("approve", "approved"), ("reject", "rejected"), ("comment", "received")]
)
def test_each_button_does_what_it_says(
    as_dilnoza: Client, record: CleanRow, step: str, state: str
) -> None:
    decide(as_dilnoza, record, step, comment="Так")
    assert states() == [state]


def test_record_decided_on_meanwhile_is_shown_as_it_is_and_keeps_what_was_typed(
    as_dilnoza: Client, as_alice: Client, record: CleanRow
) -> None:
    decide(as_alice, record, "approve")
    answer = decide(as_dilnoza, record, "reject", comment="Не он", **{"on:hh_size": "Четыре?"})
    page = answer.content.decode()

    assert answer.status_code == 409
    assert "the record is now approved" in page
    assert "Не он</textarea>" in page
    assert "Четыре?</textarea>" in page
    last_step = ReviewStep.objects.get().pk
    assert f'name="last_step" value="{last_step}"' in page
    decide(as_dilnoza, record, "reject", last_step=str(last_step))
    assert states() == ["rejected"]


@pytest.mark.parametrize("typed", [{"step": ""}, {"last_step": "x"}, {"last_step": ""}])
def test_post_that_is_no_decision_is_refused(
    as_dilnoza: Client, record: CleanRow, typed: dict[str, str]
) -> None:
    answer = decide(as_dilnoza, record, **{"step": "approve", **typed})
    assert answer.status_code == 400
    assert states() == ["received"]


def test_analyst_sees_record_and_log_but_neither_comments_nor_buttons(
    as_alice: Client, as_bob: Client, record: CleanRow
) -> None:
    decide(as_alice, record, "send_back", comment="Ask Gulnara", **{"on:hh_size": "Gulnara?"})
    page = text(as_bob, address(record))

    assert "Sent back" in page
    assert "Қӯрғонтеппа" in page
    assert "Gulnara" not in page
    assert 'name="step"' not in page
    assert decide(as_bob, record, "approve").status_code == 403
    assert states() == ["has_issues"]


def test_enumerator_reads_no_record(as_charlie: Client, record: CleanRow) -> None:
    text(as_charlie, address(record), 403)


def test_record_of_another_oblast_is_not_there(
    as_dilnoza: Client, form: Form, naryn: Place
) -> None:
    elsewhere = make_record(form, {}, place=naryn)
    text(as_dilnoza, address(elsewhere), 404)
    assert decide(as_dilnoza, elsewhere, "approve").status_code == 404


def test_flag_stands_beside_its_question(as_dilnoza: Client, record: CleanRow) -> None:
    made = QualityFlag(submission=record.submission, code="value_unreadable", path="income")
    made.save()
    page = text(as_dilnoza, address(record))
    assert page.count("An answer that cannot be read as its type") == 2
    assert page.count(f'href="/quality/flags/{made.pk}/"') == 2


def test_flag_of_a_row_stands_beside_the_question_of_that_row(
    as_dilnoza: Client, record: CleanRow
) -> None:
    made = QualityFlag(submission=record.submission, code="value_outlying", path="member[1]/age")
    made.save()
    page = text(as_dilnoza, address(record))
    assert page.count(f'href="/quality/flags/{made.pk}/"') == 2


def test_question_that_only_a_newer_version_asks_is_not_shown(
    as_dilnoza: Client, record: CleanRow, form: Form
) -> None:
    added = SCHEMA.fields[5].__class__("cows", "cows", "cows", "integer", "")
    next_version(form, fields=(*SCHEMA.fields, added))
    assert 'name="on:cows"' not in text(as_dilnoza, address(record))


def test_flag_stands_beside_its_question_though_a_later_version_moved_it(
    as_dilnoza: Client, record: CleanRow, form: Form
) -> None:
    made = QualityFlag(submission=record.submission, code="value_outlying", path="hh_size")
    made.save()
    moved = [replace(f, path="home/size") if f.key == "hh_size" else f for f in SCHEMA.fields]
    next_version(form, fields=tuple(moved))

    page = text(as_dilnoza, address(record))

    assert 'name="on:home/size"' in page
    assert page.count(f'href="/quality/flags/{made.pk}/"') == 2  # in the list, and at the answer


def test_way_to_the_web_form_is_offered_where_there_is_one(
    as_dilnoza: Client, as_bob: Client, record: CleanRow, settings: Any
) -> None:
    link = f"/web-forms/edit/{record.pk}/"
    assert link not in text(as_dilnoza, address(record))

    settings.ENKETO_URL = "https://enketo.example"
    assert link in text(as_dilnoza, address(record))
    assert link not in text(as_bob, address(record))


def test_record_of_a_form_with_an_odd_id_can_be_opened(as_alice: Client, db: None) -> None:
    odd = publish(replace(SCHEMA, form_id="odd form/id é"))
    record = make_record(odd, {"village": "Тоң"})

    for list_of_records in ("/review/", "/records/odd form/id é/"):
        page = text(as_alice, list_of_records)
        found = re.search(rf'href="([^"]*{record.pk}/[^"]*)"', page)
        assert found is not None
        assert "Тоң" in text(as_alice, found[1].replace("&amp;", "&"))


# The queue


def test_queue_holds_what_waits_the_oldest_first(
    as_dilnoza: Client, form: Form, alai: Place
) -> None:
    waiting = [
        make_record(form, {}, place=alai, minutes=minutes, review_state=state)
        for minutes, state in [(3, "edited"), (1, "received"), (2, "received")]
    ]
    for state in ("approved", "rejected", "has_issues"):
        make_record(form, {}, place=alai, review_state=state)

    page = text(as_dilnoza, "/review/")
    assert records_on(page) == [str(waiting[i].pk) for i in (1, 2, 0)]
    newest = text(as_dilnoza, "/review/?order=newest")
    assert records_on(newest) == [str(waiting[i].pk) for i in (0, 2, 1)]


@pytest.mark.parametrize("query", ["queue=has_issues", "place=KG04", "flag=any", "flag=late_clock"])
def test_queue_is_filtered(
    as_alice: Client, form: Form, alai: Place, naryn: Place, query: str
) -> None:
    make_record(form, {}, place=alai)
    wanted = make_record(
        form, {}, place=naryn, review_state="has_issues" if "queue" in query else "received"
    )
    QualityFlag.objects.create(submission=wanted.submission, code="late_clock")

    assert records_on(text(as_alice, f"/review/?{query}")) == [str(wanted.pk)]


def test_queue_of_one_form_and_of_records_without_flags(as_alice: Client, form: Form) -> None:
    other = publish(SCHEMA.__class__("other", "1", "Other", ("",), (), ()))
    make_record(other, {})
    flagged, clean = make_record(form, {}), make_record(form, {}, minutes=1)
    flag = QualityFlag.objects.create(submission=flagged.submission, code="late_clock")

    page = text(as_alice, "/review/?form=visit&flag=none")
    assert records_on(page) == [str(clean.pk)]
    flag.settled_at = flagged.received_at
    flag.save()
    page = text(as_alice, "/review/?form=visit&flag=none")
    assert records_on(page) == [str(flagged.pk), str(clean.pk)]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("queue=soon", 400),
        ("form=nowhere", 404),
        ("place=XX", 400),
        ("place=%00", 400),
        ("cursor=x", 400),
    ],
)
def test_queue_that_cannot_be_asked_for_is_refused(
    as_alice: Client, query: str, status: int
) -> None:
    text(as_alice, f"/review/?{query}", status)


def test_supervisor_finds_own_places_only_and_nobody_legal_aid_unnamed(
    as_dilnoza: Client, form: Form, alai: Place, naryn: Place
) -> None:
    here = make_record(form, {}, place=alai)
    make_record(form, {}, place=naryn)
    make_record(form, {}, place=alai, restricted=True)

    assert records_on(text(as_dilnoza, "/review/")) == [str(here.pk)]


def test_decision_leads_to_the_next_record_and_the_last_back_to_the_list(
    as_alice: Client, form: Form
) -> None:
    first, second = make_record(form, {}), make_record(form, {}, minutes=1)
    query = "?queue=waiting&order=oldest"

    answer = decide(as_alice, first, "approve", query)
    assert answer["Location"] == address(second, query)
    page = text(as_alice, answer["Location"])
    assert 'rel="next"' not in page
    assert 'rel="prev"' not in page  # the one before does not wait any more
    answer = decide(as_alice, second, "approve", query)
    assert answer["Location"] == f"/review/{query}"
    assert "Nothing waits for you" in text(as_alice, answer["Location"])


def test_neighbours_in_the_queue_can_be_leafed_through(as_alice: Client, form: Form) -> None:
    records = [make_record(form, {}, minutes=minutes) for minutes in range(3)]
    page = text(as_alice, address(records[1], "?queue=waiting&order=newest"))

    next_one = re.search(r'href="([^"]+)" rel="next"', page)
    before = re.search(r'href="([^"]+)" rel="prev"', page)
    assert next_one is not None
    assert before is not None
    assert str(records[0].pk) in next_one[1]
    assert str(records[2].pk) in before[1]


def test_long_queue_is_leafed_through_by_pages(as_alice: Client, form: Form) -> None:
    records = [make_record(form, {}, minutes=minutes) for minutes in range(51)]
    page = text(as_alice, "/review/")
    assert len(records_on(page)) == 50

    following = re.search(r'href="([^"]+)" rel="next"', page)
    assert following is not None
    assert records_on(text(as_alice, following[1].replace("&amp;", "&"))) == [str(records[-1].pk)]


def test_queue_costs_the_same_for_fifty_records_as_for_one(
    as_alice: Client, form: Form, django_assert_max_num_queries: Any
) -> None:
    for minutes in range(50):
        make_record(form, {}, minutes=minutes)
    with django_assert_max_num_queries(12):
        text(as_alice, "/review/")


def test_records_ticked_are_approved_together_each_for_itself(
    as_dilnoza: Client, as_alice: Client, form: Form, alai: Place, naryn: Place
) -> None:
    mine, decided, elsewhere = (
        make_record(form, {}, place=alai),
        make_record(form, {}, place=alai, minutes=1),
        make_record(form, {}, place=naryn, minutes=2),
    )
    decide(as_alice, decided, "reject")
    chosen = [f"{r.pk} {r.instance_id}" for r in (mine, decided, elsewhere)]
    answer = as_dilnoza.post("/review/?queue=waiting", {"record": chosen}, follow=True)
    page = answer.content.decode()

    assert "1 approved." in page
    assert "2 not approved" in page
    assert states() == ["approved", "rejected", "received"]
    assert AuditEvent.objects.filter(action="record.approved").count() == 1


@pytest.mark.parametrize("chosen", [[], ["nonsense"], ["no-uuid uuid:1"]])
def test_nothing_ticked_approves_nothing(as_alice: Client, form: Form, chosen: list[str]) -> None:
    answer = as_alice.post("/review/", {"record": chosen}, follow=True)
    assert answer.status_code == 200
    assert ReviewStep.objects.count() == 0


@pytest.mark.parametrize("who", ["bob", "charlie"])
def test_queue_is_for_reviewers(request: pytest.FixtureRequest, who: str) -> None:
    text(request.getfixturevalue(f"as_{who}"), "/review/", 403)


def test_home_page_says_how_many_wait(
    as_dilnoza: Client, as_bob: Client, form: Form, alai: Place
) -> None:
    make_record(form, {}, place=alai)
    make_record(form, {}, place=alai, review_state="approved")

    page = text(as_dilnoza, "/")
    assert re.search(r'href="/review/">\s*<b>1</b> <span>to review', page)
    assert "to review" not in text(as_bob, "/")
    assert 'href="/review/"' not in text(as_bob, "/")


def test_record_of_a_family_of_six_is_a_light_page(as_alice: Client, db: None) -> None:
    """Every question of the longest form stands on it, unpacked and in letters of two bytes."""
    form = publish(schema_of("registration"))
    members = [{"m_age": age, "m_sex": "female", "m_present": "home"} for age in range(6)]
    sources = [{"inc_known": "exact", "inc_amount": 100.0 * n} for n in range(4)]
    told = {"consent": "yes", "hh_size": 6, "village_other": "Қӯрғонтеппа"}
    row = make_record(form, told, repeats={MEMBER: members, INCOME: sources})

    page = text(as_alice, f"/records/rmp_registration/{row.pk}/?labels=Tajik (tg)")

    assert "Номи" in page
    assert page.count('class="asked"') > 250
    assert len(page.encode()) < LIGHT_BYTES
