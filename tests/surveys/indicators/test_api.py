"""Indicators by API: shapes, periods, places and roles, small cells, files, and bad input."""

import csv
import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from backend.accounts.models import User
from surveys.indicators.compute import compute_indicators
from surveys.indicators.models import FxRate
from tests.conftest import make_user
from tests.surveys.indicators.season import ALAI, ASHT, KARA_SUU, OSH, Season, income

API = "/api/v1/indicators/"


def get(client: Client, path: str, expect: int = 200, **query: Any) -> Any:
    response = client.get(API + path, query)
    assert response.status_code == expect, response.content[:300]
    return response.json()


def table(told: dict[str, Any], measure: str = "families") -> dict[Any, Any]:
    return {
        tuple(row["group"].values()): row["value"] if not row["hidden"] else row["hidden"]
        for row in told["rows"]
        if row["measure"] == measure
    }


def test_list_has_every_indicator_with_its_headline(as_bob: Client, season: Season) -> None:
    told = get(as_bob, "")

    assert [each["code"] for each in told["results"]][:3] == ["O3.1", "O3.2", "O3.3"]
    assert len(told["results"]) == 22
    families = told["results"][0]
    assert [row["value"] for row in families["headline"]] == [30]
    assert families["title"] == "Families with access to livelihood services"


def test_answer_carries_all_that_an_output_must(as_bob: Client, season: Season) -> None:
    told = get(as_bob, "O3.1/")

    assert table(told) == {(): 30}
    assert (told["code"], told["version"], told["open_links"]) == ("O3.1", "4", 0)
    assert told["lower_bound"] == 30
    assert told["states"] == ["received", "edited", "approved"]
    assert told["parameters"]["threshold"] == 0.1
    assert told["parameters"]["seed"]
    assert len(told["snapshot"]) == 64
    assert told["dropped"] == {}
    assert told["records"] == 90


def test_breakdowns_add_up_and_cross(as_bob: Client, season: Season) -> None:
    by_district = table(get(as_bob, "O3.1/", by="district"))
    crossed = table(get(as_bob, "O3.1/", by="oblast,head_sex"))

    assert by_district == {(ALAI,): 12, (KARA_SUU,): 11, (ASHT,): 7}
    assert sum(by_district.values()) == 30
    assert set(crossed) == {(o, s) for o in (OSH, "TJ3505000") for s in ("female", "male")}


def test_small_cells_are_hidden_from_everyone_and_exact_for_who_leads(
    as_bob: Client, as_alice: Client, season: Season
) -> None:
    hidden = table(get(as_bob, "O3.1/", by="district,head_sex"))
    exact = table(get(as_alice, "O3.1/", by="district,head_sex", exact=1))

    assert exact[ASHT, "male"] == 2
    assert hidden[ASHT, "male"] == "<5"
    assert hidden[ASHT, "female"] == "–"
    assert exact[ASHT, "female"] == 5
    assert get(as_bob, "O3.1/", 403, exact=1)["code"] == "not_allowed"


def test_period_counts_families_whose_first_service_fell_into_it(
    as_bob: Client, season: Season
) -> None:
    third, fourth = (table(get(as_bob, "O3.1/", period=p))[()] for p in ("2014Q3", "2014Q4"))
    days = {"from": "2014-07-01", "until": "2014-09-30"}

    assert (third, fourth) == (15, 15)
    assert table(get(as_bob, "O3.1/", **days))[()] == third
    assert table(get(as_bob, "O3.1/", by="quarter")) == {("2014Q3",): 15, ("2014Q4",): 15}


def test_supervisor_of_an_oblast_is_told_of_her_places(as_dilnoza: Client, season: Season) -> None:
    told = get(as_dilnoza, "O3.1/", by="district")

    assert table(told) == {(ALAI,): 12, (KARA_SUU,): 11}
    assert told["tables"] == []
    assert get(as_dilnoza, "O3.1/households/")["count"] == 23
    assert get(as_dilnoza, "O3.1/history/")["runs"] == []


