"""The pages of quality as a manager, a supervisor and others meet them; and the same by API."""

import io
import re
import uuid
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from lxml import html
from openpyxl import load_workbook

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from surveys.cleaning.models import CleanRow, FlagStep, QualityFlag
from surveys.places.models import Place
from surveys.quality.check import check_quality
from surveys.quality.models import BackCheck, BackCheckDraw, CheckSetting
from surveys.submissions.models import ReviewStep, Submission
from tests.surveys.datasets.season import MEMBER
from tests.surveys.quality.conftest import Registered

pytestmark = pytest.mark.django_db
PAGE = {"headers": {"accept": "text/html"}}
PAGES = ("", "flags/", "enumerators/", "questions/", "time-use/", "checks/",
         "checks/value_unusual/", "back-checks/")  # fmt: skip


def text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(f"/quality/{path}", **PAGE)
    assert answer.status_code == status
    return answer.content.decode()


@pytest.fixture
def flag(registered: Registered) -> QualityFlag:
    registered(cattle=80)
    check_quality()
    return QualityFlag.objects.get()


@pytest.mark.parametrize("path", PAGES)
def test_page_is_there_for_who_reads_records_and_empty_at_first(
    as_alice: Client, as_charlie: Client, path: str
) -> None:
    assert text(as_alice, path)
    assert text(as_charlie, path, status=403)


def test_report_counts_what_each_check_found(as_alice: Client, flag: QualityFlag) -> None:
    page = text(as_alice, "")

    assert "A number that is possible and seldom so" in page
    assert "/quality/flags/?code=value_unusual" in page


def test_supervisor_sees_flags_of_their_places_and_no_others(
    as_dilnoza: Client, registered: Registered, naryn: Place, alai: Place
) -> None:
    registered(cattle=80, enum_code="K111")
    registered(cattle=80, place=naryn, enum_code="K222")
    check_quality()
    elsewhere = QualityFlag.objects.get(submission__rows__place=naryn, submission__rows__repeat="")

    page = text(as_dilnoza, "flags/")

    assert "K111" in page
    assert "K222" not in page
    assert text(as_dilnoza, f"flags/{elsewhere.pk}/", status=404)
    assert "K222" not in text(as_dilnoza, "enumerators/")


def test_other_records_of_a_finding_are_named_only_to_who_sees_them(
    as_dilnoza: Client, as_alice: Client, registered: Registered, naryn: Place
) -> None:
    here = registered(card_no="KG-06-00001")
    there = registered(card_no="KG-06-00001", place=naryn)
    check_quality()
    flag = QualityFlag.objects.get(submission=here.submission, code="card_repeated")

    assert str(there.pk) in text(as_alice, f"flags/{flag.pk}/")
    page = text(as_dilnoza, f"flags/{flag.pk}/")
    assert str(there.pk) not in page
    assert "1 record that you may not see" in page
    told = as_dilnoza.get(f"/api/v1/quality/flags/{flag.pk}/").json()
    assert told["bounds"] == {"others": [], "elsewhere": 1}


def test_measure_of_a_masked_question_is_not_shown(
    as_alice: Client, registered: Registered
) -> None:
    record = registered()
    flag = QualityFlag.objects.create(
        submission=record.submission, code="value_unusual", path="main/head/head_ethnicity",
        measure={"value": 7123}, bounds={"most": 7000},
    )  # fmt: skip

    page = text(as_alice, f"flags/{flag.pk}/")

    assert "7123" not in page
    assert "masked" in page
    assert as_alice.get(f"/api/v1/quality/flags/{flag.pk}/").json()["measure"] == {"value": None}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 1), ("state=all", 1), ("state=explained", 0), ("code=value_unusual", 1),
        ("code=head_missing", 0), ("severity=note", 1), ("severity=serious", 0),
        ("form=rmp_registration", 1), ("enumerator=K000", 1), ("enumerator=K999", 0),
        ("place=KG06207000000", 1),
    ],
)  # fmt: skip
def test_flags_are_filtered(as_alice: Client, flag: QualityFlag, query: str, count: int) -> None:
    assert len(as_alice.get(f"/api/v1/quality/flags/?{query}").json()["results"]) == count
    assert ("K000</td>" in text(as_alice, f"flags/?{query}")) == bool(count)


