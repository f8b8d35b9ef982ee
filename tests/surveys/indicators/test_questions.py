"""The analysts' questions of indicators, read by a person from the page, by API and in files.

Each figure is read from the page's own HTML, and is the API's and the file's. What it must be was
counted by hand from the season below. The other questions: `tests/surveys/datasets`.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from lxml import html
from openpyxl import load_workbook

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow
from surveys.indicators.compute import compute_indicators
from surveys.indicators.consultations import with_consultations
from surveys.indicators.models import IndicatorResult, Target
from tests.surveys.indicators.season import (
    ALAI,
    ASHT,
    KARA_SUU,
    OSH,
    SUGHD,
    Season,
    fill_tables,
    income,
)

LEAST_OF_EACH = {"exact": "1"}  # the season is small: for who leads the programme
GRAINS = ("FCSStap", "FCSPulse", "FCSDairy", "FCSPr")
GREENS = ("FCSVeg", "FCSFruit", "FCSFat", "FCSSugar", "FCSCond")
SAVING = ("rCSILessQlty", "rCSIBorrow", "rCSIMealSize", "rCSIMealAdult", "rCSIMealNb")


def food(days: int, coping: str, saved: int) -> dict[str, Any]:
    """Days of each group; the crisis strategy used or not; days of saving on food."""
    eaten = {**dict.fromkeys(GRAINS, days), **dict.fromkeys(GREENS, 3)}
    told = {"LcsEN_stress_Saving": "10", "LcsEN_crisis_Health": coping}
    return {**eaten, **told, **dict.fromkeys(SAVING, saved)}


def child(age: int, school: str) -> dict[str, Any]:
    return {"m_age": age, "m_school": school, "m_present": "home"}


def migrant(country: str, contact: str) -> dict[str, Any]:
    return {"m_age": 30, "m_present": "abroad", "mig_country": country, "mig_contact": contact}


def needs(*named: str) -> dict[str, str]:
    return dict(zip(("need_1", "need_2", "need_3"), named, strict=False))


# district, sex of head, migrants, members, more of the baseline, its sources
FAMILIES: dict[str, tuple[str, str, str, list[dict[str, Any]], dict[str, Any], float]] = {
    "a": (ALAI, "female", "1", [migrant("RU", "lost"), child(9, "yes")],
          {**food(7, "10", 0), **needs("income", "legal")}, 100),
    "b": (ALAI, "male", "0", [child(8, "no")], {**food(2, "30", 2), **needs("inputs", "income")},
          100),
    "c": (KARA_SUU, "female", "2", [migrant("RU", "week"), migrant("KZ", "more"),
                                    child(14, "no"), child(7, "yes")],
          {**food(7, "10", 1), **needs("income")}, 100),
    "d": (ASHT, "female", "1", [migrant("RU", "half"), child(10, "yes")],
          {**food(0, "30", 7), **needs("legal", "income", "health")}, 20),
    "e": (ASHT, "male", "1", [migrant("RU", "month")], {**food(7, "10", 0), **needs("credit")}, 30),
}  # fmt: skip
SERVICES = (
    ("a", "2014-05-20", "shg"), ("a", "2014-09-05", "grant"), ("b", "2014-08-01", "shg"),
    ("c", "2014-11-01", "inputs"), ("c", "2014-12-01", "training_agri"), ("c", "2015-01-20", "shg"),
    ("e", "2015-02-20", "training_agri"),
)  # fmt: skip
AIDS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("a", "2014-06-20", {"legal_case": "L1", "partner": "ng_02"}),
    ("c", "2014-07-20", {"legal_case": "L2", "partner": "ng_02", "legal_topics": ["divorce"]}),
    ("c", "2014-09-09", {"legal_case": "L3", "partner": "ng_03", "legal_outcome": "solved",
                         "legal_topics": ["divorce"]}),
    ("e", "2015-03-01", {"legal_case": "L4", "partner": "ng_02"}),
)  # fmt: skip
ENDS: dict[str, dict[str, Any]] = {
    "a": {"sources": [income("craft", 115), income("remit", 50)], **food(7, "30", 1)},
    "b": {"sources": [income("craft", 106)], **food(7, "10", 1)},
    "c": {"sources": [income("craft", 130)], **food(7, "10", 0)},
    "e": {"trace": "notfound", "consent": None},
}


@pytest.fixture
def homes(db: None) -> dict[str, str]:
    """The season: letter → household."""
    season = Season()
    fill_tables()
    Target.objects.create(indicator="O3.1", value=7600)
    Target.objects.create(indicator="O3.2", value=2800)
    homes: dict[str, Any] = {}
    for letter, (district, sex, migrants, members, more, earned) in FAMILIES.items():
        money = "TJS" if district == ASHT else "KGS"
        homes[letter] = season.family(
            district, head_sex=sex, n_migrants=migrants, members=members, vuln_score=len(members),
            sources=[income("craft", earned, currency=money)], **more,
        )  # fmt: skip
    for letter, day, kind in SERVICES:
        season.service(homes[letter], day, FAMILIES[letter][0], service_type=kind)
    for letter, day, more in AIDS:
        season.aid(homes[letter], day, **{"legal_first": "yes", **more})
    for letter, more in ENDS.items():
        season.endline(homes[letter], **more)
    compute_indicators()
    return {letter: str(home) for letter, home in homes.items()}


@dataclass(frozen=True, slots=True)
class Question:
    """`figures`: group → number of a measure; `rows`: of the table beside them, its first cells."""

    code: str
    by: str = ""
    measure: str = ""
    figures: dict[tuple[str, ...], float] | None = None
    side: str = ""
    rows: Sequence[tuple[Any, ...]] = ()


FEMALE, MALE = "female", "male"
QUESTIONS: dict[str, Question] = {
    "1 families": Question("O3.1", measure="families", figures={(): 4}),
    "2 by country": Question("O3.1", "country", "families", {("KG",): 3, ("TJ",): 1}),
    "2 by oblast": Question(
        "O3.1", "country,oblast", "families", {("KG", OSH): 3, ("TJ", SUGHD): 1}
    ),
    "3 new by quarter": Question(
        "O3.1", "quarter", "families", {("2014Q2",): 1, ("2014Q3",): 1, ("2014Q4",): 1,
                                        ("2015Q1",): 1}
    ),
    "4 by district and sex of head": Question(
        "O3.1", "district,head_sex", "families",
        {(ALAI, FEMALE): 1, (ALAI, MALE): 1, (KARA_SUU, FEMALE): 1, (KARA_SUU, MALE): 0,
         (ASHT, FEMALE): 0, (ASHT, MALE): 1},
    ),
    "5 types of service": Question(
        "O3.1", side="types_of_service", rows=[("1", 2), ("2", 1), ("3+", 1)]
    ),
    "7 women": Question("O3.2", measure="women", figures={(): 3}),
    "7 cases": Question("O3.2", measure="cases", figures={(): 4}),
    "7 consultations": Question("O3.2", measure="consultations", figures={(): 4}),
    "8 women by topic and oblast": Question(
        "O3.2", "topic,oblast", "women",
        {("alimony", OSH): 1, ("alimony", SUGHD): 1, ("divorce", OSH): 1, ("divorce", SUGHD): 0},
    ),
    "10 open cases": Question(
        "P13", side="open_cases", rows=[("ng_02", 3, 2, 254), ("all", 3, 2, 254)]
    ),
    "11 livelihood and legal": Question(
        "O3.1", side="with_legal_aid", rows=[(OSH, 2), (SUGHD, 1), ("all", 3)]
    ),
    "12 income rose, by country": Question("O3.3", "country", "earned", {("KG",): 2 / 3}),
    "12 in all": Question("O3.3", measure="earned", figures={(): 2 / 3}),
    "13 thresholds": Question(
        "O3.3", side="thresholds",
        rows=[("earned", 0.05, 3, 3), ("earned", 0.1, 2, 3), ("earned", 0.2, 1, 3),
              ("total", 0.05, 3, 3), ("total", 0.1, 2, 3), ("total", 0.2, 2, 3)],
    ),
    "14 medians and means by sex of head": Question(
        "O3.3", side="mean_change",
        rows=[("KG", "KGS", "all", 3, 1200, 1380), ("KG", "KGS", FEMALE, 2, 1200, 1470),
              ("KG", "KGS", MALE, 1, 1200, 1272)],
    ),
    "15 remittances by country and round": Question(
        "P6", measure="remittance_share",
        figures={("KG", "baseline"): 0, ("KG", "endline"): 50 / 401, ("TJ", "baseline"): 0},
    ),
    "16 results of the endline visits": Question(
        "O3.3", side="attrition", rows=[("found", 3), ("notfound", 1)]
    ),
    "16 lost and found": Question(
        "O3.3", side="lost_and_found",
        rows=[("household_size", 3, 4, 1, 4), ("migrants", 3, 1, 1, 1), ("score", 3, 7 / 3, 1, 1),
              ("income_KG", 3, 1200, 0), ("income_TJ", 0, None, 1, 360)],
    ),
    "17 FCS, cut-offs 28/42": Question(
        "FCS", measure="fcs_28_42",
        figures={("baseline", "poor"): 1 / 5, ("baseline", "borderline"): 1 / 5,
                 ("baseline", "acceptable"): 3 / 5, ("endline", "poor"): 0,
                 ("endline", "borderline"): 0, ("endline", "acceptable"): 1},
    ),
    "17 FCS, cut-offs 21/35": Question(
        "FCS", measure="fcs_21_35",
        figures={("baseline", "poor"): 1 / 5, ("baseline", "borderline"): 1 / 5,
                 ("baseline", "acceptable"): 3 / 5, ("endline", "poor"): 0,
                 ("endline", "borderline"): 0, ("endline", "acceptable"): 1},
    ),
    "18 transitions of LCS": Question(
        "LCS", side="transitions",
        rows=[("none", 1, 0, 1, 0, 2), ("stress", 0, 0, 0, 0, 0), ("crisis", 1, 0, 0, 0, 1),
              ("emergency", 0, 0, 0, 0, 0), ("all", 2, 0, 1, 0, 3)],
    ),
    "19 rCSI by migrants and oblast": Question(
        "rCSI", "migrants,oblast", "rcsi_score",
        {("baseline", "0", OSH): 16, ("baseline", "1", OSH): 0, ("baseline", "1", SUGHD): 28,
         ("baseline", "2+", OSH): 8},
    ),
    "20 out of school by migrant household": Question(
        "P9", "migrant", "out_of_school", {("no",): 1, ("yes",): 1 / 4}
    ),
    "21 needs by sex of head": Question(
        "P15", "head_sex", "need_score",
        {("income", FEMALE): 8, ("legal", FEMALE): 5, ("health", FEMALE): 1, ("inputs", MALE): 3,
         ("credit", MALE): 3, ("income", MALE): 2},
    ),
    "21 named first": Question(
        "P15", "head_sex", "need_first",
        {("income", FEMALE): 2, ("legal", FEMALE): 1, ("inputs", MALE): 1, ("credit", MALE): 1},
    ),
    "22 out of contact by country of stay": Question(
        "P4", "stay", "lost_contact", {("RU",): 1 / 4, ("KZ",): 1}
    ),
}  # fmt: skip


def test_page_api_and_file_answer_each_question_alike(
    as_alice: Client, homes: dict[str, str]
) -> None:
    wrong = {}
    for name, asked in QUESTIONS.items():
        try:
            check(asked, as_alice, homes)
        except AssertionError as error:
            wrong[name] = str(error)
    assert wrong == {}


def check(asked: Question, as_alice: Client, homes: dict[str, str]) -> None:
    query = {**LEAST_OF_EACH, "by": asked.by}
    told = as_alice.get(f"/api/v1/indicators/{asked.code}/", query).json()
    page = html.fromstring(as_alice.get(f"/indicators/{asked.code}/", query).content)
    book = {"kind": "xlsx", **query}
    file = as_alice.get(f"/indicators/{asked.code}/file/", book).content
    sheets = load_workbook(io.BytesIO(file))
    if asked.side:
        check_side(asked, homes, told, page, sheets)
    else:
        text = as_alice.get(f"/indicators/{asked.code}/file/", {"kind": "csv", **query}).content
        check_figures(
            asked, told, page, list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))
        )


def check_figures(asked: Question, told: Any, page: Any, lines: list[dict[str, str]]) -> None:
    assert asked.figures is not None
    rows = [row for row in told["rows"] if row["measure"] == asked.measure]
    by_api = {tuple(row["group"].values()): row["value"] for row in rows}
    assert {group: by_api[group] for group in asked.figures} == pytest.approx(asked.figures)

    groups = list(rows[0]["group"])
    in_file = {
        tuple(line[name] for name in groups): float(line["value"]) if line["value"] else None
        for line in lines
        if line["measure"] == asked.measure
    }
    assert in_file == pytest.approx(by_api)

    section = page.xpath(f"//section[@aria-labelledby='m-{asked.measure}']")[0]
    shown = section.xpath(".//tbody/tr/td[@class='number'][1]") or section.xpath(".//b")
    on_page = sorted(number(cell.xpath("string(.//a | self::*[not(.//a)]/text()[1])"))
                     for cell in shown)  # fmt: skip
    assert on_page == pytest.approx(sorted(each or 0 for each in by_api.values()), abs=0.006)


def check_side(asked: Question, homes: dict[str, str], told: Any, page: Any, sheets: Any) -> None:
    side = next(each for each in told["tables"] if each["key"] == asked.side)
    wanted = [tuple(homes.get(cell, cell) for cell in row) for row in asked.rows]
    assert len(side["rows"]) >= len(wanted)
    for row, hand in zip(side["rows"], wanted, strict=False):
        assert row[: len(hand)] == pytest.approx(list(hand))

    titles = [each.title for each in sheets]
    at = 2 + [each["key"] for each in told["tables"]].index(asked.side)  # figures, left out
    in_file = list(sheets[titles[at]].iter_rows(min_row=2, values_only=True))
    tables = page.xpath("//section[contains(@class, 'side')]")
    shown = [each["key"] for each in told["tables"] if each["rows"]]
    on_page = tables[shown.index(asked.side)].xpath(".//tbody/tr")
    assert len(in_file) == len(on_page) == len(side["rows"])
    for row, cells, line in zip(side["rows"], in_file, on_page, strict=True):
        numbers = [cell for cell in row if not isinstance(cell, str)]
        assert list(cells[-len(numbers):]) == pytest.approx(numbers)  # fmt: skip
        words = [cell.xpath("string()") for cell in line][-len(numbers) :]
        for written, known in zip(words, numbers, strict=True):
            assert known is None or number(written) == pytest.approx(known, abs=0.501)


def number(text: str) -> float:
    """As a person reads it: thousands with commas, shares as per cent, a dash for none."""
    plain = text.strip().replace(",", "")
    if plain in {"–", ""}:
        return 0.0
    return float(plain[:-1]) / 100 if plain.endswith("%") else float(plain)


def test_page_says_the_share_of_the_target_the_sums_and_what_came_before(
    as_alice: Client, homes: dict[str, str]
) -> None:
    """Questions 1 to 3: beside the figures what a person would else have to work out."""
    first = html.fromstring(as_alice.get("/indicators/O3.1/", LEAST_OF_EACH).content)
    assert "of 7,600 planned: 0.1%" in " ".join(first.xpath("string(//main)").split())
    by = {"by": ["country", "oblast"], **LEAST_OF_EACH}  # as the two lists of the page send it
    second = html.fromstring(as_alice.get("/indicators/O3.1/", by).content)
    assert cells(second, "families", "tfoot") == [
        ["KG", "all", "3"], ["TJ", "all", "1"], ["all", "all", "4"]
    ]  # fmt: skip
    quarters = {"by": "quarter", **LEAST_OF_EACH}
    third = html.fromstring(as_alice.get("/indicators/O3.1/", quarters).content)
    assert [row[-1] for row in cells(third, "families", "tbody")] == ["1", "2", "3", "4"]
    told = as_alice.get("/api/v1/indicators/O3.1/", quarters).json()["rows"]
    families = [row for row in told if row["measure"] == "families"]
    assert [row["so_far"] for row in families] == [1, 2, 3, 4]
    text = as_alice.get("/indicators/O3.1/file/", {"kind": "csv", **quarters}).content
    lines = csv.DictReader(io.StringIO(text.decode("utf-8-sig")))
    assert [float(r["so_far"]) for r in lines if r["measure"] == "families"] == [1, 2, 3, 4]
    file = as_alice.get("/indicators/O3.1/file/", {"kind": "xlsx", **quarters}).content
    header, *rows = load_workbook(io.BytesIO(file))["figures"].iter_rows(values_only=True)
    at = header.index("so_far")
    assert [row[at] for row in rows if row[1] == "families"] == [1, 2, 3, 4]
    by_oblast = as_alice.get("/api/v1/indicators/O3.1/", {"by": "oblast"}).json()["rows"]
    assert not any("so_far" in row for row in by_oblast)


def cells(page: Any, measure: str, part: str) -> list[list[str]]:
    rows = page.xpath(f"//section[@aria-labelledby='m-{measure}']//{part}/tr")
    return [[each.xpath("string()").strip() for each in row] for row in rows]


def test_women_with_two_first_consultations_are_listed_with_days_and_partners(
    as_alice: Client, homes: dict[str, str]
) -> None:
    """Question 9, on the page, by API and in the file."""
    told = as_alice.get("/api/v1/indicators/O3.2/", LEAST_OF_EACH).json()
    side = next(each for each in told["tables"] if each["key"] == "first_twice")
    assert side["columns"] == ["household", "records_marked_first", "days", "partners"]
    assert side["rows"] == [[homes["c"], 2, ["2014-07-20", "2014-09-09"], ["ng_02", "ng_03"]]]

    written = [homes["c"], "2", "2014-07-20, 2014-09-09", "ng_02, ng_03"]
    page = html.fromstring(as_alice.get("/indicators/O3.2/", LEAST_OF_EACH).content)
    (table,) = page.xpath("//section[h2[contains(., 'first consultation')]]//tbody")
    assert [cell.xpath("string()") for cell in table.xpath("tr/*")] == written
    file = as_alice.get("/indicators/O3.2/file/", {"kind": "xlsx", **LEAST_OF_EACH}).content
    sheet = next(s for s in load_workbook(io.BytesIO(file)) if "several records" in s.title)
    _, row = sheet.iter_rows(values_only=True)
    assert [str(cell) for cell in row] == written


def test_days_of_consultations_are_for_people_named_for_legal_aid(
    as_bob: Client, as_alice: Client, alice: User, homes: dict[str, str]
) -> None:
    """And of records that these may see today: what was deleted since is told of no more."""
    for client, query in ((as_bob, {}), (as_alice, {})):
        side = first_twice(client, query)
        assert side["rows"] == []
    assert first_twice(as_bob, {})["columns"] == ["household", "records_marked_first"]

    firsts = CleanRow.objects.filter(household_id=homes["c"], values__legal_first="yes")
    firsts.filter(values__partner="ng_03").delete()
    (row,) = first_twice(as_alice, LEAST_OF_EACH)["rows"]
    assert row[1:] == [2, ["2014-07-20"], ["ng_02"]]
    result = IndicatorResult.objects.get(code="O3.2")
    alice.sees_legal_aid = False
    side = with_consultations(next(s for s in result.sides if s["key"] == "first_twice"), alice)
    assert side["rows"] == [[homes["c"], 2]]
    assert "2014-07-20" not in str(result.sides)


def first_twice(client: Client, query: dict[str, str]) -> Any:
    tables = client.get("/api/v1/indicators/O3.2/", query).json()["tables"]
    return next(each for each in tables if each["key"] == "first_twice")


def test_families_that_wait_for_a_service_are_listed_with_score_and_days(
    as_alice: Client, homes: dict[str, str]
) -> None:
    """Question 6, on the page and by API."""
    asked = {"status": "dropped", "reason": "no_service", "days": "90"}
    told = as_alice.get("/api/v1/indicators/O3.1/households/", asked).json()
    (row,) = told["results"]
    assert (row["household"], row["place"], row["score"]) == (homes["d"], ASHT, 2)
    assert row["days"] > 90

    page = html.fromstring(as_alice.get("/indicators/O3.1/households/", asked).content)
    (line,) = page.xpath("//tbody/tr")
    words = [cell.xpath("string()").strip() for cell in line]
    assert words[1] == "Asht"
    assert words[3:] == ["2014-05-10", str(row["days"]), "2"]
    longer = {**asked, "days": str(row["days"])}
    assert as_alice.get("/api/v1/indicators/O3.1/households/", longer).json()["count"] == 0
