"""Review in Chromium, at a desk and on a phone: letters, long names, the keyboard, empty pages."""

import pytest
from playwright.sync_api import expect

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow, QualityFlag
from surveys.places.models import Place
from surveys.submissions.models import ReviewStep
from surveys.submissions.review import Looked, Remark, send_back
from surveys.xforms.models import Form
from tests.browser.visitor import Visitor
from tests.surveys.datasets.records import make_record, publish

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LETTERS = "Ҷумҳурии Тоҷикистон, Ӯзбекҳо, Қӯрғонтеппа, Өзгөн, Тоң, Бөкөнбаев"


@pytest.fixture
def form(db: None) -> Form:
    return publish()


@pytest.fixture
def records(form: Form) -> list[CleanRow]:
    place = Place.objects.create(
        code="KG06207000000", level=2, path="KG/KG06207000000", name_en=LETTERS, name_local=LETTERS
    )
    answers = {"village": LETTERS, "hh_size": 7, "needs": ["work", "school", "seeds"], "head": "X"}
    records = [
        make_record(form, answers, members=[{"age": 7}] * 3, place=place, minutes=minutes)
        for minutes in range(3)
    ]
    for code in ("clock_ahead", "version_unknown"):
        QualityFlag.objects.create(submission=records[0].submission, code=code, path="day")
    return records


def test_reviewer_sends_a_record_back_by_keyboard_and_goes_on_to_the_next(
    visitor: Visitor, alice: User, records: list[CleanRow]
) -> None:
    visitor.log_in("alice")
    page = visitor.open("/review/")
    page.get_by_role("link", name="2014-06-01").first.click()
    page.locator("details.remark summary").nth(1).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Кайра сураңыз: Ӯ кист?")
    page.get_by_role("button", name="Send back").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_text("Sent back.", exact=True)).to_be_visible()
    expect(page.get_by_text(str(records[1].pk))).to_be_visible()
    assert ReviewStep.objects.get().comments[0]["text"] == "Кайра сураңыз: Ӯ кист?"


def test_long_answer_keeps_its_words_whole(
    visitor: Visitor, alice: User, records: list[CleanRow]
) -> None:
    visitor.log_in("alice")
    page = visitor.open(f"/records/visit/{records[0].pk}/")

    given = page.locator(".given", has_text="Қӯрғонтеппа").first
    expect(given).to_be_visible()
    box = given.bounding_box()
    assert box
    assert box["width"] > 250


def test_record_with_a_long_log_fits(
    visitor: Visitor, alice: User, records: list[CleanRow]
) -> None:
    alice.first_name, alice.last_name = "Гүлнара Мамытовна", "Асанова-Өмүрзакова"
    alice.save()
    last = None
    for number in range(4):
        remarks = [Remark("place/village", LETTERS), Remark("member[2]/age", f"{number}?")]
        looked = Looked(records[0].instance_id, last)
        step = send_back(
            record_id=records[0].pk, looked=looked, by=alice, comment=LETTERS, remarks=remarks
        )
        last = step.pk
    visitor.log_in("alice")

    page = visitor.open(f"/records/visit/{records[0].pk}/?queue=has_issues")

    expect(page.get_by_role("heading", name="What became of it")).to_be_visible()
    expect(page.get_by_text("Member 3", exact=True)).to_be_visible()


def test_sheets_of_what_was_sent_back_are_clean_on_screen_and_paper(
    visitor: Visitor, alice: User, records: list[CleanRow]
) -> None:
    for record in records:
        remarks = [Remark("place/village", LETTERS)]
        looked = Looked(record.instance_id)
        send_back(record_id=record.pk, looked=looked, by=alice, comment=LETTERS, remarks=remarks)
    visitor.log_in("alice")
    page = visitor.open("/review/sent-back/?language=ky")
    page.get_by_label("Comments may hold personal data").fill("for the enumerators' hands")
    page.get_by_role("button", name="Show comments").click()

    expect(page.get_by_role("heading", name="Оңдоого кайтарылган жазуулар")).to_be_visible()
    expect(page.get_by_text(LETTERS).first).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Hide them again")).to_be_hidden()
    expect(page.get_by_text(LETTERS).first).to_be_visible()


@pytest.mark.parametrize("path", ["/review/", "/review/?queue=rejected", "/review/sent-back/"])
def test_page_with_nothing_to_do_is_clean(
    visitor: Visitor, alice: User, form: Form, path: str
) -> None:
    visitor.log_in("alice")

    expect(visitor.open(path).get_by_role("heading", level=1)).to_be_visible()
