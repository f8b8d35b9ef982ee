"""The feed: what it holds, what its options find, in what order and pages."""

import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from surveys.cleaning.models import CleanRow
from surveys.xforms.models import Form
from tests.surveys.datasets.odata.conftest import SVC, read, refused
from tests.surveys.datasets.records import SCHEMA, make_record, next_version

SYSTEM = "__system"


def found(client: Client, text: str, path: str = "Submissions", **query: Any) -> str:
    """Which of the families a, b, c a filter finds, by the village's first letter."""
    names = {"KG": "a", "TJ": "b", None: "c"}
    rows = read(client, path, filter=text, **query)["value"]
    return "".join(sorted(names[row["place"]["country"]] for row in rows))


def test_submission_looks_as_central_gives_it(bob_reads: Client, families: Form) -> None:
    root = CleanRow.objects.get(values__country="KG")
    answer = read(bob_reads, orderby="hh_size desc", top=1)

    assert answer["@odata.context"] == f"http://testserver{SVC}/$metadata#Submissions"
    (row,) = answer["value"]
    assert row == {
        "__id": str(root.pk),
        "__system": {
            "submissionDate": "2014-06-01T09:00:00.000000+00:00",
            "updatedAt": "2014-06-01T09:00:00.000000+00:00",
            "formVersion": "1",
            "deviceDate": "2014-06-01T08:00:00.000000+00:00",
            "household": None,
            "place": None,
            "deletedAt": None,
            "submitterName": None,
            "status": None,
            "deviceId": None,
            "reviewState": "hasIssues",
            "submitterId": None,
            "attachmentsPresent": 0,
            "attachmentsExpected": 0,
            "edits": 0,
        },
        "meta": {"instanceID": root.instance_id},
        "place": {"country": "KG", "village": "Өзгөн"},
        "head": None,
        "illness": None,
        "legal": {"ban": None},
        "hh_size": 5,
        "income": 120.5,
        "needs": "work seeds",
        "day": "2014-02-28",
        "end": "2014-06-01T08:30:15.250+00:00",
        "has_land": True,
        "gps": {
            "type": "Point",
            "coordinates": [73.3, 40.77, 1000.5],
            "properties": {"accuracy": 4.0},
        },
        "old": {"place": "O'Hara's"},
        "member@odata.navigationLink": f"Submissions('{root.pk}')/member",
    }


def test_repeat_rows_hold_their_parents_id(bob_reads: Client, families: Form) -> None:
    rows = read(bob_reads, "Submissions.member")["value"]
    assert [row["age"] for row in rows] == [None, 20, 41, 7]
    parents = {str(row.pk): row.values.get("country") for row in CleanRow.objects.filter(repeat="")}
    assert [parents[row["__Submissions-id"]] for row in rows] == [None, "TJ", "KG", "KG"]
    assert len({row["__id"] for row in rows}) == 4


