"""Pages in a real browser, on a desk and on a phone: clean, self-contained, not too wide."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from backend.accounts.models import User
from surveys.datasets.build import build_waiting_exports
from surveys.xforms.models import Form
from sync.models import Device
from tests.browser.visitor import Visitor
from tests.surveys.datasets.records import make_record, publish

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LETTERS = "Ҷумҳурии Тоҷикистон, Ӯзбекҳо, Қӯрғонтеппа, Өзгөн, Тоң, Бөкөнбаев"


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> None:
    settings.EXPORT_DIR = tmp_path


@pytest.fixture
def form(db: None) -> Form:
    form = publish()
    make_record(form, {"village": LETTERS, "hh_size": 7}, members=[{"age": 7}])
    return form


@pytest.fixture
def tablets(db: None) -> None:
    now = timezone.now()
    for name, seen in [(LETTERS, now), ("Тоң 3", now - timedelta(days=20)), ("Spare", None)]:
        Device.objects.create(name=name, last_seen_at=seen)


def test_person_logs_in_sees_the_home_page_and_logs_out(
    visitor: Visitor, alice: User, form: Form, tablets: None
) -> None:
    alice.first_name, alice.last_name = "Гүлнара Мамытовна", "Асанова-Өмүрзакова"
    alice.save()
    visitor.log_in("alice")

    page = visitor.open("/")
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    expect(page.get_by_text(LETTERS)).to_be_visible()
    expect(page.get_by_role("link", name="Visit")).to_be_visible()

    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


@pytest.mark.parametrize("who", ["alice", "bob", "charlie"])
def test_home_page_of_an_empty_server_is_clean_for_each_role(
    request: pytest.FixtureRequest, visitor: Visitor, who: str
) -> None:
    request.getfixturevalue(who)
    visitor.log_in(who)

    expect(visitor.open("/").get_by_text("No form is published yet")).to_be_visible()


@pytest.mark.parametrize("path", ["/account/", "/account/password/", "/docs/problems", "/exports/"])
def test_page_is_clean(visitor: Visitor, bob: User, form: Form, path: str) -> None:
    visitor.log_in("bob")

    expect(visitor.open(path).get_by_role("heading", level=1)).to_be_visible()


def test_records_show_all_letters(visitor: Visitor, bob: User, form: Form) -> None:
    visitor.log_in("bob")

    page = visitor.open("/records/visit/")

    expect(page.get_by_text(LETTERS[:40])).to_be_visible()
    expect(page.get_by_text("Village")).to_be_visible()  # as the page says it


def test_export_appears_on_the_page_by_itself_when_it_is_ready(
    visitor: Visitor, bob: User, form: Form
) -> None:
    visitor.log_in("bob")
    page = visitor.open("/exports/")
    page.get_by_label("What for?").fill("Quarterly report")
    page.get_by_role("button", name="Ask for it").click()
    expect(page.get_by_text("Waiting")).to_be_visible()

    build_waiting_exports()

    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename.startswith("visit-")


def test_token_is_made_and_shown(visitor: Visitor, bob: User) -> None:
    visitor.log_in("bob")
    page = visitor.open("/account/")
    page.get_by_label("Which tool is it for?").fill("R at home")
    page.get_by_role("button", name="Make a token").click()

    assert len(page.get_by_label("New token").input_value()) == 43


def test_api_page_works_without_any_other_host(visitor: Visitor, bob: User, form: Form) -> None:
    visitor.log_in("bob")

    page = visitor.open("/api/docs/")

    expect(page.get_by_text("/api/v1/forms/{form_id}/records/", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    "path",
    ["/admin/", "/admin/accounts/user/", "/admin/audit/auditevent/"],
)
def test_console_is_clean(visitor: Visitor, root: User, form: Form, path: str) -> None:
    visitor.log_in("root")

    expect(visitor.open(path).get_by_role("link", name="console", exact=True)).to_be_visible()