def test_flags_of_who_asked_by_code_by_account_and_by_a_name_without_end(
    as_alice: Client, alice: User, registered: Registered
) -> None:
    long = "Ӯ" * 40_000
    registered(cattle=80, enum_code="", enumerator=long)
    mine = registered(cattle=80, enum_code="")
    registered(cattle=80, enum_code="alice")
    Submission.objects.filter(rows=mine).update(submitted_by=alice)
    check_quality()

    def count(name: str) -> int:
        answer = as_alice.get("/api/v1/quality/flags/", {"enumerator": name})
        return len(answer.json()["results"])

    assert count("alice") == 2
    assert count(long) == 1
    assert count("bob") == 0


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("state=closed", "value_invalid"), ("form=nothing", "not_found"),
        ("place=nowhere", "place_unknown"), ("record=x", "value_invalid"),
        ("code=%00", "value_invalid"), ("shoe=1", "field_unknown"),
    ],
)  # fmt: skip
def test_filter_that_makes_no_sense_is_refused(as_alice: Client, query: str, code: str) -> None:
    answer = as_alice.get(f"/api/v1/quality/flags/?{query}")

    assert answer.json()["type"] == f"/docs/problems#{code}"


def test_flag_is_explained_with_a_reason_that_stays(
    as_alice: Client, flag: QualityFlag, as_bob: Client
) -> None:
    said = {"state": "explained", "looked": "open", "reason": "Counted with the neighbour's."}

    answer = as_alice.post(f"/quality/flags/{flag.pk}/", said)

    assert answer.status_code == 302
    flag.refresh_from_db()
    assert (flag.state, flag.settled_at is None) == ("explained", False)
    assert "Counted with the neighbour&#x27;s." in text(as_alice, f"flags/{flag.pk}/")
    assert "neighbour" not in text(as_bob, f"flags/{flag.pk}/")  # who may not review
    event = AuditEvent.objects.get(action="flag.changed")
    assert event.details == {"was": "open", "now": "explained"}


def test_flag_that_somebody_changed_meanwhile_is_shown_as_it_is_now(
    as_alice: Client, flag: QualityFlag
) -> None:
    QualityFlag.objects.update(state="dropped")
    said = {"state": "explained", "looked": "open", "reason": "So it is."}

    answer = as_alice.post(f"/quality/flags/{flag.pk}/", said)

    assert answer.status_code == 409
    assert "it is dropped now" in answer.content.decode()
    assert "So it is." in answer.content.decode()  # what was typed is not lost


def test_flag_that_is_sent_to_the_field_sends_its_record_back_with_the_reason(
    as_alice: Client, flag: QualityFlag
) -> None:
    said = {
        "state": "sent", "looked": "open", "reason": "Ask again how many.",
        "edition": flag.submission.instance_id, "last_step": "0",
    }  # fmt: skip

    answer = as_alice.post(f"/quality/flags/{flag.pk}/", said)

    assert answer.status_code == 302
    step = ReviewStep.objects.get()
    assert step.step == ReviewStep.Step.SENT_BACK
    assert step.comments == [{"path": flag.path, "text": "Ask again how many."}]
    flag.refresh_from_db()
    assert (flag.state, flag.settled_at) == ("sent", None)
    flag.submission.refresh_from_db()
    assert flag.submission.review_state == "has_issues"


def test_flag_stays_open_when_the_record_cannot_be_sent_back(
    as_alice: Client, flag: QualityFlag
) -> None:
    said = {
        "state": "sent", "looked": "open", "reason": "Ask again.", "edition": "uuid:older",
        "last_step": "0",
    }  # fmt: skip

    assert as_alice.post(f"/quality/flags/{flag.pk}/", said).status_code == 409
    assert not FlagStep.objects.exists()
    flag.refresh_from_db()
    assert flag.state == "open"


