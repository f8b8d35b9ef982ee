"""The printed list of what was sent back, by enumerator."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from surveys.cleaning.models import CleanRow
from surveys.households.models import Household, Membership
from surveys.places.models import Place
from surveys.privacy.models import Unmasking
from surveys.submissions.models import Submission
from surveys.submissions.review import Looked, Remark, last_step, send_back
from surveys.xforms.models import Form
from surveys.xforms.schema import Field
from sync.models import Device, EnrolmentCode
from sync.paper import lists
from sync.paper.words import LANGUAGES, WORDS
from tests.surveys.datasets.records import SCHEMA, labels, make_record, publish

LIST = "/review/sent-back/"
REASON = "for the enumerators of Alai"
ASKED = (
    Field("enum_code", "enum_code", "enum_code", "string", "", labels("Code", "Код")),
    Field("username", "username", "username", "string", ""),
)


@pytest.fixture
def form(db: None) -> Form:
    return publish(replace(SCHEMA, fields=(*SCHEMA.fields, *ASKED)))


@pytest.fixture
def alai(db: None) -> Place:
    osh = Place.objects.create(code="KG06000000000", level=1, path="KG/KG06", name_en="Osh")
    return Place.objects.create(
        code="KG06207000000",
        parent=osh,
        level=2,
        path="KG/KG06/KG06207",
        name_en="Alai",
        name_ru="Алай",
        name_local="Алай району",
    )


def sent_back(form: Form, by: User, *, device: Device | None = None, **about: Any) -> CleanRow:
    """A record that came from this tablet and was sent back with a comment on its village."""
    said = about.pop("said", "Барып тактаңыз")
    record = make_record(form, about.pop("answers", {}), **about)
    Submission.objects.filter(rows=record).update(device_id=device and device.pk)
    remarks = [Remark("place/village", said)]
    send_back(record_id=record.pk, looked=Looked(record.instance_id), by=by, remarks=remarks)
    return record


def page_of(client: Client, query: str = "", *, reason: str = REASON) -> str:
    if reason:
        client.post("/review/reason/", {"reason": reason})
    answer = client.get(LIST + query, headers={"accept": "text/html"})
    assert answer.status_code == 200
    return answer.content.decode()


def names_on(page: str) -> list[str]:
    return re.findall(r"<p><b>(.*?)</b> ·", page)


def test_sync_5_each_enumerator_has_a_sheet_with_card_place_dates_and_comments(
    as_dilnoza: Client, dilnoza: User, form: Form, alai: Place
) -> None:
    household = Household.objects.create()
    Membership.objects.create(
        record_id=uuid4(), household=household, registers=True, card="KG-06-00123"
    )
    for code, minutes in [("E-07", 1), ("E-02", 2), ("E-07", 3)]:
        answers = {"enum_code": code, "head": "Асанова Гүлнара"}
        about = {"household": household.pk, "place": alai, "minutes": minutes}
        sent_back(form, dilnoza, answers=answers, **about)

    page = page_of(as_dilnoza)

    assert names_on(page) == ["E-02", "E-07"]
    assert page.count("KG-06-00123") == 3
    assert "Алай KG06207000000" in page
    assert "01.06.2014" in page  # a sheet in Russian
    assert "<b>Село:</b> Барып тактаңыз" in page
    assert "Асанова" not in page


def test_sync_5_record_leaves_the_list_when_its_edit_arrives(
    as_alice: Client, alice: User, form: Form
) -> None:
    record = sent_back(form, alice, answers={"enum_code": "E-07"})
    Submission.objects.filter(rows=record).update(review_state="edited")
    assert names_on(page_of(as_alice)) == []
    assert "Nothing that was sent back" in page_of(as_alice)


@pytest.mark.parametrize(
    ("language", "title", "place"),
    [
        ("ru", "Записи, которые нужно исправить", "Алай KG"),
        ("ky", "Оңдоого кайтарылган жазуулар", "Алай району KG"),
        ("tg", "Сабтҳое, ки ислоҳ мехоҳанд", "Алай району KG"),
        ("en", "Records to correct", "Alai KG"),
        ("xx", "Записи, которые нужно исправить", "Алай KG"),
    ],
)
def test_list_speaks_the_enumerators_language(
    as_alice: Client, alice: User, form: Form, alai: Place, language: str, title: str, place: str
) -> None:
    sent_back(form, alice, place=alai)
    page = page_of(as_alice, f"?language={language}")
    assert title in page
    assert place in page
    assert ("Village:" in page) == (language == "en")


def test_every_word_is_there_in_every_language() -> None:
    assert {tuple(words) for words in WORDS.values()} == {tuple(LANGUAGES)}


def test_who_asked_is_the_code_then_the_user_name_then_the_account_then_the_tablet(
    as_alice: Client, alice: User, charlie: User, form: Form
) -> None:
    tablet = Device.objects.create(name="Тоң 3")
    both = {"enum_code": "E-07", "username": "aigul"}
    sent_back(form, alice, answers=both, device=tablet)
    sent_back(form, alice, answers={"username": "aigul"}, device=tablet)
    sent_back(form, alice, device=tablet)
    by_account = sent_back(form, alice)
    Submission.objects.filter(rows=by_account).update(submitted_by=charlie)
    sent_back(form, alice)

    nobody = WORDS["unknown"]["ru"]
    assert names_on(page_of(as_alice)) == ["aigul", "charlie", "E-07", nobody, "Тоң 3"]


def test_code_that_is_masked_names_no_sheet(as_alice: Client, alice: User, form: Form) -> None:
    masked = [replace(field, privacy="direct") for field in ASKED]
    publish(replace(SCHEMA, version="2", fields=(*SCHEMA.fields, *masked)), form)
    sent_back(form, alice, answers={"enum_code": "Асанова"})
    assert "Асанова" not in page_of(as_alice)


def test_tablets_that_hear_it_themselves_are_left_out_unless_asked_for(
    as_alice: Client, alice: User, form: Form
) -> None:
    now = timezone.now()
    silent = Device.objects.create(name="Collect")
    healthy = Device.objects.create(name="Ours", health_at=now)
    enrolled = Device.objects.create(name="Ours too")
    for number, used in enumerate([now, now]):
        EnrolmentCode.objects.create(
            device=enrolled, digest=str(number), expires_at=now + timedelta(1), used_at=used
        )
    EnrolmentCode.objects.create(device=silent, digest="x", expires_at=now + timedelta(1))
    for device in (silent, healthy, enrolled):
        sent_back(form, alice, device=device)

    assert names_on(page_of(as_alice)) == ["Collect"]
    assert names_on(page_of(as_alice, "?everybody=1")) == ["Collect", "Ours", "Ours too"]


def test_comments_are_masked_until_a_reason_is_given_and_kept(
    as_alice: Client, alice: User, form: Form
) -> None:
    sent_back(form, alice, said="Ask Gulnara")
    assert "Gulnara" not in page_of(as_alice, reason="")
    assert Unmasking.objects.count() == 0

    assert "Gulnara" in page_of(as_alice)
    assert Unmasking.objects.get().reason == REASON
    events = AuditEvent.objects.filter(action="review.sent_back_listed").order_by("pk")
    assert [event.details for event in events] == [
        {"records": 1, "comments_shown": False},
        {"records": 1, "comments_shown": True},
    ]


def test_last_words_count_when_a_record_was_sent_back_twice(
    as_alice: Client, alice: User, form: Form
) -> None:
    record = sent_back(form, alice, said="First words")
    looked = Looked(record.instance_id, last_step(record.submission))
    send_back(record_id=record.pk, looked=looked, by=alice, comment="Last words")

    page = page_of(as_alice)
    assert "Last words" in page
    assert "First words" not in page


def test_supervisor_prints_what_belongs_to_their_places(
    as_dilnoza: Client, alice: User, form: Form, alai: Place
) -> None:
    naryn = Place.objects.create(code="KG04000000000", level=1, path="KG/KG04", name_en="Naryn")
    sent_back(form, alice, place=alai, answers={"enum_code": "Here"})
    sent_back(form, alice, place=naryn, answers={"enum_code": "Elsewhere"})
    sent_back(form, alice, place=alai, restricted=True, answers={"enum_code": "Legal"})

    assert names_on(page_of(as_dilnoza)) == ["Here"]


def test_list_of_one_place(as_alice: Client, alice: User, form: Form, alai: Place) -> None:
    sent_back(form, alice, place=alai, answers={"enum_code": "Here"})
    sent_back(form, alice, answers={"enum_code": "Elsewhere"})

    assert names_on(page_of(as_alice, "?place=KG06")) == ["Here"]
    assert as_alice.get(f"{LIST}?place=XX").status_code == 400


def test_very_long_list_says_that_it_is_cut(
    as_alice: Client, alice: User, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MOST_RECORDS", 2)
    monkeypatch.setattr("sync.paper.views.MOST_RECORDS", 2)
    for code in ("E-01", "E-02", "E-03"):
        sent_back(form, alice, answers={"enum_code": code}, minutes=int(code[-1]))

    page = page_of(as_alice)
    assert names_on(page) == ["E-01", "E-02"]
    assert "The oldest 2 records only" in page


def test_long_list_costs_as_few_questions_as_a_short_one(
    as_alice: Client, alice: User, form: Form, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        sent_back(form, alice, answers={"enum_code": f"E-{number}"})
    page_of(as_alice)
    with django_assert_max_num_queries(14):
        page_of(as_alice, reason="")


@pytest.mark.parametrize("who", ["bob", "charlie"])
def test_list_is_for_reviewers(request: pytest.FixtureRequest, who: str) -> None:
    assert request.getfixturevalue(f"as_{who}").get(LIST).status_code == 403
