"""Questions an analyst asks of a season: each one request, or one file read as analysts do.

Which of the programme's twenty-five are here stands in the name of each test. Those that are
figures of the logframe (with targets, deflators or weights) belong to the indicators.
"""

import io
import json
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyreadstat
import pytest
from django.test import Client
from lxml import html

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow
from surveys.datasets.build import build_waiting_exports, request_export
from surveys.places.models import Place
from surveys.quality.check import check_quality
from tests.surveys.datasets.odata.conftest import with_token
from tests.surveys.datasets.season import (
    ALAI,
    ASHT,
    CUT_OFF,
    KARA_SUU,
    KONIBODOM,
    OSH,
    SUGHD,
    Season,
    make_season,
)
from tests.surveys.household_forms import REGISTRATION, publish
from tests.surveys.links.families import candidate, register, settle

BOUNDARIES = Path("data/places/admin2_boundaries.geojson")
WHY = {"unmask": "the quarter's report on legal aid"}
Files = Callable[..., Path]
Row = dict[str, Any]


@pytest.fixture
def season(db: None) -> Season:
    return make_season()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Asks for an export and gives the file, or the folder of what was in the zip."""

    def fetch(by: User, form: str, kind: str, **words: Any) -> Path:
        export = request_export(form_id=form, kind=kind, by=by, purpose="report", **words)
        build_waiting_exports(only=export.pk)
        export.refresh_from_db()
        assert export.state == "ready", export.error
        if export.path.suffix != ".zip":
            return export.path
        folder = tmp_path / f"{form}-{kind}"
        with zipfile.ZipFile(export.path) as archive:
            archive.extractall(folder)
        return folder

    return fetch


def records(client: Client, form: str, repeat: str = "", **query: Any) -> list[Row]:
    below = f"repeats/{repeat}/" if repeat else ""
    answer = client.get(f"/api/v1/forms/{form}/{below}records/", query)
    assert answer.status_code == 200, answer.content
    assert answer.json()["next"] is None
    return answer.json()["results"]


def feed(reader: User, form: str, table: str = "Submissions", **options: str) -> list[Row]:
    asked = {f"${name}": text for name, text in options.items()}
    answer = with_token(reader).get(f"/v1/projects/1/forms/{form}.svc/{table}", asked)
    assert answer.status_code == 200, answer.content
    assert "@odata.nextLink" not in answer.json()
    return answer.json()["value"]


def livelihood(client: Client) -> list[Row]:
    """Services that count, the oldest first."""
    return records(
        client, "rmp_service", service_kind="livelihood", completed="yes", ordering="service_date",
        fields="household,service_type,service_date", service_date__lte=str(CUT_OFF),
    )  # fmt: skip


def days(text: str) -> int:
    """From a date until the cut-off."""
    return (CUT_OFF - date.fromisoformat(text)).days


# --- Livelihoods ----------------------------------------------------------------------------------


def test_question_3_new_families_by_quarter_and_cumulative(bob: User, season: Season) -> None:
    kind = "what/service_kind eq 'livelihood' and what/completed eq 'yes'"
    served = feed(bob, "rmp_service", filter=kind, orderby="what/service_date")
    first: dict[str, str] = {}
    for row in served:
        first.setdefault(row["__system"]["household"], row["what"]["service_date"])
    new = Counter(f"{day[:4]}Q{(int(day[5:7]) + 2) // 3}" for day in first.values())
    assert new == {"2014Q2": 1, "2014Q3": 2, "2015Q1": 1}
    assert list(accumulate(new[quarter] for quarter in sorted(new))) == [1, 3, 4]
    assert season.letters(first) == "abce"


@pytest.mark.django_db(transaction=True)
def test_question_4_families_served_by_district_and_sex_of_head_with_map(
    as_bob: Client, bob: User, season: Season, files: Files
) -> None:
    served = {row["household"] for row in livelihood(as_bob)}
    map_ = json.loads(files(bob, "rmp_registration", "geojson").read_bytes())
    families = [f["properties"] for f in map_["features"]]
    found = Counter((f["district"], f["head_sex"]) for f in families if f["household"] in served)
    assert found == {
        (ALAI, "female"): 1, (ALAI, "male"): 1, (KARA_SUU, "female"): 1, (KONIBODOM, "male"): 1
    }  # fmt: skip
    known = {f["properties"]["code"] for f in json.loads(BOUNDARIES.read_bytes())["features"]}
    assert {f["district"] for f in families} <= known


def test_question_5_families_by_how_many_types_of_service(as_bob: Client, season: Season) -> None:
    types: dict[str, set[str]] = defaultdict(set)
    for row in livelihood(as_bob):
        types[row["household"]].add(row["service_type"])
    assert Counter(min(len(each), 4) for each in types.values()) == {1: 2, 2: 1, 3: 1}
    assert season.letters(h for h, each in types.items() if len(each) == 1) == "be"


@pytest.mark.django_db(transaction=True)
def test_question_6_vulnerable_families_without_a_service_for_over_90_days(
    bob: User, season: Season, files: Files
) -> None:
    before = str(CUT_OFF - timedelta(days=90))
    chosen = {"vulnerable": "1", "baseline_date__lt": before}
    homes = files(bob, "rmp_registration", "parquet", filter=chosen) / "rmp_registration.parquet"
    served = files(bob, "rmp_service", "parquet") / "rmp_service.parquet"
    found = duckdb.sql(
        f"SELECT household, district, vuln_score, baseline_date FROM '{homes}'"
        f" WHERE household NOT IN (SELECT household FROM '{served}'"
        " WHERE service_kind IN ('livelihood', 'legal'))"
    ).fetchall()
    assert [(season.letters([h]), *row[:2], days(str(row[2]))) for h, *row in found] == [
        ("d", ASHT, 5, 284)
    ]


# --- Legal aid: for those named for it ------------------------------------------------------------


def test_question_7_women_cases_and_consultations_of_legal_aid(
    as_alice: Client, as_bob: Client, season: Season
) -> None:
    aid = records(as_alice, "rmp_service", service_kind="legal", person_sex="female", **WHY)
    women = {(row["household"], row["person_line"]) for row in aid}
    cases = sum(row["legal_first"] == "yes" for row in aid)
    assert (len(women), cases, len(aid)) == (3, 4, 5)
    assert records(as_bob, "rmp_service", service_kind="legal") == []


def test_question_8_women_in_legal_aid_by_topic_and_oblast(
    as_alice: Client, season: Season
) -> None:
    women = {
        (topic, row["p_oblast"], row["household"], row["person_line"])
        for row in records(as_alice, "rmp_service", service_kind="legal", **WHY)
        for topic in row["legal_topics"]
    }
    assert Counter((topic, oblast) for topic, oblast, *_ in women) == {
        ("alimony", OSH): 2, ("divorce", OSH): 1, ("id_docs", SUGHD): 1
    }  # fmt: skip


def test_question_9_women_with_two_first_consultations(as_alice: Client, season: Season) -> None:
    asked = {"legal_first": "yes", "ordering": "service_date"}
    firsts: dict[tuple[str, int], list[tuple[str, str]]] = defaultdict(list)
    for row in records(as_alice, "rmp_service", **asked, **WHY):
        woman = row["household"], row["person_line"]
        firsts[woman].append((row["service_date"], row["partner"]))
    twice = {woman: seen for woman, seen in firsts.items() if len(seen) > 1}
    assert list(twice.values()) == [[("2014-07-20", "ng_02"), ("2014-09-09", "ng_03")]]
    assert season.letters(household for household, _ in twice) == "c"


def test_question_10_cases_open_for_more_than_60_days_by_partner(
    as_alice: Client, season: Season
) -> None:
    began: dict[str, int] = {}
    last: dict[str, tuple[str, str]] = {}
    for row in records(
        as_alice, "rmp_service", service_kind="legal", ordering="service_date", **WHY
    ):
        began.setdefault(row["legal_case"], days(row["service_date"]))
        last[row["legal_case"]] = row["partner"], row["legal_outcome"]
    open_ = {case: partner for case, (partner, outcome) in last.items() if outcome == "open"}
    over_60 = Counter(partner for case, partner in open_.items() if began[case] > 60)
    assert Counter(open_.values()) == {"ng_02": 2}
    assert over_60 == {"ng_02": 1}
    assert sorted(began[case] for case in open_) == [30, 254]


def test_question_11_households_with_both_livelihood_and_legal_services(
    as_alice: Client, season: Season
) -> None:
    oblasts: dict[str, str] = {}
    kinds: dict[str, set[str]] = defaultdict(set)
    for row in records(as_alice, "rmp_service", service_kind__in="livelihood,legal"):
        kinds[row["household"]].add(row["service_kind"])
        oblasts[row["household"]] = row["p_oblast"]
    both = [household for household, each in kinds.items() if len(each) == 2]
    assert season.letters(both) == "ace"
    assert Counter(oblasts[household] for household in both) == {OSH: 2, SUGHD: 1}


# --- Endline and profile --------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_question_16_who_was_not_found_at_endline_and_how_they_differ(
    bob: User, season: Season, files: Files
) -> None:
    homes = files(bob, "rmp_registration", "parquet") / "rmp_registration.parquet"
    ends = files(bob, "rmp_followup", "parquet") / "rmp_followup.parquet"
    found = duckdb.sql(
        "SELECT trace NOT IN ('found', 'moved'), count(*), avg(hh_size), avg(n_migrants),"
        f" avg(vuln_score) FROM '{ends}' e JOIN '{homes}' h USING (household)"
        " WHERE round = 'end' GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    assert found == [(False, 3, 10 / 3, 1.0, 8 / 3), (True, 2, 2.5, 1.0, 3.5)]


@pytest.mark.django_db(transaction=True)
def test_question_20_children_out_of_school_by_migrant_household(
    bob: User, season: Season, files: Files
) -> None:
    folder = files(bob, "rmp_registration", "parquet")
    found = duckdb.sql(
        "SELECT n_migrants > 0, count(*), count(*) FILTER (m_school = 'no')"
        f" FROM '{folder}/member.parquet' m JOIN '{folder}/rmp_registration.parquet' h"
        " ON m.root_id = h.id WHERE m_age BETWEEN 7 AND 15 GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    assert found == [(False, 1, 1), (True, 5, 1)]


@pytest.mark.django_db(transaction=True)
def test_question_21_top_three_needs_by_sex_of_head(
    bob: User, season: Season, files: Files
) -> None:
    book = openpyxl.load_workbook(files(bob, "rmp_registration", "xlsx"))
    header, *rows = book["rmp_registration"].iter_rows(values_only=True)
    score: Counter[tuple[str, str]] = Counter()
    for family in (dict(zip(header, row, strict=True)) for row in rows):
        for weight, need in zip((3, 2, 1), ("need_1", "need_2", "need_3"), strict=True):
            if family[need]:
                score[family["head_sex"], family[need]] += weight
    assert score["female", "income"] == 7
    assert score["female", "legal"] == 6
    assert (score["male", "income"], score["male", "inputs"]) == (4, 4)


def test_question_22_migrants_in_contact_less_than_once_in_six_months_by_country(
    as_bob: Client, bob: User, season: Season
) -> None:
    away = feed(bob, "rmp_registration", "Submissions.main.roster.member",
                filter="m_present eq 'abroad'")  # fmt: skip
    migrants = Counter(row["migrant"]["mig_country"] for row in away)
    lost = Counter(
        row["migrant"]["mig_country"]
        for row in away
        if row["migrant"]["mig_contact"] in {"more", "lost"}
    )
    assert (migrants, lost) == ({"RU": 4, "KZ": 1}, {"RU": 2, "KZ": 1})
    homes = records(as_bob, "rmp_registration", member__mig_contact__in="more,lost")
    assert season.letters(row["household"] for row in homes) == "ce"


def test_question_23_enumerators_with_short_interviews_heaped_amounts_or_many_unknown(
    as_bob: Client, season: Season
) -> None:
    interviews = records(as_bob, "rmp_registration", fields="enum_code,start,end", consent="yes")
    who = {row["id"]: row["enum_code"] for row in interviews}
    took: dict[str, list[float]] = defaultdict(list)
    for row in interviews:
        start, end = (datetime.fromisoformat(row[name]) for name in ("start", "end"))
        took[row["enum_code"]].append((end - start).total_seconds() / 60)
    heaped: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    for row in records(as_bob, "rmp_registration", "income"):
        heaped[who[row["root_id"]]] += bool(row["inc_amount"]) and row["inc_amount"] % 1000 == 0
        unknown[who[row["root_id"]]] += row["inc_known"] == "dk"
    assert {code: sorted(each) for code, each in took.items()} == {
        "E1": [48, 52, 61], "E2": [9, 11]
    }  # fmt: skip
    assert (heaped["E1"], heaped["E2"], unknown["E1"], unknown["E2"]) == (1, 2, 0, 2)


def test_question_23_is_answered_alike_by_page_api_and_workbook(
    as_alice: Client, season: Season
) -> None:
    check_quality()
    lines = as_alice.get("/api/v1/quality/report/").json()["enumerators"]
    by_api = {line["enumerator"]: line["effects"]["minutes"]["mean"] for line in lines}
    assert by_api == {"E1": pytest.approx(161 / 3, abs=0.001), "E2": 10}

    page = html.fromstring(as_alice.get("/quality/enumerators/").content)
    heads = [each.xpath("string()").strip() for each in page.xpath("//thead/tr/th")]
    at = heads.index("Minutes")
    rows = [[each.xpath("string(b | text())").strip() for each in tr]
            for tr in page.xpath("//tbody/tr")]  # fmt: skip
    shown = {row[0]: float(row[at]) for row in rows}
    assert shown == pytest.approx(by_api, abs=0.0501)

    book = openpyxl.load_workbook(io.BytesIO(as_alice.get("/quality/report.xlsx").content))
    effects = book["enumerator effects"].iter_rows(min_row=2, values_only=True)
    in_file = {name: mean for name, measure, _, mean, *_ in effects if measure == "Minutes"}
    assert in_file == pytest.approx(by_api)


def test_question_24_possible_duplicates_of_two_districts_with_reasons(
    as_bob: Client, as_alice: Client, alai: Place, db: None
) -> None:
    publish(REGISTRATION)
    records_ = [register(f"TJ-05-0000{n}") for n in range(1, 7)]
    settle()
    sughd = Place.objects.create(code=SUGHD, level=1, path=f"TJ/{SUGHD}", name_en="Sughd")
    for code, pair in ((ASHT, records_[:2]), (KONIBODOM, records_[2:4])):
        place = Place.objects.create(
            code=code, parent=sughd, level=2, path=f"{sughd.path}/{code}", name_en=code
        )
        candidate(*pair, 9.5, vetoes=["two_doors"], place_id=place.pk)
    candidate(*records_[4:])  # of another district
    found = {
        code: as_bob.get("/api/v1/links/", {"place": code, "state": "open"}).json()["results"]
        for code in (ASHT, KONIBODOM)
    }
    assert {code: len(pairs) for code, pairs in found.items()} == {ASHT: 1, KONIBODOM: 1}
    for (pair,) in found.values():
        assert (pair["weight"], pair["state"], pair["vetoes"]) == (9.5, "open", ["two_doors"])
        assert "Different villages." in [each["words"] for each in pair["comparisons"]]
    both = {"place": [ASHT, KONIBODOM]}
    by_api = as_bob.get("/api/v1/links/", {**both, "state": "open"}).json()["results"]
    assert {pair["id"] for pair in by_api} == {pair["id"] for (pair,) in found.values()}
    page = html.fromstring(as_alice.get("/links/", both).content)  # and on the page of who decides
    cards = page.xpath("//table[contains(@class, 'cases')]/tbody/tr/td[2]")
    shown = {tuple(each.xpath("string()").replace(",", " ").split()) for each in cards}
    assert shown == {tuple(sorted(pair[end]["card"] for end in "ab")) for pair in by_api}
    (address,) = page.xpath("//a[contains(@href, 'cases.xlsx')]/@href")
    book = openpyxl.load_workbook(io.BytesIO(as_alice.get(address).content))
    header, *rows = book["pairs"].iter_rows(values_only=True)
    in_file = [dict(zip(header, row, strict=True)) for row in rows]
    assert {(row["pair"], row["bits"], row["place"]) for row in in_file} == {
        (pair["id"], pair["weight"], pair["place"]) for pair in by_api
    }
    for row in in_file:
        assert "-5.0 The village: Different villages." in row["reasons"].splitlines()
        assert row["state"] == "waiting"


@pytest.mark.django_db(transaction=True)
def test_question_25_clean_baseline_for_stata_and_spss_with_labels_in_russian(
    bob: User, season: Season, files: Files
) -> None:
    names = {"rmp_registration", "member", "income"}
    for kind, read in (("dta", pyreadstat.read_dta), ("sav", pyreadstat.read_sav)):
        folder = files(bob, "rmp_registration", kind, language="ru", layer="corrected")
        assert {path.stem for path in folder.glob(f"*.{kind}")} == names
        assert (folder / "codebook.html").exists()
        homes, about = read(folder / f"rmp_registration.{kind}", user_missing=True)
        members, _ = read(folder / f"member.{kind}", user_missing=True)
        incomes, _ = read(folder / f"income.{kind}", user_missing=True)
        assert (len(homes), len(members), len(incomes)) == (6, 14, 9)
        assert set(members["root_id"]) | set(incomes["root_id"]) <= set(homes["id"])
        sexes = about.variable_value_labels["head_sex"]
        assert (sexes[1], sexes[2]) == ("Женский", "Мужской")
        limit = 80 if kind == "dta" else 256
        labels = [label for label in about.column_labels if label]
        assert all(len(each.encode() if kind == "sav" else each) <= limit for each in labels)
        assert all(len(name) <= 32 for name in about.column_names)
    roots = CleanRow.objects.filter(form=season.registration, repeat="")
    assert len(homes) == roots.count()


@pytest.mark.django_db(transaction=True)
def test_question_25_is_answered_from_its_page(
    as_bob: Client, season: Season, tmp_path: Path
) -> None:
    """As a person does: choose on the page, ask, come back, fetch the file and open it."""
    counted = {
        "rmp_registration": len(records(as_bob, "rmp_registration")),
        **{name: len(records(as_bob, "rmp_registration", name)) for name in ("member", "income")},
    }
    for kind, words, read in (
        ("dta", "Stata", pyreadstat.read_dta), ("sav", "SPSS", pyreadstat.read_sav)
    ):  # fmt: skip
        (form,) = [f for f in exports_page(as_bob).forms if "purpose" in f.fields]
        form.fields["form_id"] = "rmp_registration"
        form.fields["kind"] = option(form, "kind", words)
        form.fields["labels"] = option(form, "labels", "Русский")
        form.fields["purpose"] = "The baseline for the evaluators"
        assert as_bob.post("/exports/", dict(form.form_values())).status_code == 302
        assert build_waiting_exports() == 1

        row = exports_page(as_bob).xpath("//li[@data-state='ready']")[0]
        told = row.xpath("string(.//small[contains(., 'Rows, verified')])").partition(":")[2]
        assert {name: int(rows) for name, rows in map(str.split, told.split(","))} == counted
        (link,) = row.xpath(".//a[contains(@href, '/download/')]/@href")
        archive = tmp_path / f"{kind}.zip"
        archive.write_bytes(b"".join(as_bob.get(link).streaming_content))
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(tmp_path)
        tables = {name: read(tmp_path / f"{name}.{kind}", user_missing=True) for name in counted}
        assert {name: len(rows) for name, (rows, _) in tables.items()} == counted
        about = tables["rmp_registration"][1]
        assert "Женский" in about.variable_value_labels["head_sex"].values()
        assert any("Пол" in (label or "") for label in about.column_labels)


def exports_page(client: Client) -> Any:
    return html.fromstring(client.get("/exports/").content)


def option(form: Any, name: str, words: str) -> str:
    """What the choice with these words sends."""
    (found,) = form.xpath(f".//select[@name='{name}']/option[contains(., '{words}')]")
    return found.get("value")
