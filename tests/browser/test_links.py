"""Cases of linkage in Chromium, at a desk and on a phone: the keyboard, undo, a whole story."""

from pathlib import Path
from uuid import UUID

import orjson
import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from backend.accounts.models import User
from surveys.households.models import CandidateLink, LinkFeature
from surveys.linkage.record import HouseholdRecord, PersonRecord
from surveys.links.models import Adjudication, CaseClaim
from surveys.places.models import Place
from sync.demo import make_demo
from tests.browser.visitor import Visitor
from tests.conftest import PASSWORD, make_user
from tests.surveys.household_forms import REGISTRATION, publish
from tests.surveys.links.families import candidate, homes, pictures, register, settle

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NAMES = (
    "Абдыкерим кызы Гүлжамал Өмүрбекова", "Тоҷинисо Қурбоналиевна Ҷӯразода", "Үсөн уулу Жеңишбек",
    "Муҳаббатхон Ғуломова", "Бөкөнбаев Төлөмүш", "Саодатбибӣ Ҳакимзода", "Жаңыл", "Ўктамжон",
    "Чолпонай Мамбеталиева", "Ҷамшеди Раҳмонпур", "Айсулуу", "Өмүркан апа",
)  # fmt: skip


@pytest.fixture
def demo(db: None, tmp_path: Path) -> User:
    """The demo's families that look alike, as the first start leaves them."""
    data = Path(settings.BASE_DIR) / "data"
    make_demo(data=data, secrets_file=tmp_path / "demo.json", base_url="http://x", families=True)
    settle()
    user = User.objects.get(username="supervisor")
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def large(db: None) -> CandidateLink:
    """Two families of twelve with long names, four hundred metres apart."""
    publish(REGISTRATION)
    Place.objects.create(code="KG06", level=1, path="KG/KG06", name_en="Osh")
    alai = "KG06207000000"
    Place.objects.create(code=alai, level=2, path=f"KG/KG06/{alai}", name_en="Алай району")
    records = [register(f"KG-06-0000{n}", head=NAMES[n]) for n in (0, 1)]
    settle()
    for number, record in enumerate(records):
        _tell(record, number)
    aligned = [(n, n, "strong" if n % 3 else "weak") for n in range(10)]
    return candidate(*records, vetoes=["split_household", "spouses_differ"], aligned=aligned)


def _tell(record: UUID, number: int) -> None:
    members = [
        PersonRecord(name, "head" if n == 0 else "child_in_law", "F", f"{1950 + 4 * n + number}")
        for n, name in enumerate(NAMES if number else (*NAMES[:10], "Бермет", "Нурлан"))
    ]
    told = HouseholdRecord(
        str(record),
        round="baseline-2014",
        enumerator="Эсенгелдиева Калыйча",
        head=members[0],
        phones=("+996555123456", "+996700987654"),
        latitude=39.78 + 0.0036 * number,
        longitude=73.51,
        accuracy_m=40.0,
        members=tuple(members),
    )
    LinkFeature.objects.filter(pk=record).update(record=orjson.loads(orjson.dumps(told)))


def number_of(page: Page) -> int:
    return int(page.url.split("/links/")[1].split("/")[0])


def test_supervisor_decides_by_keyboard_undoes_and_comes_back(visitor: Visitor, demo: User) -> None:
    before, waiting = pictures(), CandidateLink.objects.filter(state="open").count()
    visitor.log_in("supervisor")
    page = visitor.open("/")
    page.get_by_role("link", name="to decide").click()
    expect(page.get_by_role("heading", name="Same household?")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="All cases")).to_be_visible()
    page.wait_for_load_state("networkidle")
    first = number_of(page)

    page.keyboard.press("s")
    page.keyboard.press("2")

    expect(page.get_by_text("You said: the same household")).to_be_visible()
    assert number_of(page) != first
    made = Adjudication.objects.get()
    assert made.reason == "The same people, written differently"
    assert pictures() != before

    page.keyboard.press("u")
    expect(page.get_by_text("Undone: it is as it was before.")).to_be_visible()
    assert number_of(page) == first
    assert pictures() == before
    assert CandidateLink.objects.filter(state="open").count() == waiting

    page.keyboard.press("d")
    page.keyboard.press("Tab")
    page.get_by_label("Another reason").nth(1).fill("Башка адамдар, сураганбыз")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You said: different households")).to_be_visible()
    assert Adjudication.objects.latest("pk").reason == "Башка адамдар, сураганбыз"