@pytest.mark.parametrize("places", [[OSH], [ALAI], [ALAI, ASHT], ["KG"], [KARA_SUU, OSH]])
def test_headline_in_the_list_is_that_of_the_indicators_page(
    as_bob: Client, bob: User, season: Season, places: list[str]
) -> None:
    bob.place_codes = places
    bob.save()

    for each in get(as_bob, "")["results"]:
        rows = get(as_bob, f"{each['code']}/")["rows"]
        headline = next(iter(each["measures"]))
        mine = [row for row in rows if row["measure"] == headline]
        assert each["headline"] == mine, each["code"]
        assert each["target"] is None


def test_every_number_opens_its_households(as_bob: Client, season: Season) -> None:
    lost = season.family(KARA_SUU)
    compute_indicators()

    whole = get(as_bob, "O3.1/households/", page_size=20)
    alai = get(as_bob, "O3.1/households/", district=ALAI, quarter="2014Q3")
    dropped = get(as_bob, "O3.1/households/", status="dropped", reason="no_service")

    assert (whole["count"], len(whole["results"]), whole["previous"]) == (30, 20, None)
    assert len(get(as_bob, "O3.1/households/" + whole["next"])["results"]) == 10
    assert alai["count"] == 6
    assert {row["place"] for row in alai["results"]} == {ALAI}
    assert [row["household"] for row in dropped["results"]] == [str(lost)]


def test_figure_and_list_agree_for_every_measure(as_bob: Client, season: Season) -> None:
    for code in ("O3.1", "O3.3", "P1", "P2", "FCS"):
        told = get(as_bob, f"{code}/")
        for row in told["rows"]:
            if row["group"] or row["households"] is None:
                continue
            behind = get(as_bob, f"{code}/households/", measure=row["measure"], page_size=1000)
            assert len({r["household"] for r in behind["results"]}) == row["households"]


def test_legal_aid_opens_its_households_to_named_people_only(
    as_bob: Client, as_alice: Client, season: Season
) -> None:
    season.aid(season.family())
    compute_indicators()

    assert table(get(as_bob, "O3.2/"), "women") == {(): "<10"}
    assert get(as_bob, "O3.2/households/", 403)["code"] == "not_allowed"
    assert get(as_alice, "O3.2/households/")["count"] == 1
    assert table(get(as_alice, "O3.2/", exact=1), "women") == {(): 1}


def test_few_women_left_out_are_not_numbered(
    as_bob: Client, as_alice: Client, season: Season
) -> None:
    season.aid(season.family(), person_sex="male")
    compute_indicators()

    assert get(as_bob, "O3.2/")["dropped"] == {"not_female": None}
    assert get(as_alice, "O3.2/", exact=1)["dropped"] == {"not_female": 1}


def test_small_number_of_families_left_out_is_hidden_with_one_that_would_give_it_away(
    as_bob: Client, as_alice: Client, season: Season
) -> None:
    for vulnerable, families in (("no", 3), ("yes", 7)):
        for _ in range(families):
            season.family(vulnerable=vulnerable)
    served = season.family()
    season.service(served)
    compute_indicators()

    assert get(as_bob, "O3.1/")["dropped"] == {"not_vulnerable": None, "no_service": None}
    whole = get(as_alice, "O3.1/", exact=1)["dropped"]
    page = as_bob.get("/indicators/O3.1/").content.decode()
    assert whole == {"not_vulnerable": 3, "no_service": 7}
    assert re.findall(r"reason=(\w+)\">([^<]*)<", page) == [
        ("no_service", "–"),
        ("not_vulnerable", "&lt;5"),
    ]


def test_few_women_left_out_are_not_numbered_in_the_file_either(
    as_bob: Client, as_alice: Client, season: Season
) -> None:
    season.aid(season.family(), person_sex="male")
    compute_indicators()

    def left_out(client: Client, **query: Any) -> list[Any]:
        book = client.get(API + "O3.2/file/", {"kind": "xlsx", **query})
        _, *rows = load_workbook(io.BytesIO(book.content))["left out"].iter_rows(values_only=True)
        return [row[2] for row in rows if row[0] == "not_female"]

    assert left_out(as_bob) == ["<10"]
    assert left_out(as_alice, exact=1) == [1]


