"""The pages of an analyst: records and exports."""

import re
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import User
from surveys.datasets.build import build_waiting_exports
from surveys.datasets.models import Export
from surveys.datasets.tables import dataset_of_form
from surveys.places.models import Place
from surveys.privacy.models import Unmasking
from surveys.xforms.models import Form
from tests.surveys.datasets.records import RU, SCHEMA, make_record, publish

PAGE = {"headers": {"accept": "text/html"}}
ASKED = {"form_id": "visit", "kind": "xlsx", "labels": RU, "purpose": "Quarterly report"}


def test_newest_record_stands_first(as_bob: Client, form: Form) -> None:
    make_record(form, {"village": "Тоң-Бөкөнбаев"}, minutes=1)
    make_record(form, {"village": "Қӯрғонтеппа"}, minutes=2)

    page = as_bob.get("/records/visit/").content.decode()

    assert 0 < page.index("Қӯрғонтеппа") < page.index("Тоң-Бөкөнбаев")
    assert "Village" in page


def test_questions_are_asked_in_the_language_of_the_page(as_bob: Client, form: Form) -> None:
    make_record(form, {"village": "Тоң"})

    for language, word in (("ru", "Село"), ("ky", "Село"), ("en", "Village")):
        as_bob.post("/language/", {"language": language})
        page = as_bob.get("/records/visit/", headers={"accept": "text/html"}).content.decode()
        assert word in page  # in the form's first language where it lacks the page's


@pytest.mark.parametrize("asked", ["en", "English", "English (en)"])
def test_questions_and_the_choice_of_language_follow_however_it_is_named(
    as_bob: Client, form: Form, asked: str
) -> None:
    make_record(form, {"village": "Тоң"})

    page = as_bob.get("/records/visit/", {"labels": asked}).content.decode()

    assert '<option value="English (en)" selected>English</option>' in page
    assert "Село" not in page


def test_personal_answers_are_not_on_the_page(as_alice: Client, form: Form) -> None:
    make_record(form, {"head": "Ӯзбекҳо Ҷумъа", "illness": "secret", "village": "Тоң"})

    page = as_alice.get("/records/visit/").content.decode()

    assert "Тоң" in page
    assert "Ӯзбекҳо" not in page
    assert "secret" not in page
    assert "personal data and are masked" in page


def test_records_of_another_oblast_are_not_shown_to_a_supervisor(
    as_dilnoza: Client, form: Form, alai: Place, naryn: Place
) -> None:
    make_record(form, {"village": "Here"}, place=alai)
    make_record(form, {"village": "Elsewhere"}, place=naryn)

    page = as_dilnoza.get("/records/visit/").content.decode()

    assert "Here" in page
    assert "Elsewhere" not in page


def test_page_of_records_leads_on_to_older_ones_and_back(as_bob: Client, form: Form) -> None:
    for minutes in range(51):
        make_record(form, {"village": f"Village-{minutes}."}, minutes=minutes)
    first = as_bob.get("/records/visit/").content.decode()
    assert "Village-0." not in first
    older = re.search(r'href="([^"]+)" rel="next"', first)
    assert older is not None

    second = as_bob.get(older[1].replace("&amp;", "&")).content.decode()

    assert "Village-0." in second
    assert 'rel="prev"' in second
    assert 'rel="next"' not in second


def test_page_of_records_asks_the_database_as_often_for_fifty_as_for_one(
    as_bob: Client, form: Form, django_assert_max_num_queries
) -> None:
    for minutes in range(50):
        make_record(form, {"village": "Тоң"}, minutes=minutes)
    dataset_of_form(form)  # the first reading of a version writes its columns down

    with django_assert_max_num_queries(8):
        as_bob.get("/records/visit/")


