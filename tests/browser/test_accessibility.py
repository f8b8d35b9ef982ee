"""Every page for people who use a keyboard, a screen reader, a phone, a slow link, four languages.

`OILA_PICTURES=folder make test-browser` keeps a picture of each page that these tests open.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, Page, Request
from pytest_django.live_server_helper import LiveServer

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow, QualityFlag
from surveys.corrections.models import Errand
from surveys.corrections.sheet_errands import ask_log
from surveys.households.models import CandidateLink, Household
from surveys.indicators.compute import compute_indicators
from surveys.publishing.drafts import keep_draft
from surveys.publishing.models import FormDraft
from surveys.quality.back_checks import Wanted, draw_back_checks
from surveys.quality.check import check_quality
from surveys.quality.models import BackCheckDraw
from surveys.xforms.models import Form
from sync.demo import make_demo
from tests.browser.visitor import Visitor
from tests.conftest import PASSWORD, make_user
from tests.surveys.datasets.records import make_record, publish
from tests.surveys.links.families import settle

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LANGUAGES = ("en", "ru", "ky", "tg")
LIGHT_BYTES = (
    150_000  # HTML, styles, scripts and pictures of a first visit, as they come over the wire
)
PICTURES = os.environ.get("OILA_PICTURES", "")
# Of axe's impacts; below them are opinions on landmarks.
GRAVE = {"serious", "critical"}


@pytest.fixture
def world(db: None, tmp_path: Path) -> User:
    """The demo's week and a form of its own, with a manager who may open everything."""
    data = Path(settings.BASE_DIR) / "data"
    make_demo(data=data, secrets_file=tmp_path / "demo.json", base_url="http://x", families=True)
    settle()
    form = publish()
    for minutes in range(30):
        make_record(form, {"village": "Өзгөн", "hh_size": 7}, members=[{"age": 7}], minutes=minutes)
    compute_indicators()
    manager = make_user("manager-of-all", User.Role.ADMIN, sees_legal_aid=True)
    manager.first_name, manager.last_name = "Гүлнара Мамытовна", "Асанова-Өмүрзакова"
    manager.save()
    check_quality()
    draw_back_checks(Wanted("rmp_registration", percent=10), by=manager)
    ask_log(query={"state": "all"}, by=manager)
    keep_draft(content=(data / "forms" / "registration.xlsx").read_bytes(), by=manager)
    return manager


def addresses() -> list[str]:
    """One of each page, asked of the data so that lists and single things are both there."""
    form = Form.objects.get(form_id="visit")
    record = CleanRow.objects.filter(form=form, repeat="").first()
    link = CandidateLink.objects.filter(state=CandidateLink.State.OPEN).order_by("pk").first()
    household = Household.objects.filter(redirect_to=None, memberships__isnull=False).first()
    flag, draw = QualityFlag.objects.order_by("pk").first(), BackCheckDraw.objects.get()
    draft = FormDraft.objects.get()
    assert record, household
    assert flag
    pages = [
        "/", "/account/", "/account/password/", "/docs/problems", "/exports/", "/queries/",
        "/records/visit/", f"/records/visit/{record.pk}/", "/review/", "/conflicts/", "/links/",
        f"/households/{household.pk}/", "/field/", "/field/targets/", "/indicators/",
        "/indicators/O3.1/", "/indicators/P1/", "/indicators/tables/", "/review/sent-back/",
        "/nothing-here/",
        "/corrections/", "/corrections/recode/?form=rmp_registration", "/corrections/import/",
        f"/corrections/of/{record.pk}/?at=hh_size", f"/corrections/drop/{record.pk}/",
        f"/corrections/errands/{Errand.objects.get().pk}/",
        "/quality/", "/quality/flags/", f"/quality/flags/{flag.pk}/", "/quality/enumerators/",
        "/quality/questions/", "/quality/time-use/", "/quality/checks/",
        "/quality/checks/value_unusual/", "/quality/back-checks/",
        f"/quality/back-checks/{draw.pk}/",
        f"/quality/back-checks/{draw.pk}/{draw.checks.first().pk}/",
        "/forms/", f"/forms/{form.pk}/", "/forms/upload/", f"/forms/drafts/{draft.pk}/",
        "/indicators/overrides/", "/indicators/O3.1/households/", "/links/brakes/",
    ]  # fmt: skip
    return [*pages, f"/links/{link.pk}/"] if link else pages


def some_of(pages: list[str], language: str) -> list[str]:
    """All for English; for each other language a third, every page in one of them."""
    others = ("ru", "ky", "tg")
    return pages if language == "en" else pages[others.index(language) :: 3]