FOUND = [
    ("place/country eq 'KG'", "a"),
    ("'KG' eq place/country", "a"),
    ("place/country ne 'KG'", "bc"),
    ("not (place/country eq 'KG')", "bc"),
    ("place/country eq null", "c"),
    ("place/country ne null", "ab"),
    ("place/country in ('KG','TJ')", "ab"),
    ("place/country in ('KG',null)", "ac"),
    ("not (place/country in ('KG'))", "bc"),
    ("hh_size gt 3", "a"),
    ("hh_size ge 3", "ab"),
    ("3 lt hh_size", "a"),
    ("not (hh_size gt 3)", "bc"),
    ("hh_size lt 3.5 and hh_size gt 2.5", "b"),
    ("hh_size in (3,5.0)", "ab"),
    ("hh_size eq 5 or hh_size eq 3 and place/country eq 'KG'", "a"),
    ("(hh_size eq 5 or hh_size eq 3) and place/country eq 'TJ'", "b"),
    ("income eq 120.5", "a"),
    ("income eq 120.50", "a"),
    ("income eq 1205e-1", "a"),
    ("hh_size eq income", "c"),
    ("hh_size ne income", "ab"),
    ("hh_size lt income", "a"),
    ("contains(place/village,'зг')", "a"),
    ("contains(place/village,'ЗГ')", ""),
    ("contains(toupper(place/village),'ЗГ')", "a"),
    ("tolower(place/village) eq 'өзгөн'", "a"),
    ("contains(place/village,'%_')", "b"),
    ("contains(place/village,'%1')", ""),
    ("startswith(place/village,'Чай')", "b"),
    ("endswith(place/village,'н')", "a"),
    ("not contains(place/village,'зг')", "b"),
    ("contains(place/village,'зг') eq true", "a"),
    ("contains(place/village,'зг') eq false", "b"),
    ("length(place/village) eq 5", "a"),
    ("old/place eq 'O''Hara''s'", "a"),
    ("needs eq 'work seeds'", "a"),
    ("contains(needs,'school')", "b"),
    ("needs eq null", "c"),
    ("day eq 2014-02-28", "a"),
    ("day gt 2014-02-28", "b"),
    ("year(day) eq 2015 and month(day) eq 12 and day(day) eq 31", "b"),
    ("end ge 2014-06-01T08:30:15.250Z", "a"),
    ("end gt 2014-06-01T08:30:15.250Z", ""),
    ("end gt 2014-06-01T14:30:15.249+06:00", "a"),
    ("end lt 2014-06-01T08:30:15.2500001Z", ""),
    ("hour(end) eq 8 and minute(end) eq 30 and second(end) eq 15", "a"),
    ("has_land", "a"),
    ("not has_land", "bc"),
    ("has_land eq false", "b"),
    ("gps eq null", "bc"),
    ("gps ne null", "a"),
    ("__system/submissionDate gt 2014-06-01T09:00:30Z", "bc"),
    ("__system/submissionDate lt 2014-06-02", "abc"),
    ("year(__system/submissionDate) lt year(now())", "abc"),
    ("minute(__system/submissionDate) eq 1", "b"),
    ("date(__system/submissionDate) eq 2014-06-01", "abc"),
    ("__system/reviewState eq 'hasIssues'", "a"),
    ("__system/reviewState eq null", "c"),
    ("__system/reviewState ne 'approved'", "ac"),
    ("__system/deletedAt eq null", "abc"),
    ("__system/deletedAt ne null", ""),
    ("__system/deletedAt lt 2030-01-01", ""),
    ("__system/formVersion eq '1'", "abc"),
    ("$root/Submissions/__system/submissionDate lt 2014-06-01T09:00:30Z", "a"),
    ("__id eq 'nobody'", ""),
    ("true", "abc"),
    ("false or hh_size eq 3", "b"),
]


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_filter_finds_what_odata_says(
    bob_reads: Client, families: Form, text: str, expected: str
) -> None:
    assert found(bob_reads, text) == expected
    counted = bob_reads.get(f"{SVC}/Submissions/$count", {"$filter": text})
    assert int(counted.content) == len(expected)


def test_members_are_filtered_by_their_own_answers_and_their_records_dates(
    bob_reads: Client, families: Form
) -> None:
    def ages(text: str) -> list[int]:
        return [r["age"] for r in read(bob_reads, "Submissions.member", filter=text)["value"]]

    assert ages("age ge 20") == [20, 41]
    assert ages("$root/Submissions/__system/submissionDate ge 2014-06-01T09:01:00Z") == [None, 20]
    root = CleanRow.objects.get(values__country="TJ")
    assert ages(f"__Submissions-id eq '{root.pk}'") == [20]