def test_state_by_api_needs_a_reviewer_and_the_state_as_it_was_read(
    as_alice: Client, as_bob: Client, flag: QualityFlag
) -> None:
    address = f"/api/v1/quality/flags/{flag.pk}/state/"
    said = {"state": "dropped", "reason": "A test record.", "looked": "open"}

    assert as_bob.post(address, said, content_type="application/json").status_code == 403
    answer = as_alice.post(address, said, content_type="application/json")
    assert answer.status_code == 201
    assert answer.json()["steps"][0]["now"] == "dropped"
    again = as_alice.post(address, said, content_type="application/json")
    assert again.json()["type"] == "/docs/problems#flag_changed"
    sent = {**said, "state": "sent", "looked": "dropped"}
    refused = as_alice.post(address, sent, content_type="application/json")
    assert refused.json()["type"] == "/docs/problems#request_malformed"


def test_enumerator_whose_interviews_differ_from_all_others_stands_out(
    as_alice: Client, registered: Registered
) -> None:
    for n in range(12):
        registered(enum_code="K001", hh_size=2 + n % 3)
        registered(enum_code="K002", hh_size=9 + n % 3)
    check_quality()

    told = as_alice.get("/api/v1/quality/report/").json()

    lines = {line["enumerator"]: line for line in told["enumerators"]}
    # means 3 and 10, the SD of twelve values of 9, 10, 11 is 0.853: z = -7 / (0.853 / sqrt 12)
    assert lines["K001"]["effects"]["size"]["z"] == pytest.approx(-28.43, abs=0.01)
    assert lines["K001"]["effects"]["size"]["far"] is True
    assert "<b>3" in text(as_alice, "enumerators/")


def test_enumerators_are_ranked_alike_on_the_page_by_api_and_in_the_workbook(
    as_alice: Client, registered: Registered
) -> None:
    """K002 has large families, K003 always hears "no"; the other two are alike."""
    for n in range(12):
        for name, least in (("K001", 2), ("K002", 9), ("K003", 3), ("K004", 2)):
            debt = "no" if name == "K003" or n % 3 == 0 else "yes"
            registered(enum_code=name, hh_size=least + n % 3, debt_any=debt)
    check_quality()

    told = as_alice.get("/api/v1/quality/report/").json()["enumerators"]
    page = html.fromstring(text(as_alice, "enumerators/"))
    by_size = html.fromstring(text(as_alice, "enumerators/?sort=size"))
    book = load_workbook(io.BytesIO(as_alice.get("/quality/report.xlsx").content))

    ranks = [(line["enumerator"], line["rank"]) for line in told]
    assert ranks == [("K002", 1), ("K003", 2), ("K001", 3), ("K004", 3)]
    assert [line["standing_out"] for line in told] == [1, 1, 0, 0]
    assert shown_ranks(page) == ranks
    header, *rows = book["enumerator dashboard"].iter_rows(values_only=True)
    assert [(row[0], row[header.index("rank")]) for row in rows] == ranks
    assert shown_ranks(by_size) == [("K002", 1), ("K001", 2), ("K004", 2), ("K003", 4)]
    assert by_size.xpath("//th[@aria-sort='descending']/a/text()") == ["Members"]
    assert text(as_alice, "enumerators/?sort=beauty", status=400)


def shown_ranks(page: Any) -> list[tuple[str, int]]:
    rows = page.xpath("//tbody/tr")
    return [(row.xpath("string(th)"), int(row.xpath("string(td[1]/text())"))) for row in rows]


def test_manager_sets_a_check_and_others_may_not(
    as_alice: Client, as_dilnoza: Client, alice: User
) -> None:
    said = {"enabled": "1", "severity": "warning", "owner": "manager", "reason": "Herds are large.",
            **{f"p_{n}": "9" for n in ("hh_size", "rooms", "land_sotka", "cattle", "sheep")},
            "p_poultry": "12,5", "p_hours": "9"}  # fmt: skip

    assert as_dilnoza.post("/quality/checks/value_unusual/", said).status_code == 403
    assert as_alice.post("/quality/checks/value_unusual/", said).status_code == 302
    setting = CheckSetting.objects.get()
    assert (setting.by, setting.severity, setting.parameters["poultry"]) == (alice, "warning", 12.5)
    assert "Herds are large." in text(as_alice, "checks/value_unusual/")
    assert AuditEvent.objects.filter(action="check.set").count() == 1
    refused = as_alice.post("/quality/checks/value_unusual/", {**said, "p_sheep": "many"})
    assert refused.status_code == 400
    assert text(as_alice, "checks/no-such/", status=404)


