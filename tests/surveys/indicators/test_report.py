"""The logframe on one page: what stands on it, for whom, and that it is the same each time."""

import io
from typing import Any

import pytest
from django.test import Client
from pypdf import PdfReader

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from surveys.indicators.compute import compute_indicators
from surveys.indicators.models import Target
from surveys.indicators.pdf import Row, Section, Sheet, draw
from tests.surveys.indicators.season import ALAI, ASHT, Season, income

LETTERS = "ғ қ ҳ ҷ ӣ ӯ ң ө ү Ғ Қ Ҳ Ҷ Ӣ Ӯ Ң Ө Ү ё й ў №"
API = "/api/v1/indicators/report/"


def words(content: bytes) -> str:
    (page,) = PdfReader(io.BytesIO(content)).pages
    return " ".join(page.extract_text().split())


def report(client: Client, expect: int = 200, **query: Any) -> bytes:
    answer = client.get("/indicators/report/", query)
    assert answer.status_code == expect
    return answer.content


def test_report_tells_each_output_against_its_target(as_bob: Client, season: Season) -> None:
    Target.objects.create(indicator="O3.1", value=60)

    page = words(report(as_bob))

    assert "O3.1 Families with access to livelihood services 30" in page
    assert "Target 60; reached 50%" in page
    assert "Osh 23" in page
    assert "Not frozen, may still change: O3.1, O3.2, O3.3." in page
    assert "O3.3 Households whose own income increased 66.7%" in page
    assert "95% interval: 44.9% – 83.1%" in page


def test_report_of_a_quarter_has_the_quarters_target(as_bob: Client, season: Season) -> None:
    Target.objects.create(indicator="O3.1", value=60)
    Target.objects.create(indicator="O3.1", period="2014Q3", value=20)

    page = words(report(as_bob, period="2014Q3"))

    assert "Quarter 3 of 2014: 2014-07-01 to 2014-09-30" in page
    assert "Families with access to livelihood services 15" in page
    assert "Target 20; reached 75%" in page
    assert "No target for this period." in page  # O3.2


def test_same_snapshot_gives_the_same_bytes(
    as_bob: Client, as_alice: Client, season: Season
) -> None:
    assert report(as_bob) == report(as_alice)


def test_frozen_quarter_is_reported_as_it_was(as_alice: Client, season: Season) -> None:
    asked = {"period": "2014Q3", "reason": "Report to the donor"}
    for code in ("O3.1", "O3.2", "O3.3"):
        assert as_alice.post(f"/indicators/{code}/freeze/", asked).status_code == 302
    frozen = report(as_alice, period="2014Q3")
    season.service(season.family(ASHT), "2014-09-01", ASHT)
    compute_indicators()

    page = words(report(as_alice, period="2014Q3"))

    assert "Families with access to livelihood services 15" in page
    assert "O3.1: frozen on" in page
    assert "by alice, Report to the donor." in page
    assert "Not frozen" not in page
    assert page == words(frozen)
    assert "no endline interview" not in page
    assert "livelihood services 31" in words(report(as_alice))


def test_small_numbers_are_hidden_on_it(as_alice: Client, season: Season) -> None:
    for _ in range(3):
        season.aid(season.family(ALAI))
    compute_indicators()

    page = words(report(as_alice))

    assert "O3.2 Women with access to legal aid <10" in page
    assert "too few" in page  # the share of seven families in Sughd


def test_who_is_limited_to_places_gets_the_report_of_these(
    as_bob: Client, bob: User, season: Season
) -> None:
    bob.place_codes = [ALAI]
    bob.save()

    page = words(report(as_bob))

    assert "Only of: Alai." in page
    assert "livelihood services 12" in page
    assert "TJ" not in page


def test_missing_rates_are_told_in_their_place(as_alice: Client, season: Season) -> None:
    season.family(sources=[income("remit", 1, 1, "USD")])
    compute_indicators()

    assert "Rates or prices are missing: 2013-05, USD in KGS" in words(report(as_alice))


def test_report_is_written_down_without_a_name(as_bob: Client, bob: User, season: Season) -> None:
    report(as_bob, period="2014Q3", language="ky")

    event = AuditEvent.objects.get(action="indicators.report_made")
    assert event.by_id == bob.pk
    assert event.details["period"] == "2014Q3"
    assert event.details["language"] == "ky"


def test_report_that_cannot_be_made_says_why(
    as_bob: Client, as_charlie: Client, season: Season
) -> None:
    report(as_charlie, 403)
    for query, code in (
        ({"language": "de"}, "value_invalid"),
        ({"period": "2014Q9"}, "value_invalid"),
    ):
        answer = as_bob.get(API, query)
        assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_before_anything_is_computed_there_is_no_report(as_bob: Client, db: None) -> None:
    assert as_bob.get(API).json()["code"] == "indicator_no_data"


def test_api_gives_the_same_file(as_bob: Client, season: Season) -> None:
    answer = as_bob.get(API, {"period": "2014Q3", "language": "tg"})

    assert answer["Content-Type"] == "application/pdf"
    assert 'filename="logframe-2014Q3-tg.pdf"' in answer["Content-Disposition"]
    assert answer.content == report(as_bob, period="2014Q3", language="tg")


@pytest.mark.parametrize("period", ["to date", "2014Q3"])
def test_report_costs_the_same_queries_however_many_households(
    as_bob: Client, season: Season, period: str, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(16):
        report(as_bob, period=period)


@pytest.mark.parametrize("language", ["en", "ru", "ky", "tg"])
def test_every_letter_of_four_languages_is_drawn_with_an_embedded_font(language: str) -> None:
    sheet = Sheet(language, LETTERS, [LETTERS], [Section("1", LETTERS, LETTERS, "")], [LETTERS])

    content = draw(sheet)

    assert words(content).count(LETTERS) == 5
    fonts = PdfReader(io.BytesIO(content)).pages[0]["/Resources"]["/Font"]
    embedded = [
        font.get_object()["/FontDescriptor"]["/FontFile2"]
        for font in fonts.values()
        if "DejaVu" in font.get_object()["/BaseFont"]
    ]
    assert len(embedded) == 2


def test_forty_long_rows_stay_on_one_page() -> None:
    rows = [Row(f"Ноҳияҳои тобеи ҷумҳурӣ, минтақаи {n}", f"{n}", n / 40) for n in range(40)]
    whys = [(f"сабаби дароз барои он ки хоҷагӣ ба ҳисоб гирифта нашуд {n}", "1") for n in range(40)]
    section = Section("O3.1", "Т" * 200, "1", "оилаҳо", ["нота " * 30], 0.5, rows, "Чаро", whys)

    page = words(draw(Sheet("tg", "Ҳисобот", ["зер"], [section] * 3, ["поён"])))

    assert all(f" {n} " in f"{page} " for n in range(40))
    assert "поён" in page
