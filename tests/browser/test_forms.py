"""Forms in Chromium: a corrected form, from a workbook with a fault to a tablet's list."""

from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import FilePayload, Page, expect

from backend.accounts.models import User
from surveys.places.models import Place
from surveys.publishing.drafts import keep_draft
from surveys.publishing.models import TrialRecord
from surveys.rounds.models import Round, Survey
from surveys.submissions.models import Submission
from surveys.xforms.models import Form
from sync.auth import forget_callers
from sync.enrol import enrol_device
from tests.browser.visitor import Visitor
from tests.device import Tablet, client_door
from tests.openrosa.conftest import make_record
from tests.surveys.publishing.sample import ROOMS_AS_TEXT, VISIT
from tests.xlsforms import publish, workbook

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DATA = Path(__file__).parents[2] / "data" / "forms"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ORIGIN = "http://testserver"
FAR = """
| survey |         |       |                     |                    |              |
|        | type    | name  | label::English (en) | label::Тоҷикӣ (tg) | relevant     |
|        | integer | rooms | How many rooms?     | Чанд ҳуҷра доред?  | ${no_such}>1 |
"""


@pytest.fixture
def round_(db: None) -> Round:
    survey = Survey.objects.create(code="s", name="Households of migrants")
    country = Place.objects.create(code="KG", level=0, path="KG", name_en="Kyrgyzstan")
    for number, name in enumerate(("Osh", "Жалал-Абад, Ысык-Көл", "Batken"), start=1):
        oblast = Place.objects.create(
            code=f"KG0{number}", level=1, path=f"KG/KG0{number}", name_en=name, parent=country
        )
        for district in range(9):
            code = f"KG0{number}{district}"
            Place.objects.create(
                code=code,
                level=2,
                path=f"{oblast.path}/{code}",
                name_en=f"District {district} of {name}",
                parent=oblast,
            )
    return Round.objects.create(survey=survey, code="spring", name="Spring 2014")


def choose(page: Page, content: bytes, name: str = "visit.xlsx") -> None:
    file: FilePayload = {"name": name, "mimeType": XLSX, "buffer": content}
    page.get_by_label("XLSForm workbook").set_input_files(files=[file])
    page.get_by_role("button", name="Look at it").click()
    page.wait_for_load_state("networkidle")


def test_corrected_form_reaches_a_tablet(visitor: Visitor, alice: User, round_: Round) -> None:
    forget_callers()
    publish(VISIT, version="1")
    token = enrol_device(name="Tablet 1", round_codes=["spring"]).token
    tablet = Tablet(f"{ORIGIN}/key/{token}", client_door(Client()))
    visitor.log_in("alice")
    page = visitor.open("/forms/")
    page.get_by_role("link", name="Upload a workbook").click()

    with visitor.answers(422):  # a workbook with a fault: it stands at its cell
        choose(page, workbook(ROOMS_AS_TEXT.replace("| text ", "| txet "), version="2"))
    expect(page.locator("td.bad-cell").first).to_contain_text("txet")

    choose(page, workbook(ROOMS_AS_TEXT, version="2"))  # the corrected one: what changes
    expect(page.get_by_text("no longer comparable")).to_be_visible()
    draft_page = page.url

    address = page.get_by_role("link", name="The address, to type").get_attribute("href")
    trying = Tablet(page.request.get(visitor.base + str(address)).text(), client_door(Client()))
    trying = Tablet(trying.server_url.replace(visitor.base, ORIGIN), client_door(Client()))
    assert [each["version"] for each in trying.form_list()] == ["2"]
    assert trying.send(make_record("uuid:1", version="2")).status == 201
    page.reload()
    page.get_by_role("heading", name="Test records").scroll_into_view_if_needed()
    expect(page.get_by_text("uuid:1")).to_be_visible()
    assert [each["version"] for each in tablet.form_list()] == ["1"]

    page.get_by_label("Round").select_option("spring")
    page.get_by_label("I have read it").check()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Published: Visit, version 2.")).to_be_visible()
    page.get_by_role("link", name="Places of the round").click()
    page.get_by_label("Batken", exact=True).check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()

    assert [each["version"] for each in tablet.form_list()] == ["2"]
    assert Form.objects.get().round == round_
    assert [place.name_en for place in round_.places.all()] == ["Batken"]
    assert (TrialRecord.objects.count(), Submission.objects.count()) == (1, 0)
    visitor.open(draft_page.removeprefix(visitor.base))
    expect(page.get_by_text("published", exact=True)).to_be_visible()


def test_pages_of_large_forms_in_four_languages_fit(visitor: Visitor, alice: User) -> None:
    content = (DATA / "registration.xlsx").read_bytes()
    draft = keep_draft(content=content, by=alice, file_name="Ӯзбекистон " * 9 + ".xlsx")
    visitor.log_in("alice")

    page = visitor.open(f"/forms/drafts/{draft.pk}/")
    for summary in page.locator("main summary").all():
        summary.click()
    visitor.fits()

    expect(page.get_by_role("img", name="QR code of the draft")).to_be_visible()


def test_fault_in_the_last_cell_of_a_row_is_seen(visitor: Visitor, alice: User) -> None:
    visitor.log_in("alice")
    page = visitor.open("/forms/upload/")

    with visitor.answers(422):
        choose(page, workbook(FAR, version="1"))

    visitor.fits()
    expect(page.locator(".bad-cell")).to_be_in_viewport(ratio=0.9)


def test_form_with_a_long_title_fits(visitor: Visitor, alice: User, round_: Round) -> None:
    form = publish(VISIT, version="1").form
    form.title = "Хизматрасониҳои_иҷтимоии_муҳоҷирони_меҳнатӣ_ва_оилаҳои_онҳо_дар_ноҳияҳои_тобеъ_1"
    form.save()
    visitor.log_in("alice")

    for path in ("/", "/forms/", f"/forms/{form.pk}/", f"/forms/{form.pk}/tablets/"):
        visitor.open(path)
        visitor.shows_whole_tables()


@pytest.mark.parametrize("path", ["/forms/", "/forms/upload/"])
def test_page_with_nothing_yet_is_clean(visitor: Visitor, alice: User, path: str) -> None:
    visitor.log_in("alice")

    expect(visitor.open(path).get_by_role("heading", level=1)).to_be_visible()
