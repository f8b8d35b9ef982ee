"""Tablets in the console, in a real browser: enrolling, the sheet, the register."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from backend.accounts.models import User
from surveys.places.models import Place
from surveys.rounds.models import Round, Survey
from sync.enrol import enrol_device
from sync.models import Device
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = "Планшет № 7 — Ғафуров ҷӯра, Қӯрғонтеппа, ноҳияи Ҷалолиддини Балхӣ (Өзгөн, Бөкөнбаев)"


@pytest.fixture
def place(db: None) -> Place:
    survey = Survey.objects.create(code="rmp", name="Барномаи муҳоҷират")
    Round.objects.create(survey=survey, code="baseline", name="Баштапкы изилдөө")
    for number in range(30):
        Place.objects.create(
            code=f"KG{number}", level=3, path=f"KG/KG{number}", name_en=f"Village {number}"
        )
    return Place.objects.create(
        code="TJ02", level=1, path="TJ/TJ02", name_en="Khatlon", name_local="Вилояти Хатлон"
    )


@pytest.mark.parametrize("way", ["QR code alone", "User name and password", "One-time code"])
def test_tablets_are_enrolled_and_the_sheet_fits_the_screen(
    visitor: Visitor, alice: User, place: Place, way: str
) -> None:
    visitor.log_in("alice")
    page = visitor.open("/admin/sync/device/add/")
    page.get_by_label("Names, one in each line").fill(f"{LONG}\nТоң 3")
    page.get_by_label(way).check()
    page.get_by_role("button", name="Enrol and show what to scan").click()

    expect(page.get_by_role("heading", name=LONG)).to_be_visible()
    expect(page.get_by_role("img", name="Тоң 3").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= visitor.width
    with page.expect_download() as download:
        page.get_by_role("link", name="PNG").first.click()
    assert download.value.suggested_filename.startswith("tablet-")


def test_a_sheet_is_never_cut_apart_on_paper(visitor: Visitor, alice: User, place: Place) -> None:
    visitor.log_in("alice")
    page = visitor.open("/admin/sync/device/add/")
    page.get_by_label("Names, one in each line").fill(f"{LONG}\nТоң 3")
    page.get_by_label("User name and password").check()
    page.get_by_role("button", name="Enrol and show what to scan").click()
    expect(page.get_by_role("heading", name=LONG)).to_be_visible()
    page.wait_for_load_state("networkidle")  # a page on its way cannot be printed

    pdf = page.pdf(format="A4", prefer_css_page_size=True)

    assert pdf.count(b"/Type /Page\n") <= 2  # two on one page, or one each where names are long


def test_the_register_of_an_empty_server_and_of_a_busy_one(
    visitor: Visitor, alice: User, place: Place
) -> None:
    visitor.log_in("alice")
    expect(visitor.open("/admin/sync/device/").get_by_text("0 devices")).to_be_visible()

    device = enrol_device(name=LONG, place_codes=["TJ02"]).device
    now = timezone.now()
    Device.objects.filter(pk=device.pk).update(
        last_seen_at=now - timedelta(days=20),
        app="ODK Collect v2025.3.3",
        unsent=17,
        oldest_unsent_at=now - timedelta(days=19),
        battery=4,
        free_mb=120,
        clock_drift_seconds=-1_300_000_000,
        forms=[{"form_id": "rmp_registration", "version": "1"}],
    )

    page = visitor.open("/admin/sync/device/?overdue=1")
    expect(page.get_by_role("link", name=LONG)).to_be_visible()
    expect(page.get_by_text("41 years behind")).to_be_visible()
    page = visitor.open(f"/admin/sync/device/{device.pk}/change/")
    expect(page.get_by_text("17, the oldest")).to_be_visible()


@pytest.mark.parametrize("page", ["/admin/sync/device/", "/admin/sync/device/add/"])
def test_a_screen_of_800_px_is_left_to_the_page(
    visitor: Visitor, alice: User, place: Place, page: str
) -> None:
    enrol_device(name=LONG)
    visitor.log_in("alice")
    visitor.page.set_viewport_size({"width": 800, "height": 1200})
    visitor.width = 800

    shown = visitor.open(page)

    expect(shown.locator("#nav-sidebar")).to_be_hidden()
    boxes = shown.evaluate(
        "[...document.querySelectorAll('#content select, #content textarea, #content input')]"
        ".filter(e => e.offsetParent).map(e => e.getBoundingClientRect().right)"
    )
    assert max(boxes) <= 800