def test_table_beside_with_a_small_count_tells_no_number_at_all(
    as_bob: Client, as_alice: Client, season: Season
) -> None:
    """Thirty incomes rose by 0 to 29 %: one by less than 1 %, twenty by 10 % and more."""
    told = {each["key"]: each["rows"] for each in get(as_bob, "O3.3/")["tables"]}
    home = season.family(KARA_SUU)
    season.service(home, service_type="grant")
    season.service(home, service_type="loan")
    compute_indicators()

    hidden = {each["key"]: each["rows"] for each in get(as_bob, "O3.1/")["tables"]}
    exact = {each["key"]: each["rows"] for each in get(as_alice, "O3.1/", exact=1)["tables"]}
    assert told["thresholds"][1][:4] == ["earned", 0.1, 20, 30]
    assert exact["types_of_service"] == [["1", 30], ["2", 1], ["3+", 0]]
    assert hidden["types_of_service"] == [["1", None], ["2", None], ["3+", None]]


def test_lower_bound_does_not_give_a_hidden_number_away(as_bob: Client, db: None) -> None:
    season = Season()
    season.service(season.family())
    compute_indicators()

    told = get(as_bob, "O3.1/")

    assert (table(told), told["lower_bound"]) == ({(): "<5"}, None)


def test_who_reads_no_records_reads_no_indicators(as_charlie: Client, season: Season) -> None:
    for path in ("", "O3.1/", "O3.1/households/", "O3.1/history/", "O3.1/file/"):
        assert get(as_charlie, path, 403)["code"] == "not_allowed"


def test_partner_reads_no_indicators(season: Season) -> None:
    client = Client()
    client.force_login(make_user("partner", User.Role.PARTNER, partner="ng_01"))

    assert get(client, "O3.1/", 403)["code"] == "not_allowed"


def test_missing_rate_is_an_error_that_names_month_and_currency(
    as_bob: Client, season: Season
) -> None:
    season.family(sources=[income("remit", 10, 10, "RUB")])
    FxRate.objects.filter(month="2014-02-01").delete()
    compute_indicators()

    told = get(as_bob, "O3.3/", 409)

    assert told["code"] == "rates_missing"
    assert told["missing"] == [["2014-02", "RUB in KGS"]]
    assert "2014-02 of RUB in KGS" in told["detail"]
    assert get(as_bob, "O3.3/households/", 409)["code"] == "rates_missing"
    assert get(as_bob, "")["results"][2]["missing"]["table"] == "fx_rates"


def test_indicator_before_any_run_says_so(as_bob: Client, db: None) -> None:
    assert get(as_bob, "O3.1/", 409)["code"] == "indicator_no_data"
    assert get(as_bob, "") == {"as_of": None, **{"results": get(as_bob, "")["results"]}}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"by": "shoe_size"}, "value_invalid"),
        ({"by": "district,oblast,country,head_sex"}, "value_invalid"),
        ({"by": "district,head_sex,migrant"}, "value_invalid"),
        ({"from": "yesterday"}, "value_invalid"),
        ({"from": "2014-09-01", "until": "2014-08-01"}, "value_invalid"),
        ({"period": "2014Q9"}, "value_invalid"),
        ({"states": "rejected"}, "value_invalid"),
    ],
)
def test_query_that_cannot_be_answered_says_why(
    as_bob: Client, season: Season, query: dict[str, str], code: str
) -> None:
    assert get(as_bob, "O3.1/", 400, **query)["code"] == code


def test_three_groups_are_told_with_small_numbers_only_and_places_are_one_group(
    as_alice: Client, as_bob: Client, season: Season
) -> None:
    get(as_bob, "O3.1/", by="country,oblast,district")
    get(as_alice, "O3.1/", by="district,head_sex,migrant", exact=1)