REFUSED = [
    ("hh_size eq 'five'", 400, "query_malformed"),
    ("place/country gt 5", 400, "query_malformed"),
    ("day eq 'x'", 400, "query_malformed"),
    ("has_land eq 'true'", 400, "query_malformed"),
    ("hh_size eq place/country", 400, "query_malformed"),
    ("hh_size", 400, "query_malformed"),
    ("year(hh_size) eq 1", 400, "query_malformed"),
    ("hour(day) eq 1", 400, "query_malformed"),
    ("contains(hh_size,'1')", 400, "query_malformed"),
    ("hh_size eq", 400, "query_malformed"),
    ("hh_size eq 5 extra", 400, "query_malformed"),
    ("(" * 5000, 400, "query_malformed"),
    ("not " * 3000 + "has_land", 400, "query_malformed"),
    ("day eq 2014-02-30", 400, "query_malformed"),
    ("place/country eq 'a\0b'", 400, "query_malformed"),
    ("hh_size in (" + ",".join("1" * 2000) + ")", 400, "query_malformed"),
    ("nothing eq 5", 400, "field_unknown"),
    ("place/nothing eq 5", 400, "field_unknown"),
    ("__system/nothing eq 5", 400, "field_unknown"),
    ("values eq 'x'", 400, "field_unknown"),
    ("form__form_id eq 'x'", 400, "field_unknown"),
    ("hh_size eq 5; drop table cleaning_cleanrow", 400, "query_malformed"),
    ("1 eq 1", 501, "query_unsupported"),
    ("hh_size add 1 eq 6", 501, "query_unsupported"),
    ("round(income) eq 120", 501, "query_unsupported"),
    ("member/any(m:m/age gt 5)", 501, "query_unsupported"),
    ("member/$count gt 3", 501, "query_unsupported"),
    ("hh_size ne NaN", 501, "query_unsupported"),
    ("day ge datetime'2014-01-01T00:00:00'", 501, "query_unsupported"),
    ("__system/reviewState eq org.opendatakit.submission.ReviewState'a", 400, "query_malformed"),
    ("gps eq 'POINT (1 2)'", 501, "query_unsupported"),
    ("__system/edits gt 0", 501, "query_unsupported"),
    ("end lt __system/submissionDate", 501, "query_unsupported"),
    ("head eq 'Асанова'", 403, "field_masked"),
    ("startswith(illness,'a')", 403, "field_masked"),
    ("legal/ban eq null", 403, "field_masked"),
]


@pytest.mark.parametrize(("text", "status", "code"), REFUSED)
def test_filter_that_cannot_be_answered_is_refused(
    bob_reads: Client, families: Form, text: str, status: int, code: str
) -> None:
    assert refused(bob_reads, status, filter=text) == code


@pytest.mark.parametrize(
    "text",
    [
        "place/village eq 'x'' OR 1=1 --'",
        "place/village eq '\\'' or true'",
        "contains(place/village,''' OR ''1''=''1')",
        "place/village in ('''; DELETE FROM cleaning_cleanrow; --')",
        "startswith(place/village,'%')",
    ],
)
def test_text_of_a_caller_is_a_value_and_nothing_else(
    bob_reads: Client, families: Form, text: str
) -> None:
    response = bob_reads.get(f"{SVC}/Submissions", {"$filter": text})
    assert response.status_code in {200, 400}
    assert response.status_code == 400 or response.json()["value"] == []
    assert CleanRow.objects.filter(repeat="").count() == 3


def test_review_state_is_asked_for_by_its_type_or_without(
    bob_reads: Client, families: Form
) -> None:
    make_record(families, {"country": "TJ"}, minutes=9, review_state="has_issues")
    plain, typed = (
        read(bob_reads, filter=f"__system/reviewState eq {name}'hasIssues'")["value"]
        for name in ("", "org.opendatakit.submission.ReviewState")
    )
    assert plain == typed != []
    assert {row["__system"]["reviewState"] for row in typed} == {"hasIssues"}


def test_method_that_is_not_taken_is_told_which_are(bob_reads: Client, families: Form) -> None:
    answer = bob_reads.put(f"{SVC}/Submissions")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
    assert bob_reads.get("/v1/sessions")["Allow"] == "POST"