def test_keys_of_a_cyrillic_keyboard_do_the_same(visitor: Visitor, demo: User) -> None:
    visitor.log_in("supervisor")
    page = visitor.open("/links/")
    page.locator(".cases a").first.click()
    expect(page.get_by_role("link", name="All cases")).to_be_visible()
    page.wait_for_load_state("networkidle")
    first = number_of(page)

    # Ы stands where S stands.
    pressed = "{key: 'ы', code: 'KeyS', bubbles: true}"
    page.evaluate(f"document.body.dispatchEvent(new KeyboardEvent('keydown', {pressed}))")
    expect(page.get_by_role("button", name="The same people", exact=False).first).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.wait_for_url(lambda url: f"/links/{first}/" not in url)
    page.keyboard.press("k")
    page.wait_for_url(f"**/links/{first}/*")


def test_ticks_by_digit_part_a_case(visitor: Visitor, demo: User) -> None:
    case = max(
        CandidateLink.objects.filter(state="open"),
        key=lambda link: CandidateLink.objects.filter(state="open", a__in=(link.a, link.b)).count(),
    )
    visitor.log_in("supervisor")
    page = visitor.open(f"/links/{case.pk}/")
    boxes = page.get_by_label("tick")
    if boxes.count() > 2:
        page.keyboard.press("1")
        page.keyboard.press("2")
        expect(boxes.nth(0)).to_be_checked()
        expect(boxes.nth(2)).not_to_be_checked()
    page.keyboard.press("s")
    page.keyboard.press("4")

    expect(page.get_by_text("You said: the same household")).to_be_visible()
    assert Adjudication.objects.get().reason == "They were asked"


def test_case_of_large_families_with_long_names_fits(
    visitor: Visitor, alice: User, large: CandidateLink
) -> None:
    alice.first_name, alice.last_name = "Гүлнара Мамытовна", "Асанова-Өмүрзакова"
    alice.save()
    visitor.log_in("alice")
    page = visitor.open(f"/links/{large.pk}/")
    page.get_by_label("To see names and phones, say why").fill("бир үй-бүлөбү, текшерүү")
    page.get_by_role("button", name="Show them").click()

    visitor.open(f"/links/{large.pk}/")
    expect(page.get_by_text("Тоҷинисо Қурбоналиевна Ҷӯразода").first).to_be_visible()
    expect(page.get_by_text("100 m")).to_be_visible()
    visitor.shows_whole_tables()  # two records beside each other, on a phone too
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Keys")).to_be_hidden()


def test_two_people_never_have_one_case_open(
    visitor: Visitor, alice: User, large: CandidateLink
) -> None:
    other = make_user("nazira", User.Role.SUPERVISOR)
    visitor.log_in("alice")
    page = visitor.open(f"/links/{large.pk}/")
    assert CaseClaim.objects.get().by == alice

    page.goto(f"{visitor.base}/links/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_timeout(300)  # the page that was left says so on its way out
    assert not CaseClaim.objects.exists()
    visitor.open(f"/links/{large.pk}/")
    claimed = CaseClaim.objects.get()
    CaseClaim.objects.filter(pk=claimed.pk).update(by=other)

    page = visitor.open(f"/links/{large.pk}/")
    expect(page.get_by_text("has this case open until")).to_be_visible()
    expect(page.locator(".say")).to_have_count(0)
    page.keyboard.press("s")
    assert not Adjudication.objects.exists()


def test_household_shows_what_became_of_it_and_undoes(
    visitor: Visitor, alice: User, large: CandidateLink
) -> None:
    visitor.log_in("alice")
    page = visitor.open(f"/links/{large.pk}/")
    page.locator(".say .same summary").click()
    page.get_by_role("button", name="They were asked").first.click()
    expect(page.get_by_text("You said: the same household")).to_be_visible()
    assert homes(large.a, large.b) == 1

    page = visitor.open(f"/links/{large.pk}/")
    page.locator(".sides td a code").first.click()
    expect(page.get_by_role("heading", name="Household")).to_be_visible()
    page.get_by_text("Undo", exact=True).last.click()
    page.get_by_label("Why", exact=True).fill("Таптакыр башка үй-бүлө")
    page.get_by_role("button", name="Undo it").click()

    expect(page.get_by_text("Undone: it is as it was before.")).to_be_visible()
    assert homes(large.a, large.b) == 2


@pytest.mark.parametrize("path", ["/links/", "/links/?state=later&veto=too_far", "/links/brakes/"])
def test_page_with_nothing_to_do_is_clean(visitor: Visitor, alice: User, path: str) -> None:
    visitor.log_in("alice")

    expect(visitor.open(path).get_by_role("heading", level=1)).to_be_visible()
