"""Entity conflicts in Chromium, at a desk and on a phone."""

import pytest
from playwright.sync_api import expect

from backend.accounts.models import User
from surveys.entities.models import Entity, EntityConflict
from surveys.places.models import Place
from tests.browser.visitor import Visitor
from tests.surveys.entities.updates import ONE, OTHER, update
from tests.surveys.household_forms import (
    REGISTRATION,
    SERVICE,
    arrive,
    drain,
    publish,
    registration,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LETTERS = "Ҷумҳурии Тоҷикистон, Ӯзбекҳо, Қӯрғонтеппа, Өзгөн, Тоң, Бөкөнбаев"


@pytest.fixture
def conflicts(db: None) -> None:
    Place.objects.create(code="KG06207000000", level=2, path="KG06207000000", name_en=LETTERS)
    publish(REGISTRATION)
    publish(SERVICE)
    arrive(registration("uuid:1", head="Асанова Гүлнара Мамытовна"))
    arrive(update("uuid:2", LETTERS * 3, base=1, branch=ONE, trunk=1, label=LETTERS))
    arrive(update("uuid:3", "seed", base=1, branch=OTHER, trunk=1, label="Өмүрзакова"))
    arrive(update("uuid:4", "loan", base=1, branch=OTHER, trunk=1))
    drain()


def test_manager_settles_what_two_tablets_said(
    visitor: Visitor, alice: User, conflicts: None
) -> None:
    visitor.log_in("alice")
    page = visitor.open("/")
    page.get_by_role("link", name="All conflicts").click()
    expect(page.get_by_text("hard").first).to_be_visible()
    visitor.open("/conflicts/")
    page.locator("tbody a").first.click()
    visitor.open(f"/conflicts/{EntityConflict.objects.order_by('pk')[0].pk}/")
    page.get_by_label("say why").fill("Comparing with the paper list")
    page.get_by_role("button", name="Show them").click()
    expect(page.get_by_text(LETTERS).first).to_be_visible()
    expect(page.get_by_text("Өмүрзакова").first).to_be_visible()
    visitor.open(page.url.removeprefix(visitor.base))
    label = page.locator("fieldset", has_text="label")
    label.get_by_label("What was here before it").check()
    page.get_by_label("Another value of last_service").fill("Қант")
    page.get_by_label("Why", exact=True).fill("Үй-бүлөдөн сурадык")
    page.get_by_role("button", name="Settle").click()

    expect(page.get_by_text("Settled.", exact=True)).to_be_visible()
    assert Entity.objects.get().label == LETTERS
    visitor.open("/conflicts/?state=settled")
    expect(page.get_by_text("Үй-бүлөдөн сурадык")).to_be_visible()


def test_empty_page_says_that_all_agree(visitor: Visitor, alice: User) -> None:
    visitor.log_in("alice")
    expect(visitor.open("/conflicts/").get_by_text("No conflict is open")).to_be_visible()
    expect(visitor.open("/conflicts/?state=settled").get_by_text("yet")).to_be_visible()