def test_feed_says_its_layer_its_moment_and_its_schema(bob_reads: Client, families: Form) -> None:
    version = bob_reads.get("/api/v1/forms/visit/records/").json()["about"]["schema_version"]
    for address in ("Submissions", "Submissions.member", "Submissions/$count"):
        answer = bob_reads.get(f"{SVC}/{address}")
        assert (answer["Oila-Layer"], answer["Oila-Schema-Version"]) == ("corrected", version)
        age = timezone.now() - datetime.fromisoformat(answer["Oila-As-Of"])
        assert timedelta(0) <= age < timedelta(minutes=1)
    described = bob_reads.get(f"{SVC}/$metadata").content.decode()
    assert f'SchemaVersion" String="{version}"' in described


FULL = {"$format": "application/json;odata.metadata=full"}


def test_option_nobody_knows_is_not_passed_over(bob_reads: Client, families: Form) -> None:
    for option in ("apply", "search", "compute", "inlinecount"):
        assert refused(bob_reads, 501, **{option: "x"}) == "query_unsupported"
    for query in ({"filter": "hh_size eq 5"}, {"deleted": "true"}, {"$format": "atom"}, FULL):
        assert bob_reads.get(f"{SVC}/Submissions", query).status_code == 501
    assert refused(bob_reads, 501, expand="member($filter=age gt 5)") == "query_unsupported"
    twice = bob_reads.get(f"{SVC}/Submissions?$top=1&$top=2")
    assert (twice.status_code, twice.json()["code"]) == (400, "query_malformed")


@pytest.mark.parametrize("number", ["-1", "x", "1.5", "99999999999", "٣"])
def test_numbers_that_are_none_are_refused(bob_reads: Client, families: Form, number: str) -> None:
    assert refused(bob_reads, 400, top=number) == "query_malformed"
    assert refused(bob_reads, 400, skip=number) == "query_malformed"


def test_select_gives_only_what_is_named(bob_reads: Client, families: Form) -> None:
    (row,) = read(bob_reads, select="hh_size,place/village", filter="hh_size eq 5")["value"]
    assert row == {"hh_size": 5, "place": {"village": "Өзгөн"}}
    (row,) = read(bob_reads, select="__id,place,__system/edits", filter="hh_size eq 5")["value"]
    assert row["place"] == {"country": "KG", "village": "Өзгөн"}
    assert row[SYSTEM] == {"edits": 0}
    assert set(row) == {"__id", "place", SYSTEM}
    assert refused(bob_reads, 400, select="nothing") == "field_unknown"


@pytest.mark.parametrize("expand", ["*", "member"])
def test_expanded_rows_stand_inside_their_parent(
    bob_reads: Client, families: Form, expand: str
) -> None:
    rows = read(bob_reads, expand=expand, orderby="hh_size desc")["value"]
    assert [[m["age"] for m in row["member"]] for row in rows] == [[41, 7], [20], [None]]
    assert {m["__Submissions-id"] for m in rows[0]["member"]} == {rows[0]["__id"]}
    assert refused(bob_reads, 400, expand="nothing") == "field_unknown"


def test_null_comes_first_upwards_and_last_downwards(bob_reads: Client, families: Form) -> None:
    def sizes(order: str) -> list[int | None]:
        return [row["hh_size"] for row in read(bob_reads, orderby=order)["value"]]

    assert sizes("hh_size") == sizes("hh_size asc") == [None, 3, 5]
    assert sizes("hh_size desc") == [5, 3, None]
    assert sizes("place/village desc") == [3, 5, None] or sizes("place/village desc") == [
        5,
        3,
        None,
    ]
    assert sizes("__system/submissionDate") == [5, 3, None]
    assert refused(bob_reads, 403, orderby="head") == "field_masked"
    assert refused(bob_reads, 400, orderby="nothing") == "field_unknown"
    assert refused(bob_reads, 400, orderby="hh_size downwards") == "query_malformed"
    assert refused(bob_reads, 501, orderby="gps") == "query_unsupported"
    assert refused(bob_reads, 501, orderby="tolower(place/village)") == "query_unsupported"


