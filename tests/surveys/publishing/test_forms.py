"""The list of forms and one form's page: what stands there, and for whom."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from backend.audit.models import AuditEvent
from surveys.places.models import Place
from surveys.rounds.models import Round, Survey
from surveys.xforms.models import Form
from sync.enrol import enrol_device
from tests.surveys.datasets.records import make_record
from tests.surveys.publishing.sample import ROOMS_AS_TEXT, VISIT, draft_of, upload
from tests.xlsforms import publish

pytestmark = pytest.mark.django_db
PICTURED = """
| survey |      |      |       |              |
|        | type | name | label | media::image |
|        | text | a    | A     | map.png      |
"""


@pytest.fixture
def round_() -> Round:
    survey = Survey.objects.create(code="s", name="Survey")
    return Round.objects.create(survey=survey, code="spring", name="Spring")


@pytest.fixture
def osh() -> Place:
    country = Place.objects.create(code="KG", level=0, path="KG", name_en="Kyrgyzstan")
    oblast = Place.objects.create(
        code="KG06000000000", level=1, path="KG/KG06000000000", name_en="Osh", parent=country
    )
    return Place.objects.create(
        code="KG06207000000",
        level=2,
        path="KG/KG06000000000/KG06207000000",
        name_en="Alay",
        parent=oblast,
    )


def test_list_tells_version_records_round_and_drafts(as_alice: Client, round_: Round) -> None:
    form = publish(VISIT, version="1").form
    Form.objects.update(round=round_)
    make_record(form, {"rooms": 3})
    draft_of(version="2")

    answer = as_alice.get("/forms/")

    (line,) = answer.context["lines"]
    assert (line.form, line.records, line.versions, line.drafts) == (form, 1, 1, 1)
    assert "Spring" in answer.content.decode()
    assert "Upload a workbook" in answer.content.decode()


def test_analyst_sees_forms_and_may_change_nothing(as_bob: Client, round_: Round) -> None:
    version = publish(VISIT)
    form = version.form

    page = as_bob.get(f"/forms/{form.pk}/").content.decode()

    assert as_bob.get("/forms/").status_code == 200
    assert "Upload" not in page
    assert "Take off" not in page
    for path, said in (
        (f"{form.pk}/round/", {"round": "spring"}),
        (f"{form.pk}/retire/", {}),
        (f"{form.pk}/files/", {"file": upload(b"x", "a.png")}),
        (f"versions/{version.pk}/retire/", {"reason": "wrong"}),
        (f"rounds/{round_.pk}/", {"place": "KG"}),
    ):
        assert as_bob.post(f"/forms/{path}", said).status_code == 403
    form.refresh_from_db()
    assert (form.round, form.retired_at, form.media.count()) == (None, None, 0)


def test_enumerator_sees_no_list(as_charlie: Client) -> None:
    assert as_charlie.get("/forms/").status_code == 403


def test_records_of_a_form_are_counted_as_far_as_one_may_see_them(
    as_alice: Client, as_dilnoza: Client, osh: Place
) -> None:
    form = publish(VISIT).form
    make_record(form, {"rooms": 1}, place=osh)
    make_record(form, {"rooms": 2})

    counts = [c.get("/forms/").context["lines"][0].records for c in (as_alice, as_dilnoza)]

    assert counts == [2, 1]


def test_form_page_shows_versions_languages_classes_and_files(as_alice: Client) -> None:
    form = publish(VISIT, version="1").form
    publish(ROOMS_AS_TEXT, version="2")

    answer = as_alice.get(f"/forms/{form.pk}/")

    page = answer.content.decode()
    assert [v.version for v in answer.context["versions"]] == ["2", "1"]
    assert {each.name: each.missing for each in answer.context["languages"]} == {
        "English (en)": 0,
        "Тоҷикӣ (tg)": 1,
    }
    assert [c.name for c in answer.context["classes"]] == ["direct", "sensitive", "open"]
    assert "no longer comparable" in page
    assert "Every tablet" in page


def test_pages_take_as_many_queries_for_ten_forms_as_for_one(
    as_alice: Client, django_assert_max_num_queries: DjangoAssertNumQueries, round_: Round
) -> None:
    for number in range(10):
        form = publish(VISIT, form_id=f"visit{number}").form
        publish(ROOMS_AS_TEXT, form_id=f"visit{number}", version="2")
    Form.objects.update(round=round_)
    for path in ("/forms/", f"/forms/{form.pk}/"):
        as_alice.get(path)
        with django_assert_max_num_queries(16):
            as_alice.get(path)


def test_form_is_given_to_a_round_and_taken_from_it(as_alice: Client, round_: Round) -> None:
    form = publish(VISIT).form

    as_alice.post(f"/forms/{form.pk}/round/", {"round": "spring"})
    form.refresh_from_db()
    assert form.round == round_
    unknown = as_alice.post(f"/forms/{form.pk}/round/", {"round": "no\0where"})
    as_alice.post(f"/forms/{form.pk}/round/", {"round": ""})

    form.refresh_from_db()
    assert unknown.status_code == 404
    assert form.round is None
    assigned = AuditEvent.objects.filter(action="form.assigned").order_by("pk")
    assert [event.details["round"] for event in assigned] == ["spring", ""]


def test_places_of_a_round_are_ticked_and_smaller_ones_found(
    as_alice: Client, round_: Round, osh: Place
) -> None:
    village = Place.objects.create(
        code="KG06207800000",
        level=3,
        path=f"{osh.path}/KG06207800000",
        name_en="Gulcha",
        parent=osh,
    )
    address = f"/forms/rounds/{round_.pk}/"
    page = as_alice.get(f"{address}?q=gul").content.decode()
    assert f'value="{village.code}">' in page

    as_alice.post(address, {"place": [osh.code, village.code]})
    after = as_alice.get(address).content.decode()
    refused = as_alice.post(address, {"place": ["XX"]})

    assert set(round_.places.all()) == {osh, village}
    assert f'value="{osh.code}" checked' in after
    assert f'value="{village.code}" checked' in after
    assert refused.status_code == 400
    assert round_.places.count() == 2
    assert AuditEvent.objects.filter(action="round.communities_set").count() == 1


def test_form_is_retired_and_put_back(as_alice: Client) -> None:
    form = publish(VISIT).form

    as_alice.post(f"/forms/{form.pk}/retire/")
    assert not Form.objects.listed().exists()
    as_alice.post(f"/forms/{form.pk}/retire/", {"listed": "1"})

    assert Form.objects.listed().exists()


def test_older_version_is_retired_with_a_reason_and_the_current_one_is_not(
    as_alice: Client,
) -> None:
    old, new = publish(VISIT, version="1"), publish(ROOMS_AS_TEXT, version="2")

    as_alice.post(f"/forms/versions/{old.pk}/retire/", {"reason": "wrong constraint"})
    refused = as_alice.post(f"/forms/versions/{new.pk}/retire/", {"reason": "wrong too"})

    old.refresh_from_db()
    assert old.retired_because == "wrong constraint"
    assert refused.status_code == 409
    as_alice.post(f"/forms/versions/{old.pk}/retire/", {"reason": ""})
    old.refresh_from_db()
    assert old.retired_at is None


def test_files_are_attached_and_what_is_missing_is_named(as_alice: Client) -> None:
    form = publish(PICTURED).form
    address = f"/forms/{form.pk}/"
    assert "needs the file “map.png”" in as_alice.get(address).content.decode()

    as_alice.post(f"{address}files/", {"file": upload(b"x" * (3 * 1024 * 1024), "map.png")})
    page = as_alice.get(address).content.decode()
    refused = as_alice.post(f"{address}files/", {"file": upload(b"a,,b\n", "a.csv")})

    assert form.media.get().name == "map.png"
    assert "needs the file" not in page
    assert "3 MB" in page
    assert refused.status_code == 422
    assert "a column has no header" in refused.content.decode()


def test_tablets_that_are_offered_a_form_are_those_of_its_round_and_of_none(
    as_alice: Client, round_: Round
) -> None:
    form = publish(VISIT).form
    other = Round.objects.create(survey=round_.survey, code="autumn", name="Autumn")
    enrol_device(name="Spring's", round_codes=[round_.code])
    enrol_device(name="Autumn's", round_codes=[other.code])
    enrol_device(name="All rounds'")
    Form.objects.update(round=round_)

    def named() -> set[str]:
        tablets = as_alice.get(f"/forms/{form.pk}/tablets/").context["tablets"]
        return {each.device.name for each in tablets}

    assert named() == {"Spring's", "All rounds'"}
    Form.objects.update(round=None)
    assert named() == {"Spring's", "Autumn's", "All rounds'"}