def test_workbook_has_the_sheets_that_field_teams_know(
    as_alice: Client, registered: Registered
) -> None:
    registered(card_no="KG-06-00001", cattle=80, comments="Айша opened the door")
    registered(card_no="KG-06-00001")
    check_quality()

    plain = as_alice.get("/quality/report.xlsx")
    book = load_workbook(io.BytesIO(plain.content))

    assert book.sheetnames == [
        *("summary", "id duplicates", "other duplicates", "versions", "outliers", "constraints"),
        *("logic", "time", "place", "consent", "patterns", "versions by day", "missingness"),
        *("other specify", "comments", "survey dashboard", "enumerator dashboard"),
        *("enumerator effects", "time use", "time use by weekday", "question timing", "tracking"),
        *("back-checks", "numbers asked twice", "checks"),
    ]
    assert book["id duplicates"].max_row == 3
    assert [c.value for c in book["comments"][2]][-1] == "masked"
    assert b"\xd0\x90\xd0\xb9" not in plain.content


def test_workbook_shows_comments_to_who_says_why_and_that_is_noted(
    as_alice: Client, as_bob: Client, registered: Registered
) -> None:
    registered(comments="The dog bites")
    said = {"reason": "Reading all comments of the week"}

    answer = as_alice.post("/quality/report.xlsx", said)

    book = load_workbook(io.BytesIO(answer.content))
    assert [c.value for c in book["comments"][2]][-1] == "The dog bites"
    assert AuditEvent.objects.filter(action="data.unmasked").count() == 1
    assert as_bob.post("/quality/report.xlsx", said).status_code == 403


def again(record: CleanRow, registered: Registered, **answers: Any) -> CleanRow:
    """A second interview with the same household, two days later."""
    told = {"start": "2014-06-05T04:00:00.000+00:00", "end": "2014-06-05T05:00:00.000+00:00"}
    second = registered(**{"enum_code": "K900", **told, **answers})
    CleanRow.objects.filter(pk=second.pk).update(household_id=record.household_id)
    return second


def test_draw_covers_every_enumerator_and_is_the_same_for_the_same_seed(
    as_alice: Client, as_dilnoza: Client, registered: Registered
) -> None:
    for n in range(12):
        registered(enum_code=f"K00{n % 3}")
    said = {"form": "rmp_registration", "percent": "10", "seed": "7"}

    assert as_dilnoza.post("/quality/back-checks/", said).status_code == 403
    for _ in range(2):
        assert as_alice.post("/quality/back-checks/", said).status_code == 302

    one, other = BackCheckDraw.objects.all()
    drawn = sorted(one.checks.values_list("enumerator", "record_id"))
    assert [name for name, _ in drawn] == ["K000", "K001", "K002"]
    assert drawn == sorted(other.checks.values_list("enumerator", "record_id"))


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"percent": "0"}, 400), ({"percent": "x"}, 400), ({"form": "rmp_service"}, 404),
     ({"since": "yesterday"}, 400), ({"since": "2020-01-01"}, 409), ({"seed": "-1"}, 400)],
)  # fmt: skip
def test_draw_that_cannot_be_made_is_refused(
    as_alice: Client, registered: Registered, changes: dict[str, str], status: int
) -> None:
    registered()
    said = {"form": "rmp_registration", "percent": "10", **changes}

    assert as_alice.post("/quality/back-checks/", said).status_code == status
    assert not BackCheckDraw.objects.exists()