@pytest.mark.parametrize(
    "query",
    [
        {"status": "lost"}, {"measure": "x"}, {"page": "0"}, {"page": "x"}, {"page_size": "9999"},
        {"shoe": "1"},
    ],
)  # fmt: skip
def test_list_that_cannot_be_made_says_why(
    as_bob: Client, season: Season, query: dict[str, str]
) -> None:
    get(as_bob, "O3.1/households/", 400, **query)


def test_unknown_indicator_is_not_found(as_bob: Client, season: Season) -> None:
    assert get(as_bob, "O9.9/", 404)["code"] == "indicator_unknown"


def test_states_are_asked_for_by_name_or_by_themselves(as_bob: Client, season: Season) -> None:
    compute_indicators(states="strict")

    assert table(get(as_bob, "O3.1/", states="approved")) == {(): 0}
    assert table(get(as_bob, "O3.1/", states="strict")) == {(): 0}
    assert table(get(as_bob, "O3.1/", states="approved,received")) == {(): 30}


def test_csv_and_xlsx_hold_the_figures_of_the_answer(as_bob: Client, season: Season) -> None:
    told = table(get(as_bob, "O3.1/", by="district"))

    text = as_bob.get(f"{API}O3.1/file/", {"by": "district", "kind": "csv"})
    book = as_bob.get(f"{API}O3.1/file/", {"by": "district", "kind": "xlsx"})

    assert text.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(text.content.decode("utf-8-sig"))))
    found = {(r["district"],): float(r["value"]) for r in rows if r["measure"] == "families"}
    assert found == told
    assert {r["district_name"] for r in rows} >= {"Alai", "Asht"}
    sheets = load_workbook(io.BytesIO(book.content))
    assert sheets.sheetnames[0] == "figures"
    assert "about" in sheets.sheetnames
    header, *cells = sheets["figures"].iter_rows(values_only=True)
    at = header.index("value")
    assert {(c[3],): c[at] for c in cells if c[1] == "families"} == told
    assert get(as_bob, "O3.1/file/", 400, kind="pdf")["code"] == "value_invalid"


def test_manager_loads_a_table_and_an_analyst_does_not(
    as_alice: Client, as_bob: Client, season: Season
) -> None:
    def load(client: Client, text: str) -> Any:
        return client.post(
            f"{API}tables/fx_rates/", {"file": SimpleUploadedFile("r.csv", text.encode())}
        )

    good = "month,currency,per_kgs,per_tjs\n2014-02,USD,52,4.8\n"
    assert load(as_bob, good).status_code == 403
    done = load(as_alice, good)
    assert (done.status_code, done.json()) == (201, {"rows": 1})
    wrong = load(as_alice, good + "2014-03,USD,x,\n")
    assert wrong.status_code == 422
    assert wrong.json()["errors"] == [{"row": 3, "column": "per_kgs", "reason": "“x” is no number"}]
    missing = as_alice.post(f"{API}tables/fx_rates/", {})
    assert missing.json()["code"] == "request_malformed"


def test_frozen_period_and_its_restatement_stand_in_the_history(
    as_alice: Client, as_bob: Client, season: Season
) -> None:
    asked = {"period": "2014Q3", "reason": "Report to the donor"}
    path, json = f"{API}O3.1/freeze/", "application/json"
    assert as_bob.post(path, asked, content_type=json).status_code == 403
    assert as_alice.post(path, asked, content_type=json).status_code == 201
    again = as_alice.post(path, asked, content_type=json)
    assert (again.status_code, again.json()["code"]) == (409, "indicator_frozen")

    season.service(season.family(ALAI), "2014-09-01")
    compute_indicators()

    (frozen,) = get(as_bob, "O3.1/history/")["frozen"]
    assert frozen["rows"][0]["value"] == 15
    assert [(r["measure"], r["was"], r["now"]) for r in frozen["restatements"]] == [
        ("families", 15, 16)
    ]


@pytest.mark.parametrize("path", ["", "O3.1/", "O3.1/?by=district", "O3.3/"])
def test_queries_are_the_same_however_many_households(
    as_bob: Client, season: Season, path: str, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(8):
        get(as_bob, path)