ORDERS = ["", "age", "age desc", "$root/Submissions/__system/submissionDate,age desc"]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("top", [1, 2, 3])
def test_pages_by_links_give_every_row_once_in_order(
    bob_reads: Client, families: Form, order: str, top: int
) -> None:
    for _ in range(3):
        make_record(families, {}, members=[{"age": 20}, {"age": 7}, {}], minutes=1)
    asked = {"orderby": order} if order else {}
    whole = [r["__id"] for r in read(bob_reads, "Submissions.member", **asked)["value"]]
    assert len(whole) == 13

    page, ids = read(bob_reads, "Submissions.member", top=top, count="true", **asked), []
    while True:
        ids += [row["__id"] for row in page["value"]]
        if "@odata.count" in page:
            assert page["@odata.count"] == 13
        if "@odata.nextLink" not in page:
            break
        page = bob_reads.get(page["@odata.nextLink"]).json()
    assert ids == whole


def test_row_that_arrives_meanwhile_neither_repeats_nor_skips_one(
    bob_reads: Client, families: Form
) -> None:
    page = read(bob_reads, top=2)
    make_record(families, {}, minutes=5)
    rest = bob_reads.get(page["@odata.nextLink"]).json()
    assert [row["hh_size"] for row in page["value"] + rest["value"]] == [None, 3, 5]


def test_token_of_another_feed_or_changed_is_refused(bob_reads: Client, families: Form) -> None:
    link = read(bob_reads, top=1)["@odata.nextLink"]
    token = parse_qs(urlsplit(link).query)["$skiptoken"][0]
    assert refused(bob_reads, 400, skiptoken=token, orderby="hh_size") == "cursor_invalid"
    assert refused(bob_reads, 400, "Submissions.member", skiptoken=token) == "cursor_invalid"
    assert refused(bob_reads, 400, skiptoken=f"x{token}") == "cursor_invalid"


def test_skip_and_preferred_pages(bob_reads: Client, families: Form) -> None:
    assert [r["hh_size"] for r in read(bob_reads, skip=1)["value"]] == [3, 5]
    assert [r["hh_size"] for r in read(bob_reads, skip=1, top=1)["value"]] == [3]
    assert read(bob_reads, top=0, count="true") == {
        "@odata.context": f"http://testserver{SVC}/$metadata#Submissions",
        "@odata.count": 3,
        "value": [],
    }
    answer = bob_reads.get(f"{SVC}/Submissions", headers={"Prefer": "odata.maxpagesize=2"})
    page = answer.json()
    assert (len(page["value"]), answer["Preference-Applied"]) == (2, "odata.maxpagesize=2")
    rest = bob_reads.get(page["@odata.nextLink"], headers={"Prefer": "maxpagesize=2"}).json()
    assert (len(rest["value"]), "@odata.nextLink" in rest) == (1, False)


