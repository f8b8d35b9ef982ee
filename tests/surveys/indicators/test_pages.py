"""The pages of indicators: what they show, to whom, in how many queries."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from surveys.indicators.compute import compute_indicators
from surveys.indicators.definitions import DEFINITIONS
from surveys.indicators.models import FrozenResult, IndicatorRun, Target
from tests.surveys.indicators.season import ALAI, ASHT, Season, income


def text(client: Client, path: str, expect: int = 200, **query: Any) -> str:
    response = client.get(f"/indicators/{path}", query)
    assert response.status_code == expect
    return response.content.decode()


def plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.partition("<main")[2]).split())


def test_list_shows_headline_target_and_progress(as_bob: Client, season: Season) -> None:
    Target.objects.create(indicator="O3.1", value=7600)

    page = plain(text(as_bob, ""))

    assert "O3.1 Families with access to livelihood services 30" in page
    assert "of 7,600 planned" in page
    assert "30 households" in page


def test_every_indicator_has_its_page(as_alice: Client, season: Season) -> None:
    for code in DEFINITIONS:
        page = text(as_alice, f"{code}/")
        assert f'<span class="code">{code}</span>' in page
        assert "What it rests on" in page


def test_every_indicator_has_every_breakdown(as_alice: Client, season: Season) -> None:
    for code in ("O3.1", "O3.2", "O3.3", "P6", "FCS"):
        for group in DEFINITIONS[code].groups:
            text(as_alice, f"{code}/", by=group)


def test_number_leads_to_its_households(as_bob: Client, season: Season) -> None:
    page = text(as_bob, "O3.1/", by="district")
    (link,) = re.findall(rf'href="(/indicators/O3\.1/households/\?[^"]*district={ALAI})"', page)

    behind = plain(as_bob.get(link.replace("&amp;", "&")).content.decode())

    assert "12 rows." in behind


def test_bars_stand_beside_the_table(as_bob: Client, season: Season) -> None:
    page = text(as_bob, "O3.1/", by="district")

    assert '<svg class="bars"' in page
    assert "Alai" in page


def test_small_number_is_hidden_on_the_page_too(
    as_bob: Client, as_alice: Client, season: Season
) -> None:
    assert "&lt;5" in text(as_bob, "O3.1/", by="district,head_sex")
    exact = text(as_alice, "O3.1/", by="district,head_sex", exact="1")
    assert "&lt;5" not in exact.partition("<main")[2].partition("What it rests on")[0]
    assert "Do not publish" in exact


def test_open_duplicates_are_a_link_only_for_who_decides_on_them(
    as_alice: Client, as_bob: Client, season: Season
) -> None:
    IndicatorRun.objects.update(open_links=3)

    assert 'href="/links/">3 open' in text(as_alice, "")
    seen = text(as_bob, "")
    assert "3 open duplicate candidates" in seen
    assert 'href="/links/"' not in seen


def test_missing_rates_are_told_month_by_month(as_alice: Client, season: Season) -> None:
    season.family(sources=[income("remit", 1, 1, "USD")])
    compute_indicators()

    page = plain(text(as_alice, "O3.3/"))

    assert "2013-05: USD in KGS" in page
    assert "Load rates and prices" in page


def test_before_anything_is_computed_the_pages_say_so(as_alice: Client, db: None) -> None:
    assert "Nothing was computed yet" in plain(text(as_alice, ""))
    page = text(as_alice, "O3.1/")
    assert "Nothing was computed yet" in plain(page)
    assert 'role="alert"' not in page  # nothing went wrong


def test_manager_loads_rates_on_the_page(as_alice: Client, as_bob: Client, season: Season) -> None:
    def load(content: str) -> Any:
        sent = SimpleUploadedFile("r.csv", content.encode())
        return as_alice.post("/indicators/tables/", {"table": "fx_rates", "file": sent})

    assert load("month,currency,per_kgs,per_tjs\n2014-02,USD,52.5,4.8\n").status_code == 302
    assert "52.500000" in text(as_alice, "tables/")
    refused = load("month,currency,per_kgs,per_tjs\n2014-02,USD,x,\n")
    assert refused.status_code == 422
    assert "Row 2, per_kgs" in refused.content.decode()
    assert as_alice.post("/indicators/tables/", {"table": "fx_rates"}).status_code == 400
    assert text(as_bob, "tables/", 403)


def test_manager_freezes_a_quarter_and_the_page_tells_what_changed(
    as_alice: Client, as_bob: Client, season: Season
) -> None:
    asked = {"period": "2014Q3", "reason": "Report to the donor"}
    assert as_bob.post("/indicators/O3.1/freeze/", asked).status_code == 403
    assert as_alice.post("/indicators/O3.1/freeze/", asked).status_code == 302
    assert FrozenResult.objects.count() == 1
    season.service(season.family(ASHT), "2014-09-01", ASHT)
    compute_indicators()

    page = plain(text(as_bob, "O3.1/"))

    assert "Report to the donor" in page
    assert "families: 15 → 16" in page


def test_legal_aid_has_no_links_for_who_is_not_named(as_bob: Client, season: Season) -> None:
    season.aid(season.family())
    compute_indicators()

    assert "/households/" not in text(as_bob, "O3.2/").partition("<main")[2]
    text(as_bob, "O3.2/households/", 403)


def test_household_that_was_merged_since_still_leads_somewhere(
    as_alice: Client, season: Season
) -> None:
    page = text(as_alice, "O3.1/households/")
    (first, *_) = re.findall(r'href="(/households/[0-9a-f-]+/)"', page)

    assert as_alice.get(first).status_code in {200, 302}


def test_enumerators_are_shown_nothing(as_charlie: Client, season: Season) -> None:
    for path in ("", "O3.1/", "O3.1/households/", "O3.1/file/", "tables/"):
        text(as_charlie, path, 403)


def test_unknown_indicator_is_not_found(as_bob: Client, season: Season) -> None:
    text(as_bob, "O9.9/", 404)


@pytest.mark.parametrize("path", ["", "O3.1/", "O3.1/?by=district", "O3.1/households/", "O3.3/"])
def test_page_costs_the_same_queries_however_many_households(
    as_bob: Client, season: Season, path: str, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(12):
        text(as_bob, path)