def test_second_interview_is_held_beside_the_first_by_type_of_question(
    as_alice: Client, registered: Registered
) -> None:
    first = registered(enum_code="K001", rooms=3, exp_total=1000, head_marital="wid")
    other = {"rooms": 5, "exp_total": 1150, "head_marital": "reg", "head_birth_year": 1975}
    second = again(first, registered, **other)
    draw = BackCheckDraw.objects.create(
        form=first.form, percent=10, seed=1, population=1, by=User.objects.get()
    )
    check = BackCheck.objects.create(draw=draw, record_id=first.pk, enumerator="K001")
    address = f"/quality/back-checks/{draw.pk}/"
    assert str(second.pk) in text(as_alice, f"back-checks/{draw.pk}/")  # it is offered

    said = {"check": str(check.pk), "again": str(second.pk)}
    assert as_alice.post(address, said).status_code == 302

    page = text(as_alice, f"back-checks/{draw.pk}/")
    assert "head_marital" in page  # type 1: differs
    assert "<li>rooms" in page  # type 2: two rooms apart, one is accepted
    assert "<li>exp_total" not in page  # type 3: 13 % apart, 20 % are accepted
    assert "<li>head_birth_year" not in page  # a year is accepted
    check_quality()
    rates = as_alice.get("/api/v1/quality/report/").json()["enumerators"]
    line = next(line for line in rates if line["enumerator"] == "K001")
    assert line["error_rates"]["1"] == {"differing": 1, "compared": 5}
    assert line["error_rates"]["2"] == {"differing": 1, "compared": 2}


def test_second_interview_is_chosen_from_those_nearest_to_the_first(
    as_alice: Client, as_dilnoza: Client, registered: Registered, alai: Place, naryn: Place
) -> None:
    first = registered(enum_code="K001")
    beside = registered(enum_code="K002")
    home = again(first, registered, enum_code="K003")
    elsewhere = registered(enum_code="K004", place=naryn)
    code = f"{alai.code}1"  # begins as the district's, and is another
    other = Place.objects.create(code=code, parent=alai.parent, level=2, path=f"{alai.path}1")
    registered(enum_code="K005", place=other)
    draw = BackCheckDraw.objects.create(
        form=first.form, percent=10, seed=1, population=1, by=User.objects.get(username="alice")
    )
    check = BackCheck.objects.create(draw=draw, record_id=first.pk, enumerator="K001")
    far = BackCheck.objects.create(draw=draw, record_id=elsewhere.pk, enumerator="K004")
    address = f"back-checks/{draw.pk}/{check.pk}/"

    def offered(page: str) -> list[str]:
        return re.findall(r'name="again" value="([^"]+)"', page)

    assert f"/quality/{address}" in text(as_alice, f"back-checks/{draw.pk}/")
    assert offered(text(as_alice, address)) == [str(home.pk), str(beside.pk)]
    assert offered(text(as_alice, f"{address}?enumerator=k002")) == [str(beside.pk)]
    assert as_dilnoza.get(f"/quality/back-checks/{draw.pk}/{far.pk}/").status_code == 404

    said = {"check": str(check.pk), "again": str(home.pk)}
    assert as_alice.post(f"/quality/back-checks/{draw.pk}/", said).status_code == 302
    assert offered(text(as_alice, address)) == [str(beside.pk)]


def test_record_that_is_no_second_interview_is_not_linked(
    as_alice: Client, registered: Registered
) -> None:
    first = registered()
    second = again(first, registered)
    draw = BackCheckDraw.objects.create(
        form=first.form, percent=10, seed=1, population=1, by=User.objects.get()
    )
    checks = [
        BackCheck.objects.create(draw=draw, record_id=record.pk, enumerator="K001")
        for record in (first, second)
    ]
    address = f"/quality/back-checks/{draw.pk}/"

    def link(check: BackCheck, record: object) -> int:
        return as_alice.post(address, {"check": str(check.pk), "again": str(record)}).status_code

    assert link(checks[0], first.pk) == 409  # itself
    assert link(checks[0], uuid.uuid4()) == 404
    assert link(checks[0], "x") == 400
    third = again(first, registered)
    assert link(checks[0], third.pk) == 302
    assert link(checks[1], third.pk) == 409  # linked already
    assert link(checks[0], "") == 302
    assert link(checks[1], third.pk) == 302


@pytest.mark.parametrize("path", ["", "flags/", "enumerators/", "checks/", "report.xlsx"])
def test_number_of_queries_does_not_grow_with_the_flags(
    as_dilnoza: Client, registered: Registered, path: str
) -> None:
    def queries() -> int:
        as_dilnoza.get(f"/quality/{path}")  # forms are in memory then
        with CaptureQueriesContext(connection) as found:
            assert as_dilnoza.get(f"/quality/{path}").status_code == 200
        return len(found)

    registered(cattle=80, card_no="KG-06-00001")
    registered(card_no="KG-06-00001")
    check_quality()
    few = queries()
    for _ in range(5):
        registered(cattle=80, card_no="KG-06-00002")
    check_quality()

    assert queries() == few


