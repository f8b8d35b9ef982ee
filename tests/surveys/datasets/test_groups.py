"""Groups of records: the rows that the list would give, counted in a snapshot that is never old."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow, DeletedRecord
from surveys.datasets.snapshots import renew, store
from surveys.places.models import Place
from surveys.xforms.models import Form
from surveys.xforms.schema import EntityDeclaration, Field
from tests.conftest import make_user
from tests.surveys.datasets.records import SCHEMA, make_record, next_version, publish
from tests.surveys.datasets.test_records import FOUND

LIST = "/api/v1/forms/visit/records/"
GROUPS = "/api/v1/forms/visit/groups/"
MEMBERS = "/api/v1/forms/visit/repeats/member/"
SHY, TWICE = uuid.uuid4(), uuid.uuid4()
FIELDS = (
    Field("partner", "partner", "partner", "string", ""),
    Field("consent_share", "consent_share", "consent_share", "string", ""),
)
FILTERS = [query for query, _ in FOUND if "updated_since" not in query] + [
    {"place": "KG06"},
    {"place__in": "KG06,KG04"},
    {"place__isnull": "true"},
    {"member__age__lt": "5"},
    {"member__age__gte": "5", "country": "KG"},
    {"member__age__isnull": "true"},
    {"household": str(TWICE)},
    {"household__isnull": "true"},
    {"household__in": f"{SHY},{TWICE}"},
    {"village__gt": "Б"},
    {"village__in": "Өзгөн,Ҷайҳун"},
    {"income__in": "0.1,2"},
    {"hh_size__gt": "4.5"},
    {"hh_size__lt": "5.5"},
    {"hh_size": "5.5"},
    {"hh_size__lte": "1e200"},
    {"needs": "unheard-of"},
    {"day__isnull": "false"},
    {"end__gte": "2014-06-03T13:20:00Z"},
    {"review_state__in": "approved,rejected"},
    {"version__contains": "1"},
    {"instance_id__isnull": "false"},
    {"submitted_at__lt": "2014-06-01T08:02:00Z"},
]
SOME: list[dict[str, str]] = [
    {},
    {"country": "KG"},
    {"place": "KG06"},
    {"member__age__gte": "5"},
    {"household": str(TWICE)},
    {"instance_id__isnull": "false"},
]


def groups(client: Client, url: str = GROUPS, **query: Any) -> dict[str, Any]:
    response = client.get(url, query)
    assert response.status_code == 200, response.content
    return response.json()


def problem(client: Client, status: int, url: str = GROUPS, **query: Any) -> dict[str, Any]:
    response = client.get(url, query)
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    return response.json()


def counted(client: Client, by: str, **query: Any) -> dict[Any, int]:
    return {g["key"][by]: g["count"] for g in groups(client, by=by, **query)["groups"]}


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def age_snapshot(form: Form, seconds: float) -> None:
    """As if the snapshot had been made so long ago."""
    folder = renew.folder_of(form)
    known = store.read_manifest(folder)
    assert known is not None
    store.write_manifest(folder, replace(known, as_of=known.as_of - timedelta(seconds=seconds)))


def make_now(form: Form, answers: dict[str, Any], **words: Any) -> None:
    """A record that came a moment ago; those of `make_record` are old, as a base takes them."""
    row = make_record(form, answers, **words)
    CleanRow.objects.filter(record_id=row.pk).update(updated_at=timezone.now())


@pytest.fixture
def visits(form: Form, osh: Place, alai: Place, naryn: Place) -> Form:
    schema = replace(SCHEMA, fields=(*SCHEMA.fields, *FIELDS))
    form = next_version(form, schema)
    make_record(
        form,
        {
            "country": "KG",
            "village": "Өзгөн",
            "hh_size": 5,
            "income": 0.1,
            "needs": ["work", "school"],
            "day": "2014-06-03",
            "end": "2014-06-03T13:20:00.000+00:00",
            "has_land": True,
            "gps": {"lat": 40.5, "lon": 72.8, "alt": None, "acc": 9.0},
            "partner": "aid",
        },
        place=alai,
        household=TWICE,
        members=[{"age": 3}, {"age": 40}, {}],
    )
    make_record(
        form,
        {
            "country": "TJ",
            "village": "Ҷайҳун",
            "hh_size": 10,
            "income": 12345678.5,
            "needs": ["work", "seeds"],
            "day": "2014-06-04",
            "end": "2014-06-03T19:00:00.000+00:00",
            "has_land": False,
            "partner": "aid",
        },
        place=naryn,
        minutes=1,
        household=SHY,
        review_state="approved",
        members=[{"age": 7}],
    )
    make_record(form, {}, minutes=2, household=TWICE, place=osh)
    make_record(form, {"hh_size": -99, "country": "KG", "partner": "aid"}, minutes=3, place=osh)
    make_record(form, {"country": "KG", "partner": "aid", "ban": "yes"}, minutes=4, restricted=True)
    make_record(form, {"hh_size": 2, "partner": "else"}, minutes=5, review_state="rejected")
    no = {"country": "TJ", "partner": "aid", "consent_share": "no", "needs": []}
    make_record(form, no, household=SHY, minutes=6)
    return form


@pytest.fixture
def people(db: None, alice: User, bob: User, dilnoza: User, root: User) -> dict[str, User]:
    partner = make_user("p", User.Role.PARTNER, partner="aid")
    nobody = make_user("n", User.Role.PARTNER, partner="unheard of")
    return {
        "alice": alice, "bob": bob, "dilnoza": dilnoza, "root": root, "partner": partner,
        "nobody": nobody,
    }  # fmt: skip


def same_count(client: Client, **query: str) -> int:
    """How many records list and groups both find; or they refuse alike."""
    listed = client.get(LIST, {**query, "count": "1", "page_size": "1"})
    found = client.get(GROUPS, {**query, "by": "review_state"})
    assert found.status_code == listed.status_code, (query, found.content)
    if found.status_code != 200:
        assert found.json()["code"] == listed.json()["code"] or len(query) > 1, query
        return 0
    count = sum(group["count"] for group in found.json()["groups"])
    assert count == listed.json()["about"]["count"], query
    return count


def test_groups_count_what_the_list_gives_by_every_filter(visits: Form, as_bob: Client) -> None:
    counts = [same_count(as_bob, **query) for query in FILTERS]
    assert sum(map(bool, counts)) > len(FILTERS) * 2 / 3


@pytest.mark.parametrize("who", ["alice", "bob", "dilnoza", "root", "partner", "nobody"])
def test_everyone_is_counted_what_they_may_see_in_each_layer(
    visits: Form, people: dict[str, User], who: str
) -> None:
    client = client_of(people[who])
    seen = {
        layer: sum(same_count(client, layer=layer, **query) for query in SOME)
        for layer in ("corrected", "analysis", "raw")
    }
    assert bool(seen["corrected"]) is (who != "nobody")
    assert seen["analysis"] <= seen["corrected"] == seen["raw"]


NAMES = st.sampled_from(
    [f.name for f in SCHEMA.fields if not f.repeat]
    + ["place", "place__district", "version", "review_state", "index", "id", "é", "member", ""]
)
VALUES = st.sampled_from(
    ["", "1", "-0", "2.5", "1e400", "1e299", "NaN", "9" * 40, "0.1", "KG", "KG,TJ", ",", "true",
     "2014-06-03", "9999-12-31T23:59:59Z", "\0", "'; DROP TABLE x --", "%", "я" * 1001, "KG06"]
)  # fmt: skip
OPERATORS = st.sampled_from(
    ["", "__in", "__gt", "__gte", "__lt", "__lte", "__contains", "__isnull", "__like"]
)
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "by": st.lists(NAMES, max_size=3).map(",".join),
        "of": st.lists(NAMES, max_size=2).map(",".join),
        "layer": st.sampled_from(["corrected", "analysis", "raw", "?"]),
        "labels": st.sampled_from(["ru", "en", "xx"]),
    },
)


@settings(
    max_examples=100, derandomize=True, deadline=None, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(
    asked=QUERIES,
    filters=st.dictionaries(st.builds(str.__add__, NAMES, OPERATORS), VALUES, max_size=3),
)
def test_no_query_for_groups_makes_a_server_error_or_another_count(
    visits: Form, as_alice: Client, asked: dict[str, str], filters: dict[str, str]
) -> None:
    answer = as_alice.get(GROUPS, {**filters, **asked})
    assert answer.status_code < 500, answer.content
    if "by" not in asked and "of" not in asked:
        same_count(as_alice, **filters)


@pytest.mark.parametrize("who", ["alice", "bob", "dilnoza", "partner"])
def test_rows_of_a_repeat_are_counted_as_the_list_gives_them(
    visits: Form, people: dict[str, User], who: str
) -> None:
    client = client_of(people[who])
    for query in ({}, {"age__gte": "5"}, {"index": "1"}, {"index__lt": "2.5"}, {"place": "KG06"}):
        listed = client.get(f"{MEMBERS}records/", {**query, "count": "1"}).json()
        found = groups(client, f"{MEMBERS}groups/", of="age", **query)
        assert found["groups"][0]["count"] == listed["about"]["count"], query
        ages = [r["age"] for r in listed["results"] if r["age"] is not None]
        assert found["groups"][0]["of"]["age"]["sum"] == (sum(ages) if ages else None)


def test_numbers_are_summed_up_in_each_group(as_bob: Client, form: Form) -> None:
    sizes = {"KG": [3, 4, 8], "TJ": [5], None: [7, 1]}
    for country, each in sizes.items():
        for minutes, size in enumerate(each):
            answers = {"hh_size": size, "income": size / 10, "country": country}
            known = {name: value for name, value in answers.items() if value is not None}
            make_record(form, known, minutes=minutes)
    make_record(form, {"country": "TJ"})

    answer = groups(as_bob, by="country", of="hh_size,income", labels="ru")

    labels = {"KG": "Кыргызстан", "TJ": "Таджикистан", None: None}
    assert answer["by"] == ["country"]
    assert answer["about"]["count"] == 7
    assert {g["key"]["country"] for g in answer["groups"]} == set(labels.values())
    for country, each in sizes.items():
        (group,) = (g for g in answer["groups"] if g["key"]["country"] == labels[country])
        assert group["count"] == len(each) + (country == "TJ")
        assert group["of"]["hh_size"] == {
            "count": len(each),
            "sum": sum(each),
            "mean": sum(each) / len(each),
            "min": min(each),
            "max": max(each),
            "median": median(each),
        }
        assert group["of"]["income"]["sum"] == pytest.approx(sum(each) / 10, abs=1e-12)


def test_places_are_grouped_at_each_level(visits: Form, as_alice: Client) -> None:
    by_place = {"KG06207000000": 1, "KG06000000000": 2, "KG04000000000": 1, None: 3}
    by_oblast = {"KG06000000000": 3, "KG04000000000": 1, None: 3}
    assert counted(as_alice, "place") == by_place
    assert counted(as_alice, "place__oblast") == by_oblast
    assert counted(as_alice, "place__district") == {"KG06207000000": 1, None: 6}


def test_each_chosen_code_is_a_group_of_its_own(visits: Form, as_alice: Client) -> None:
    answer = groups(as_alice, by="needs")
    found = {g["key"]["needs"]: g["count"] for g in answer["groups"]}
    assert found == {"work": 2, "school": 1, "seeds": 1, None: 5}
    assert answer["about"]["count"] is None  # a record is in as many groups as it chose codes


def test_raw_answers_are_grouped_as_they_were_sent(as_bob: Client, form: Form) -> None:
    for sent in ("5", " 5", "many", "5"):
        row = make_record(form, {})
        CleanRow.objects.filter(pk=row.pk).update(verbatim={"hh_size": sent})
    assert counted(as_bob, "hh_size", layer="raw") == {"5": 2, " 5": 1, "many": 1}


def test_codes_for_no_answer_are_no_numbers_in_the_analysis_layer(
    visits: Form, as_bob: Client
) -> None:
    for layer, least in (("corrected", -99), ("analysis", 5)):
        (group,) = groups(as_bob, of="hh_size", layer=layer)["groups"]
        assert group["of"]["hh_size"]["min"] == least


def test_household_counts_once_in_the_analysis_layer_by_its_newest_registration(
    db: None, as_bob: Client
) -> None:
    registers = EntityDeclaration("households", creates=True, updates=False)
    form = publish(replace(SCHEMA, entities=(registers,)))
    home = uuid.uuid4()
    make_record(form, {"hh_size": 1}, household=home, members=[{"age": 1}])
    make_record(form, {"hh_size": 2}, household=home, minutes=1, members=[{"age": 2}])
    make_record(form, {"hh_size": 3}, household=home, minutes=2, review_state="rejected")
    make_record(form, {"hh_size": 4})
    make_record(form, {"hh_size": 5})

    assert counted(as_bob, "hh_size", layer="analysis") == {2: 1, 4: 1, 5: 1}
    assert counted(as_bob, "age", url=f"{MEMBERS}groups/", layer="analysis") == {2: 1}
    make_now(form, {"hh_size": 6}, household=home, minutes=3)
    age_snapshot(form, 31)
    assert counted(as_bob, "hh_size", layer="analysis") == {4: 1, 5: 1, 6: 1}
    assert counted(as_bob, "hh_size") == {1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 1}


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"by": "head"}, 403, "field_masked"),
        ({"by": "illness"}, 403, "field_masked"),
        ({"by": "ban"}, 403, "field_masked"),
        ({"of": "ban"}, 403, "field_masked"),
        ({"head": "x"}, 403, "field_masked"),
        ({"member__first_name": "x"}, 403, "field_masked"),
        ({"by": "nosuch"}, 400, "field_unknown"),
        ({"by": "country,country"}, 400, "value_invalid"),
        ({"by": ["country", "day"]}, 400, "value_invalid"),
        ({"by": "country,day,village,has_land,version"}, 400, "value_invalid"),
        ({"by": "id"}, 400, "value_invalid"),
        ({"by": "household"}, 400, "value_invalid"),
        ({"by": "gps"}, 400, "value_invalid"),
        ({"of": "village"}, 400, "value_invalid"),
        ({"of": "hh_size", "layer": "raw"}, 400, "value_invalid"),
        ({"by": "country", "layer": "raw", "labels": "ru"}, 400, "value_invalid"),
        ({"layer": "clean"}, 400, "value_invalid"),
        ({"ordering": "country"}, 400, "field_unknown"),
        ({"unmask": "for the donor's report"}, 400, "field_unknown"),
        ({"place": "nowhere"}, 400, "place_unknown"),
        ({"hh_size": "many"}, 400, "value_invalid"),
        ({"hh_size__near": "1"}, 400, "operator_unknown"),
    ],
)
def test_what_may_not_be_seen_or_is_no_group_is_refused(
    visits: Form, as_alice: Client, query: dict[str, Any], status: int, code: str
) -> None:
    assert problem(as_alice, status, **query)["code"] == code


def test_nothing_personal_is_in_the_files(visits: Form, as_bob: Client) -> None:
    make_record(visits, {"head": "Асанова", "illness": "asthma", "ban": "entry ban"})
    groups(as_bob)
    plan = store.read_manifest(renew.folder_of(visits))
    assert plan is not None
    columns = {c.field.key: c.position for c in renew.dataset_of_form(visits).root.columns}
    kept = set(plan.beside.kept[""])
    assert {columns["country"], columns["hh_size"]} <= kept
    assert kept.isdisjoint({columns["head"], columns["illness"], columns["ban"]})
    for file in django_settings.SNAPSHOT_DIR.rglob("*.parquet"):
        held = {str(value) for row in pq.read_table(file).to_pylist() for value in row.values()}
        assert not {"Асанова", "asthma", "entry ban"} & held


def test_answer_says_as_of_when_and_is_renewed_after_half_a_minute(
    form: Form, as_bob: Client
) -> None:
    make_record(form, {"country": "KG"})
    first = groups(as_bob)
    make_now(form, {"country": "TJ"})

    again = groups(as_bob)
    assert again["about"]["as_of"] == first["about"]["as_of"]
    assert again["groups"][0]["count"] == 1
    age_snapshot(form, 31)

    renewed = groups(as_bob)
    assert renewed["groups"][0]["count"] == 2
    as_of = datetime.fromisoformat(renewed["about"]["as_of"])
    assert timezone.now() - as_of < timedelta(seconds=10)


def test_what_is_changed_or_deleted_is_so_in_the_next_snapshot(form: Form, as_bob: Client) -> None:
    """The base, made when all these records were old, holds them as they were."""
    _, edited, deleted, moved = (
        make_record(form, {"country": "KG"}, minutes=n, members=[{"age": n}]) for n in range(4)
    )
    assert counted(as_bob, "country") == {"KG": 4}
    base = store.read_manifest(renew.folder_of(form)).base  # type: ignore[union-attr]

    now = timezone.now()
    CleanRow.objects.filter(pk=edited.pk).update(values={"country": "TJ"}, updated_at=now)
    CleanRow.objects.filter(record_id=deleted.pk).delete()
    DeletedRecord.objects.create(record_id=deleted.pk, form=form, deleted_at=now)
    CleanRow.objects.filter(record_id=moved.pk).update(restricted=True, updated_at=now)
    make_now(form, {"country": "TJ"}, members=[{"age": 50}])
    age_snapshot(form, 31)

    assert counted(as_bob, "country") == {"KG": 1, "TJ": 2}
    ages = groups(as_bob, f"{MEMBERS}groups/", by="age")["groups"]
    assert [g["key"]["age"] for g in ages] == [0, 1, 50]
    after = store.read_manifest(renew.folder_of(form))
    assert after is not None
    assert after.base == base
    assert after.beside.records == 4


def test_snapshot_that_nothing_changed_is_not_written_anew(form: Form, as_bob: Client) -> None:
    make_record(form, {"country": "KG"})
    groups(as_bob)
    files = set(django_settings.SNAPSHOT_DIR.rglob("*.parquet"))
    age_snapshot(form, 45)
    assert timezone.now() - datetime.fromisoformat(groups(as_bob)["about"]["as_of"]) < timedelta(
        seconds=10
    )
    assert set(django_settings.SNAPSHOT_DIR.rglob("*.parquet")) == files


def test_rights_that_are_taken_away_hold_at_once(visits: Form, alice: User) -> None:
    client = client_of(alice)
    assert groups(client)["groups"][0]["count"] == 7
    User.objects.filter(pk=alice.pk).update(sees_legal_aid=False)
    assert groups(client)["groups"][0]["count"] == 6
    User.objects.filter(pk=alice.pk).update(place_codes=["KG06000000000"])
    assert groups(client)["groups"][0]["count"] == 3


def test_question_that_becomes_private_is_refused_at_once(form: Form, as_bob: Client) -> None:
    make_record(form, {"village": "Өзгөн"})
    assert counted(as_bob, "village") == {"Өзгөн": 1}
    fields = tuple(
        replace(f, privacy="direct") if f.name == "village" else f for f in SCHEMA.fields
    )
    next_version(form, replace(SCHEMA, fields=fields))
    assert problem(as_bob, 403, by="village")["code"] == "field_masked"


def test_question_of_a_new_version_is_grouped_by_beside_the_old_base(
    form: Form, as_bob: Client
) -> None:
    make_record(form, {"country": "KG"})
    groups(as_bob)
    base = store.read_manifest(renew.folder_of(form)).base  # type: ignore[union-attr]
    roof = Field("roof", "roof", "roof", "string", "")
    next_version(form, replace(SCHEMA, fields=(*SCHEMA.fields, roof)))
    make_now(form, {"roof": "tin"})
    assert counted(as_bob, "roof") == {"tin": 1, None: 1}
    assert store.read_manifest(renew.folder_of(form)).base == base  # type: ignore[union-attr]


def test_question_that_was_of_another_kind_is_refused_rather_than_miscounted(
    form: Form, as_bob: Client
) -> None:
    fields = tuple(replace(f, type="integer") if f.name == "village" else f for f in SCHEMA.fields)
    next_version(form, replace(SCHEMA, fields=fields))
    refused = problem(as_bob, 400, by="village")
    assert (refused["code"], "another kind" in refused["detail"]) == ("value_invalid", True)


def test_large_form_is_made_ready_by_the_worker(
    form: Form, as_bob: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renew, "MOST_AT_ONCE", 2)
    for minutes in range(3):
        make_record(form, {"country": "KG"}, minutes=minutes)
    waiting = as_bob.get(GROUPS)
    assert (waiting.status_code, waiting.json()["code"]) == (503, "snapshot_waiting")
    assert waiting["Retry-After"] == "30"

    assert renew.keep_snapshots() == 1
    assert counted(as_bob, "country") == {"KG": 3}
    assert renew.keep_snapshots() == 0


def test_base_is_made_anew_when_a_day_has_passed(form: Form, as_bob: Client) -> None:
    make_record(form, {"country": "KG"})
    groups(as_bob)
    folder = renew.folder_of(form)
    known = store.read_manifest(folder)
    assert known is not None
    old = replace(known.base, made_at=known.base.made_at - timedelta(days=1, seconds=1))
    store.write_manifest(folder, replace(known, base=old))
    assert renew.keep_snapshots() == 1
    made = store.read_manifest(folder)
    assert made is not None
    assert made.base.made_at > known.base.made_at


def test_more_groups_than_can_be_read_are_refused(
    form: Form, as_bob: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("surveys.datasets.grouping.groups.MOST_GROUPS", 2)
    for size in range(3):
        make_record(form, {"hh_size": size})
    assert problem(as_bob, 400, by="hh_size")["code"] == "groups_too_many"


def test_broken_manifest_is_no_snapshot(form: Form, as_bob: Client) -> None:
    make_record(form, {"country": "KG"})
    groups(as_bob)
    (renew.folder_of(form) / store.MANIFEST).write_text('{"format": 1')
    assert counted(as_bob, "country") == {"KG": 1}


def test_snapshot_whose_files_are_gone_is_made_anew(form: Form, as_bob: Client) -> None:
    make_record(form, {"country": "KG"})
    groups(as_bob)
    for file in django_settings.SNAPSHOT_DIR.rglob("*.parquet"):
        file.unlink()
    assert problem(as_bob, 503)["code"] == "snapshot_waiting"
    assert counted(as_bob, "country") == {"KG": 1}


def test_enumerators_get_no_groups(form: Form, as_charlie: Client) -> None:
    assert problem(as_charlie, 403)["code"] == "not_allowed"