def test_filters_of_the_api_work_on_the_page_and_a_wrong_one_is_explained(
    as_bob: Client, form: Form
) -> None:
    make_record(form, {"village": "Small", "hh_size": 2})
    make_record(form, {"village": "Large", "hh_size": 9})

    page = as_bob.get("/records/visit/?hh_size__gte=5").content.decode()
    wrong = as_bob.get("/records/visit/?hh_size__gte=many", **PAGE)

    assert "Large" in page
    assert "Small" not in page
    assert wrong.status_code == 400
    assert "Value not valid" in wrong.content.decode()


def test_home_page_counts_what_this_person_may_see(
    as_dilnoza: Client, as_bob: Client, form: Form, alai: Place, naryn: Place
) -> None:
    make_record(form, place=alai)
    make_record(form, place=naryn)
    make_record(form, place=naryn, restricted=True)

    counts = [
        re.findall(r'<td class="number">(\d+)</td>', client.get("/").content.decode())
        for client in (as_dilnoza, as_bob)
    ]

    assert counts == [["1", "1"], ["2", "2"]]  # of the form, and of all forms


def test_home_page_asks_as_often_for_many_forms_as_for_one(
    as_alice: Client, form: Form, django_assert_max_num_queries: Any
) -> None:
    as_alice.get("/")
    with CaptureQueriesContext(connection) as few:
        as_alice.get("/")
    for number in range(20):
        publish(replace(SCHEMA, form_id=f"visit-{number}"))

    with django_assert_max_num_queries(len(few)):
        as_alice.get("/")


def test_form_without_records_says_so(as_bob: Client, form: Form) -> None:
    assert "No record here yet" in as_bob.get("/records/visit/").content.decode()


def test_pages_of_data_are_closed_to_enumerators(as_charlie: Client, form: Form) -> None:
    for path in ("/records/visit/", "/exports/"):
        assert as_charlie.get(path, **PAGE).status_code == 403


def test_unknown_form_is_not_found(as_bob: Client, form: Form) -> None:
    assert as_bob.get("/records/nonsense/", **PAGE).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_export_asked_for_on_the_page_can_be_downloaded_when_ready(
    as_bob: Client, bob: User, form: Form
) -> None:
    make_record(form, {"village": "Тоң"}, members=[{"age": 7}])

    answer = as_bob.post("/exports/", ASKED)
    waiting = as_bob.get("/exports/").content.decode()
    build_waiting_exports()
    ready = as_bob.get("/exports/").content.decode()

    assert answer["Location"] == "/exports/"
    assert 'data-state="waiting"' in waiting
    assert "Quarterly report" in waiting
    export = Export.objects.get(asked_by=bob)
    assert export.labels
    assert export.language == RU
    link = f"/api/v1/exports/{export.pk}/download/"
    assert link in ready
    assert "Rows, verified:" in ready
    assert b"".join(as_bob.get(link).streaming_content).startswith(b"PK")


def test_exports_of_others_are_not_listed(as_bob: Client, as_alice: Client, form: Form) -> None:
    as_alice.post("/exports/", {**ASKED, "purpose": "Only for Alice"})

    assert "Only for Alice" not in as_bob.get("/exports/").content.decode()


def test_export_that_cannot_be_made_is_explained_and_what_was_typed_stays(
    as_bob: Client, form: Form
) -> None:
    answer = as_bob.post("/exports/", {**ASKED, "kind": "pdf"})

    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Exports are made as" in page
    assert 'value="Quarterly report"' in page
    assert not Export.objects.exists()


def test_personal_data_in_an_export_needs_a_reason_that_is_kept(
    as_alice: Client, alice: User, form: Form
) -> None:
    short = as_alice.post("/exports/", {**ASKED, "unmask": "why not"})
    as_alice.post("/exports/", {**ASKED, "unmask": "Calling families back in June"})

    assert short.status_code == 400
    assert Unmasking.objects.get().user == alice
    assert Export.objects.get().unmask == "Calling families back in June"


def test_analyst_is_not_offered_personal_data(as_bob: Client, form: Form) -> None:
    assert "With personal data" not in as_bob.get("/exports/").content.decode()
    assert as_bob.post("/exports/", {**ASKED, "unmask": "I would like to"}).status_code == 403
