"""An income corrected with approval, in Chromium: proposed, approved, seen, taken back."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow
from surveys.corrections.models import Correction
from surveys.corrections.propose import Because, Wish, propose_corrections
from surveys.corrections.sheet_errands import ask_log
from surveys.submissions.models import ReviewStep
from tests.browser.visitor import Visitor
from tests.conftest import make_user
from tests.surveys.corrections.interviews import (
    INCOME,
    interview,
    publish,
    rows_of,
    sent,
    with_income,
)
from tests.surveys.household_forms import drain

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = [(1440, 900), (800, 900), (390, 844)]


@pytest.fixture
def record(db: None) -> CleanRow:
    publish()
    return sent(interview(with_income()))


@pytest.fixture
def gulnara(db: None) -> User:
    return make_user("gulnara", User.Role.SUPERVISOR)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}px")
def test_income_is_corrected_with_approval_and_taken_back(
    chromium: Browser, live_server: LiveServer, size: tuple[int, int], record: CleanRow,
    gulnara: User, alice: User, bob: User,
) -> None:  # fmt: skip
    source = rows_of(record, INCOME)[0]
    where, total = f"/records/rmp_registration/{record.pk}/", record.verbatim["income_kgs"]
    supervisor = Visitor(chromium, live_server.url, *size)
    supervisor.log_in("gulnara")
    page = supervisor.open(where)
    row = page.locator("li", has=page.locator("code", has_text=re.compile("^inc_amount$"))).first
    row.get_by_role("link", name=re.compile("^Correct")).click()
    page.get_by_label("New answer").fill("12345")
    page.get_by_label("How it is known").select_option("field_call")
    page.get_by_label("Reason").fill("The family was telephoned")
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_text("Proposed. Somebody else approves it.")).to_be_visible()
    supervisor.open("/corrections/")
    supervisor.leave()

    manager = Visitor(chromium, live_server.url, *size)
    manager.log_in("alice")
    page = manager.open("/corrections/")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved. The record is being processed again.")).to_be_visible()
    drain()

    analyst = Visitor(chromium, live_server.url, *size)
    analyst.log_in("bob")
    seen = analyst.open(where)
    annual = 12345 * source.values["inc_times"]
    before = int(float(total)) - int(float(source.verbatim["inc_kgs"]))
    whole = seen.locator("li", has=seen.locator("code", has_text=re.compile("^income_kgs$")))
    expect(whole.first).to_contain_text(f"corrected; the tablet sent: {total}")
    expect(whole.first).to_contain_text(str(before + annual))

    page = manager.open("/corrections/?state=in_force")
    page.get_by_label("Why", exact=True).fill("They were mistaken")
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Revoked. The record is being processed again.")).to_be_visible()
    drain()
    seen = analyst.open(where)
    expect(seen.get_by_text("the tablet sent")).to_have_count(0)
    expect(whole.first).to_contain_text(str(int(float(total))))
    assert Correction.objects.get().state == "revoked"
    manager.leave()
    analyst.leave()


def test_reviewer_decides_with_one_key_and_keys_rest_while_typing(
    visitor: Visitor, gulnara: User, record: CleanRow
) -> None:
    visitor.log_in("gulnara")
    page = visitor.open(f"/records/rmp_registration/{record.pk}/")
    page.keyboard.press("b")
    expect(page.get_by_label("Comment on the record")).to_be_focused()
    page.keyboard.type("a box x")
    assert ReviewStep.objects.filter(by=gulnara).count() == 0
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    expect(page.get_by_text("Sent back.", exact=True)).to_be_visible()
    page.wait_for_load_state("networkidle")  # its script comes after what is shown
    page.keyboard.press("a")
    expect(page.get_by_text("Approved.", exact=True)).to_be_visible()
    steps = ReviewStep.objects.filter(by=gulnara).order_by("pk").values_list("step", "comment")
    assert list(steps) == [("sent_back", "a box x"), ("approved", "")]


@pytest.mark.parametrize("path", ["/corrections/", "/corrections/recode/", "/corrections/import/"])
def test_page_with_nothing_to_do_is_clean(visitor: Visitor, gulnara: User, path: str) -> None:
    visitor.log_in("gulnara")
    expect(visitor.open(path).get_by_role("heading", level=1)).to_be_visible()


def test_pages_with_corrections_have_no_barriers(
    visitor: Visitor, gulnara: User, alice: User, record: CleanRow
) -> None:
    source = rows_of(record, INCOME)[0]
    amount, sources = f"{INCOME}/inc_amount", "main/income_module/income_sources"
    wishes = [Wish(source.pk, amount, 12345)]
    propose_corrections(
        record_id=record.pk, wishes=wishes, because=Because("The family was asked"), by=gulnara
    )
    errand = ask_log(query={"state": "all"}, by=alice)
    visitor.log_in("alice")
    for path in (
        "/corrections/",
        "/corrections/recode/?form=rmp_registration",
        f"/corrections/errands/{errand.pk}/",
        f"/corrections/drop/{record.pk}/",
        f"/records/rmp_registration/{record.pk}/",
        f"/corrections/of/{record.pk}/?at={sources}&at={source.pk}%20{amount}",
    ):
        visitor.open(path)
        found = Axe().run(visitor.page).response["violations"]
        grave = [v for v in found if v["impact"] in {"serious", "critical"}]
        assert [(v["id"], [n["target"] for n in v["nodes"][:3]]) for v in grave] == []
