"""Quality in Chromium, at a desk and on a phone: find a bad interview by its flag, send it back."""

import os
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow, QualityFlag
from surveys.places.models import Place
from surveys.quality.back_checks import Wanted, draw_back_checks
from surveys.quality.check import check_quality
from surveys.submissions.models import ReviewStep
from surveys.xforms.models import Form
from tests.browser.visitor import Visitor
from tests.surveys.datasets.records import make_record, publish
from tests.surveys.datasets.season import INCOME, MEMBER, schema_of
from tests.surveys.quality.invented import ANSWERS, CHILD, CRAFT, HEAD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LETTERS = "Қӯрғонтеппа, Өзгөн, Тоң, Бөкөнбаев"
PICTURES = os.environ.get("PICTURES", "")  # a folder: then every page is photographed
WIDTHS = (390, 800, 1440)


@pytest.fixture
def alai(db: None) -> Place:
    return Place.objects.create(
        code="KG06207000000", level=2, path="KG/KG06000000000/KG06207000000", name_en=LETTERS
    )


@pytest.fixture
def records(alai: Place) -> list[CleanRow]:
    """Three enumerators; one of them asks for four minutes, of large and alike families."""
    form = publish(schema_of("registration"))
    return [interview(form, alai, number) for number in range(36)]


def interview(form: Form, place: Place, number: int, **more: Any) -> CleanRow:
    who = ("K001", "K002", "T-Гүлнара")[number % 3]
    begun = datetime(2014, 6, 2, 3, tzinfo=UTC) + timedelta(hours=number % 12, days=number // 12)
    hasty = who == "K002"
    told = {
        **ANSWERS,
        "card_no": "KG-06-00001" if number in {7, 8} else f"KG-06-{number + 10:05}",
        "enum_code": who,
        "gps": {"lat": 39.65 + number / 1e4, "lon": 72.97, "alt": 900.0, "acc": 8.0},
        "start": begun.isoformat(),
        "end": (begun + timedelta(minutes=4 if hasty else 38 + number % 9)).isoformat(),
        "hh_size": 9 if hasty else 3 + number % 4,
        "cattle": 80 if number == 5 else 2,
        "rooms": 3,
        **more,
    }
    return make_record(
        form, told, repeats={MEMBER: [HEAD, CHILD], INCOME: [CRAFT]}, place=place,
        household=uuid.uuid4(), minutes=number,
    )  # fmt: skip


def photograph(visitor: Visitor, name: str) -> None:
    if not PICTURES:
        return
    size = visitor.page.viewport_size
    for width in WIDTHS:
        visitor.page.set_viewport_size({"width": width, "height": 900})
        visitor.page.screenshot(path=f"{PICTURES}/{name}-{width}.png", full_page=True)
    if size:
        visitor.page.set_viewport_size(size)


def test_manager_finds_a_bad_interview_by_its_flag_and_sends_it_back(
    visitor: Visitor, alice: User, records: list[CleanRow]
) -> None:
    check_quality()
    visitor.log_in("alice")
    page = visitor.open("/")
    visitor.go_to("Quality")
    photograph(visitor, "report")
    page.get_by_role("link", name="Too short to have asked it all").click()
    photograph(visitor, "flags")
    page.get_by_role("link", name="Too short to have asked it all").first.click()
    expect(page.get_by_text("4.0").or_(page.get_by_text("4", exact=True)).first).to_be_visible()
    photograph(visitor, "flag")

    page.get_by_label("Why, or what is to be done").fill("Кайра барып, баарын сураңыз.")
    page.get_by_role("button", name="Send the record back").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_text("Kept.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sent to the field")
    photograph(visitor, "flag-sent")
    step = ReviewStep.objects.get(step=ReviewStep.Step.SENT_BACK)
    assert step.comments == [{"path": "end", "text": "Кайра барып, баарын сураңыз."}]
    assert QualityFlag.objects.get(state="sent").submission_id == step.submission_id
    visitor.open(f"/quality/flags/{QualityFlag.objects.get(state='sent').pk}/")
    visitor.open("/quality/flags/?state=all")
    visitor.open("/quality/")


def test_manager_draws_interviews_again_and_sees_what_differs(
    visitor: Visitor, alice: User, records: list[CleanRow], alai: Place
) -> None:
    check_quality()
    visitor.log_in("alice")
    page = visitor.open("/quality/back-checks/")
    page.get_by_label("Percent of each enumerator").fill("10")
    page.get_by_role("button", name="Draw").click()
    expect(page.get_by_text("Drawn.")).to_be_visible()

    wanted = Wanted("rmp_registration", 20, seed=5)
    draw = draw_back_checks(wanted, by=alice)
    check = draw.checks.first()
    assert check is not None
    first = CleanRow.objects.get(pk=check.record_id)
    second = interview(first.form, alai, 40, head_sex="male", rooms=9, enum_code="T900")
    CleanRow.objects.filter(pk=second.pk).update(household_id=first.household_id)
    page = visitor.open(f"/quality/back-checks/{draw.pk}/{check.pk}/")
    page.get_by_role("row", name="T900").get_by_role("button", name="This one").click()
    expect(page.get_by_text("Kept.")).to_be_visible()

    expect(page.get_by_text("female → male")).to_be_visible()
    photograph(visitor, "draw")
    visitor.open("/quality/back-checks/")
    photograph(visitor, "draws")


def stays_in_sight(visitor: Visitor) -> None:
    """On a phone no table is wider than its frame."""
    frame = visitor.page.locator(".wide").first
    if visitor.width < 500:
        assert frame.evaluate("each => each.scrollWidth <= each.clientWidth")


def test_manager_sees_who_stands_out_and_sets_a_check(
    visitor: Visitor, alice: User, records: list[CleanRow]
) -> None:
    check_quality()
    visitor.log_in("alice")
    page = visitor.open("/quality/enumerators/")
    row = page.get_by_role("row", name="K002")
    expect(row.locator("b").first).to_be_visible()
    photograph(visitor, "enumerators")
    stays_in_sight(visitor)
    page.get_by_label("Rank by").select_option("minutes")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Ranked by one measure")).to_be_visible()
    visitor.open("/quality/questions/?form=rmp_registration")
    stays_in_sight(visitor)
    photograph(visitor, "questions")
    visitor.open("/quality/checks/")
    photograph(visitor, "checks")
    page = visitor.open("/quality/checks/interview_short/")
    photograph(visitor, "check")
    page.get_by_label("minutes of a registration").fill("20")
    page.get_by_label("Why").fill("The pilot took 25 minutes")
    page.get_by_role("button", name="Set it so").click()

    expect(page.get_by_role("row", name="interview_short")).to_contain_text("registration: 20")


@pytest.mark.parametrize(
    "path", ["", "flags/", "enumerators/", "questions/", "back-checks/", "checks/"]
)
def test_page_before_the_first_night_is_clean(visitor: Visitor, alice: User, path: str) -> None:
    visitor.log_in("alice")

    expect(visitor.open(f"/quality/{path}").get_by_role("heading", level=1)).to_be_visible()