def test_longer_than_a_chunk_is_streamed_whole(
    bob_reads: Client, families: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("surveys.datasets.odata.reader.CHUNK", 2)
    for at in range(6):
        make_record(families, {"hh_size": 10 + at}, members=[{"age": at}], minutes=10 + at)
    response = bob_reads.get(f"{SVC}/Submissions", {"$expand": "*", "$count": "true"})
    assert response.streaming
    answer = json.loads(b"".join(response.streaming_content))
    sizes = [row["hh_size"] for row in answer["value"]]
    assert (answer["@odata.count"], sizes) == (9, [15, 14, 13, 12, 11, 10, None, 3, 5])
    assert answer["value"][0]["member"][0]["age"] == 5


def test_next_link_is_absolute_behind_a_proxy(
    bob_reads: Client, families: Form, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://oila.example.org"
    page = read(bob_reads, top=1, filter="hh_size ne 4")
    assert page["@odata.nextLink"].startswith(f"https://oila.example.org{SVC}/Submissions?")
    assert page["@odata.context"] == f"https://oila.example.org{SVC}/$metadata#Submissions"
    records = bob_reads.get("/api/v1/forms/visit/records/?page_size=1").json()
    assert records["next"].startswith("https://oila.example.org/api/v1/forms/visit/records/?")
    settings.PUBLIC_URL = ""
    settings.USE_X_FORWARDED_HOST = True
    settings.ALLOWED_HOSTS = ["data.example.org"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    forwarded = {"X-Forwarded-Host": "data.example.org", "X-Forwarded-Proto": "https"}
    page = bob_reads.get(f"{SVC}/Submissions", {"$top": 1}, headers=forwarded).json()
    assert page["@odata.nextLink"].startswith(f"https://data.example.org{SVC}/Submissions?")


def test_flat_feed_has_no_groups(bob_reads: Client, families: Form) -> None:
    (row,) = read(bob_reads, flat="1", filter="place_country eq 'KG'", expand="*")["value"]
    assert (row["place_country"], row["place_village"]) == ("KG", "Өзгөн")
    assert row["meta_instanceID"].startswith("uuid:")
    assert row["__system_reviewState"] == "hasIssues"
    assert row["gps"] == "POINT (73.3 40.77 1000.5)"
    assert not [name for name, value in row.items() if isinstance(value, dict)]
    assert len(row["member"]) == 2
    page = read(bob_reads, flat="1", top=1, orderby="__system_submissionDate")
    assert "place_country" in bob_reads.get(page["@odata.nextLink"]).json()["value"][0]


def test_points_as_well_known_text(bob_reads: Client, families: Form) -> None:
    (row,) = read(bob_reads, wkt="true", filter="hh_size eq 5")["value"]
    assert row["gps"] == "POINT (73.3 40.77 1000.5)"


def test_labels_in_a_language(bob_reads: Client, families: Form) -> None:
    (row,) = read(bob_reads, labels="ru", filter="place/country eq 'KG'")["value"]
    assert (row["place"]["country"], row["needs"]) == ("Кыргызстан", "Работа, Семена")
    assert refused(bob_reads, 400, labels="fr") == "value_invalid"


def test_one_submission_and_what_it_leads_to(bob_reads: Client, families: Form) -> None:
    root = CleanRow.objects.get(values__country="KG")
    for key in (root.pk, root.instance_id):
        (row,) = read(bob_reads, f"Submissions('{key}')")["value"]
        assert row["hh_size"] == 5
        ages = [r["age"] for r in read(bob_reads, f"Submissions('{key}')/member")["value"]]
        assert ages == [41, 7]
    member = read(bob_reads, "Submissions.member", filter="age eq 7")["value"][0]["__id"]
    (row,) = read(bob_reads, f"Submissions('{root.pk}')/member('{member}')")["value"]
    assert row["age"] == 7
    assert bob_reads.get(f"{SVC}/Submissions('{root.pk}')/member/$count").content == b"2"
    for nowhere in ("Submissions('x')", "Submissions('x')/member", "Nothing", "Submissions/member"):
        assert refused(bob_reads, 404, nowhere) == "not_found"
    for one in ("hh_size", "place", "$ref", "place/$value"):
        assert refused(bob_reads, 501, f"Submissions('{root.pk}')/{one}") == "query_unsupported"
    for one in ("$all", "$crossjoin(Submissions)", "Submissions/$ref"):
        assert refused(bob_reads, 501, one) == "query_unsupported"


def test_question_that_changed_its_type_never_gives_a_value_of_the_other(
    bob_reads: Client, families: Form
) -> None:
    fields = [
        f if f.key != "hh_size" else type(f)(**{**_as_dict(f), "type": "string"})
        for f in SCHEMA.fields
    ]
    next_version(families, fields=tuple(fields))
    make_record(families, {"hh_size": "six"}, minutes=9)
    rows = read(bob_reads, orderby="__system/submissionDate")["value"]
    assert [row["hh_size"] for row in rows] == ["5", "3", None, "six"]
    assert found(bob_reads, "hh_size eq '5'") == "a"


def _as_dict(field: Any) -> dict[str, Any]:
    return {name: getattr(field, name) for name in field.__slots__}