class Reader(Visitor):
    """A visitor of one width and language who also weighs pages and asks axe about them."""

    def __init__(self, browser: Browser, base: str, width: int) -> None:
        super().__init__(browser, base, width, 844 if width < 500 else 900)
        self.axe = Axe()
        self.loaded = 0
        self.page.on("requestfinished", self._weigh)

    def _weigh(self, request: Request) -> None:
        self.loaded += request.sizes()["responseBodySize"]

    def _on_console(self, message: object) -> None:
        """A page that is not there is one of ours too; the browser tells its status."""

    def forget(self) -> None:
        """Empties the browser's cache, as on the first visit, and begins to weigh anew."""
        self.context.new_cdp_session(self.page).send("Network.clearBrowserCache")
        self.loaded = 0

    def speak(self, language: str) -> None:
        """Chooses the language as a person does: by the button in the page's head."""
        self.page.goto(self.base + "/account/")
        self.page.locator(f"form.languages button[value={language}]").click()
        self.page.wait_for_url(self.base + "/account/")
        assert self.page.locator("html").get_attribute("lang") == language

    def barriers(self) -> list[str]:
        found = self.axe.run(self.page).response["violations"]
        return [
            f"{each['id']} at {node['target']}"
            for each in found
            if each["impact"] in GRAVE
            for node in each["nodes"][:3]
        ]

    def keep(self, path: str, language: str) -> None:
        if PICTURES:
            name = path.strip("/").replace("/", "-")[:40] or "home"
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            file = Path(PICTURES) / f"{name}-{language}-{self.width}.png"
            self.page.screenshot(path=file, full_page=True)


@pytest.fixture
def reader(
    request: pytest.FixtureRequest, chromium: Browser, live_server: LiveServer
) -> Iterator[Reader]:
    reader = Reader(chromium, live_server.url, request.param)
    yield reader
    reader.leave()


@pytest.mark.parametrize(
    ("language", "reader"),
    [("en", 390), ("en", 1440), ("ru", 390), ("ky", 1440), ("tg", 390)],
    indirect=["reader"],
)
def test_axe_finds_nothing_serious(reader: Reader, world: User, language: str) -> None:
    """Every page in English; a third of them in each of the others: words differ, not tags."""
    reader.log_in("manager-of-all")
    reader.speak(language)
    found: dict[str, list[str]] = {}
    for path in some_of(addresses(), language):
        reader.open(path)
        reader.keep(path, language)
        if barriers := reader.barriers():
            found[path] = barriers
    assert found == {}


@pytest.mark.parametrize("reader", [800], indirect=True)
def test_page_fits_a_small_laptop_in_every_language(reader: Reader, world: User) -> None:
    reader.log_in("manager-of-all")
    for language in LANGUAGES:
        reader.speak(language)
        for path in some_of(addresses(), language):
            reader.open(path)
            reader.keep(path, language)


@pytest.mark.parametrize("reader", [390], indirect=True)
def test_login_page_may_be_read_in_every_language(reader: Reader, world: User) -> None:
    reader.open("/login/")
    for language in LANGUAGES:
        reader.page.locator(f"form.languages button[value={language}]").click()
        reader.page.wait_for_load_state("networkidle")
        reader.keep("/login/", language)
        assert reader.page.locator("html").get_attribute("lang") == language
        assert reader.barriers() == []


@pytest.mark.parametrize("reader", [1440], indirect=True)
@pytest.mark.parametrize("username", ["manager-of-all", "supervisor", "analyst", "enumerator"])
def test_first_visit_of_a_page_is_light_for_every_role(
    reader: Reader, world: User, chromium: Browser, username: str
) -> None:
    user = User.objects.get(username=username)
    user.set_password(PASSWORD)
    user.language = "tg"  # Cyrillic takes two bytes a letter
    user.save()
    reader.log_in(username)
    heavy = {}
    for path in addresses():
        reader.page.goto("about:blank")
        reader.forget()
        reader.open(path)
        if reader.loaded > LIGHT_BYTES:
            heavy[path] = reader.loaded
    assert heavy == {}


def focused(page: Page) -> str:
    return page.evaluate(
        "[document.activeElement.tagName, document.activeElement.textContent.trim()].join(' ')"
    )


@pytest.mark.parametrize("reader", [1440], indirect=True)
def test_keyboard_skips_the_head_and_every_focus_is_seen(reader: Reader, world: User) -> None:
    reader.log_in("manager-of-all")
    page = reader.open("/review/")
    page.keyboard.press("Tab")
    assert focused(page) == "A Skip to the page"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    for _ in range(12):
        assert page.evaluate(
            "getComputedStyle(document.activeElement).outlineStyle !== 'none'"
            " || document.activeElement.matches('input[type=checkbox]')"
        ), focused(page)
        page.keyboard.press("Tab")