def test_answer_of_a_flag_is_one_step_from_its_correction(
    as_dilnoza: Client, as_bob: Client, flag: QualityFlag
) -> None:
    page = text(as_dilnoza, f"flags/{flag.pk}/")
    found = re.search(r'href="(/corrections/of/[^"]+)"', page)
    assert found
    asked = as_dilnoza.get(unescape(found[1]), **PAGE)
    assert asked.status_code == 200
    assert 'name="new:0"' in asked.content.decode()
    assert "cattle" in asked.content.decode()
    assert "/corrections/of/" not in text(as_bob, f"flags/{flag.pk}/")


def test_flag_of_a_row_leads_to_the_answer_of_that_row(
    as_dilnoza: Client, flag: QualityFlag
) -> None:
    QualityFlag.objects.update(path=f"{MEMBER}[2]/m_sex")
    rows = CleanRow.objects.filter(submission=flag.submission, repeat=MEMBER)
    child = rows.get(index=2)
    assert f"at={child.pk}" in text(as_dilnoza, f"flags/{flag.pk}/")


@pytest.mark.parametrize("path", ["", "no/such/question", f"{MEMBER}[9]/m_age", MEMBER])
def test_flag_of_no_single_answer_offers_no_correction(
    as_dilnoza: Client, flag: QualityFlag, path: str
) -> None:
    QualityFlag.objects.update(path=path)
    assert "/corrections/of/" not in text(as_dilnoza, f"flags/{flag.pk}/")


def test_masked_answer_of_a_flag_is_not_offered(as_dilnoza: Client, flag: QualityFlag) -> None:
    QualityFlag.objects.update(path="main/head/head_name")
    page = text(as_dilnoza, f"flags/{flag.pk}/")
    assert "/corrections/of/" not in page
    assert (
        "<dt>Question</dt><dd>Name of the head (surname, name, patronymic)" in page
    )  # as the form asks, masked or not


def test_first_page_says_which_flags_and_back_checks_wait(
    as_alice: Client, as_bob: Client, flag: QualityFlag
) -> None:
    as_alice.post("/quality/back-checks/", {"form": "rmp_registration", "percent": "100"})
    page = as_alice.get("/", **PAGE).content.decode()
    assert re.search(r'href="/quality/flags/">\s*<b>1</b> <span>quality flag', page)
    assert re.search(r'href="/quality/back-checks/">\s*<b>1</b> <span>interview to ask', page)
    assert "interview to ask" not in as_bob.get("/", **PAGE).content.decode()

    BackCheck.objects.update(again_id=uuid.uuid4())
    assert "interview to ask" not in as_alice.get("/", **PAGE).content.decode()


def test_flags_are_told_at_questions_as_the_form_asks_them(
    as_dilnoza: Client, flag: QualityFlag
) -> None:
    QualityFlag.objects.update(path=f"{MEMBER}[2]/m_sex")
    asked = {}
    for language in ("en", "ru", "ky", "tg"):
        wanted = {"accept": "text/html", "accept-language": language}
        page = html.fromstring(as_dilnoza.get("/quality/flags/", headers=wanted).content)
        (asked[language],) = page.xpath("//tbody/tr/th/small/text()")
    assert all(" 2 · " in each and "m_sex" not in each for each in asked.values())
    assert len(set(asked.values())) == 4
    QualityFlag.objects.update(path="no/such/question")
    assert "no/such/question" in text(as_dilnoza, "flags/")
    QualityFlag.objects.update(path="end")
    assert "<small>The form was finished</small>" in text(as_dilnoza, "flags/")


def test_questions_are_told_as_the_form_asks_them(as_alice: Client, registered: Registered) -> None:
    registered()
    check_quality()
    page = html.fromstring(text(as_alice, "questions/"))
    names = page.xpath("//tbody/tr/th/small/code/text()")
    labels = [label.strip() for label in page.xpath("//tbody/tr/th/text()")]
    assert len(names) == len(labels) > 40
    assert dict(zip(names, labels, strict=True))["head_sex"] not in {"head_sex", ""}
