"""The field board in Chromium: letters, a long code, four weeks of days, nothing yet."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import FilePayload, expect

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow, QualityFlag
from surveys.interviews.models import RoundTarget
from surveys.places.load import SHIPPED, SHIPPED_FILES, load_file
from surveys.places.models import Place
from surveys.rounds.models import Round, Survey
from sync.models import Device
from tests.browser.visitor import Visitor
from tests.surveys.datasets.records import make_record, publish

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CODES = ("Ө-07 Гүлнара", "Ҷ-12 Қӯрғонтеппа", "enumerator.with.a.long.user.name@mahalla.example.org")


def test_supervisor_sees_who_stands_out(visitor: Visitor, alice: User) -> None:
    form, now = publish(), timezone.now()
    for number in range(36):
        code = CODES[number % 3]
        ended = now - timedelta(days=number // 3 % 7, minutes=3)
        began = ended - timedelta(minutes=7 if code == CODES[1] else 45)
        answers = {"enum_code": code, "start": began.isoformat(), "end": ended.isoformat()}
        record = make_record(form, answers)
        CleanRow.objects.filter(pk=record.pk).update(received_at=now, submitted_at=ended)
        if code == CODES[1]:
            QualityFlag.objects.create(submission=record.submission, code="clock_ahead")
    visitor.log_in("alice")
    visitor.open("/")
    visitor.go_to("Field")

    row = visitor.page.get_by_role("row", name=CODES[1])
    expect(row.locator("b").first).to_have_text("7.0")
    visitor.page.get_by_label("Days").select_option("28")
    visitor.page.get_by_role("button", name="Show").click()
    expect(visitor.page.locator("#enumerators thead th")).to_have_count(1 + 28 + 7)
    frame = visitor.page.locator("#enumerators-frame")
    if visitor.width < 500:  # each enumerator in labelled lines
        assert frame.evaluate("each => each.scrollWidth <= each.clientWidth")
    visitor.open("/field/?days=28")


def test_board_without_interviews_says_so(visitor: Visitor, alice: User) -> None:
    visitor.log_in("alice")

    expect(visitor.open("/field/").get_by_text("No interview yet")).to_be_visible()


def test_board_brings_itself_up_to_date_and_keeps_what_was_opened(
    visitor: Visitor, alice: User
) -> None:
    form, now = publish(), timezone.now()
    place = Place.objects.create(code="KG06", level=1, path="KG/KG06", name_en="Osh")
    survey = Survey.objects.create(code="rmp", name="Programme")
    yesterday = timezone.localdate() - timedelta(days=1)
    closed = Round.objects.create(survey=survey, code="b", name="Base", closes_on=yesterday)
    RoundTarget.objects.create(round=closed, place=place, households=40)
    Device.objects.create(name="Ҷ-12", last_seen_at=now - timedelta(days=60), battery=7)
    visitor.page.clock.install()
    visitor.log_in("alice")
    page = visitor.open("/field/")
    expect(page.get_by_text("No interview yet")).to_be_visible()
    page.get_by_text("closed on").click()
    expect(page.get_by_text("40 missing")).to_be_visible()
    page.locator("#board a").first.focus()

    record = make_record(form, {"enum_code": CODES[0], "end": now.isoformat()}, place=place)
    CleanRow.objects.filter(pk=record.pk).update(received_at=now, submitted_at=now)
    page.clock.run_for(70_000)

    expect(page.get_by_role("row", name=CODES[0])).to_be_visible()
    expect(page.get_by_text("40 missing")).to_be_visible()
    expect(page.locator("#board a").first).to_be_focused()
    expect(page.get_by_text("could not be brought up to date")).to_be_hidden()


def test_board_says_when_it_is_stale(visitor: Visitor, alice: User) -> None:
    visitor.page.clock.install()
    visitor.log_in("alice")
    page = visitor.open("/field/")
    page.route("**/field/now/*", lambda route: route.abort())
    page.clock.run_for(70_000)

    expect(page.get_by_text("could not be brought up to date")).to_be_visible()
    visitor.complaints.clear()  # of the request that was broken on purpose


def test_map_and_table_of_districts_fit(visitor: Visitor, alice: User) -> None:
    for name in SHIPPED_FILES:
        load_file(SHIPPED / name)
    form, now = publish(), timezone.now()
    for at, place in enumerate(Place.objects.filter(level=2)[:40]):
        for _ in range(1 + at % 3):
            record = make_record(form, {"end": now.isoformat()}, place=place)
            CleanRow.objects.filter(pk=record.pk).update(received_at=now, submitted_at=now)
    visitor.log_in("alice")
    page = visitor.open("/field/")

    expect(page.get_by_role("img", name="Interviews by district")).to_be_visible()
    expect(page.locator("#districts tbody tr")).to_have_count(40)
    assert page.locator("svg[role=img] text.value").count() == 40


def test_manager_loads_targets(visitor: Visitor, alice: User) -> None:
    Place.objects.create(code="KG06", level=1, path="KG/KG06", name_en="Ош облусу")
    survey = Survey.objects.create(code="rmp", name="Programme")
    Round.objects.create(survey=survey, code="base", name="Base")
    visitor.log_in("alice")
    page = visitor.open("/field/")
    page.get_by_role("link", name="Targets").click()

    def load(text: str) -> None:
        file = FilePayload(name="t.csv", mimeType="text/csv", buffer=text.encode())
        page.get_by_label("CSV or XLSX").set_input_files(file)
        page.get_by_role("button", name="Load").click()

    load("round,place,households\nbase,KG06,240\n")
    expect(page.get_by_text("1 row is loaded.")).to_be_visible()
    expect(page.get_by_role("row", name="Ош облусу")).to_contain_text("240")
    visitor.open("/field/targets/")
    load("round,place,households\nbase,KG99,1\n")
    expect(page.get_by_text("Row 2, place: “KG99” is no place")).to_be_visible()
    visitor.complaints.clear()  # of the refusal's status
