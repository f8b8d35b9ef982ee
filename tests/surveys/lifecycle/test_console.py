"""What supervisors and managers see of all this in the console, and what they can do there."""

import pytest
from django.test import Client

from surveys.cleaning.models import CleanRow, DeletedRecord, QualityFlag
from surveys.households.models import Household
from surveys.places.models import Place
from tests.surveys.household_forms import (
    REGISTRATION,
    SERVICE,
    arrive,
    drain,
    publish,
    registration,
    service,
)

pytestmark = pytest.mark.django_db
PAGES = (
    "/admin/cleaning/cleanrow/",
    "/admin/cleaning/deletedrecord/",
    "/admin/cleaning/qualityflag/",
    "/admin/households/household/",
    "/admin/entities/entitylist/",
    "/admin/entities/entityproblem/",
)


@pytest.fixture(autouse=True)
def _records(db: None) -> None:
    publish(REGISTRATION)
    publish(SERVICE)
    arrive(registration("uuid:1", more="<photo>a.jpg</photo>"))
    arrive(service("uuid:2", topic="alimony").replace(b"</pick>", b"<odd>1</odd></pick>"))
    drain()


def run_action(client: Client, url: str, action: str, *keys: object) -> int:
    data = {"action": action, "_selected_action": [str(key) for key in keys]}
    return client.post(url, data).status_code


@pytest.mark.parametrize("url", PAGES)
def test_page_opens_for_managers_and_not_for_enumerators(
    url: str, as_alice: Client, as_charlie: Client
) -> None:
    assert as_alice.get(url).status_code == 200
    assert as_charlie.get(url, follow=True).status_code == 403


def test_household_page_tells_its_records(as_alice: Client) -> None:
    household = Household.objects.get()
    page = as_alice.get(f"/admin/households/household/{household.pk}/change/")
    assert page.status_code == 200
    assert b"Its own registration" in page.content


def test_legal_aid_is_shown_to_named_people_only(as_alice: Client, as_root: Client) -> None:
    legal = CleanRow.objects.get(restricted=True)
    for url in ("/admin/cleaning/cleanrow/", "/admin/cleaning/qualityflag/"):
        assert str(legal.pk) in as_alice.get(url).content.decode()
        assert str(legal.pk) not in as_root.get(url).content.decode()
    household = f"/admin/households/household/{Household.objects.get().pk}/change/"
    assert str(legal.pk) in as_alice.get(household).content.decode()
    assert str(legal.pk) not in as_root.get(household).content.decode()


def test_flag_can_be_settled(as_alice: Client) -> None:
    flag = QualityFlag.objects.get(code="attachment_missing")
    assert run_action(as_alice, "/admin/cleaning/qualityflag/", "settle", flag.pk) == 302
    flag.refresh_from_db()
    assert flag.settled_at is not None


def test_record_can_be_deleted_and_restored_by_a_manager(as_alice: Client) -> None:
    record = CleanRow.objects.get(repeat="", form__form_id="registration")
    run_action(as_alice, "/admin/cleaning/cleanrow/", "delete_records", record.pk)
    assert not CleanRow.objects.filter(record_id=record.pk).exists()
    assert DeletedRecord.objects.get().pk == record.pk

    run_action(as_alice, "/admin/cleaning/deletedrecord/", "restore_records", record.pk)
    assert CleanRow.objects.filter(pk=record.pk).exists()


def test_supervisor_sees_records_of_her_places_but_cannot_delete_them(as_dilnoza: Client) -> None:
    osh = Place.objects.create(
        code="KG06000000000", level=1, path="KG/KG06000000000", name_en="Osh"
    )
    CleanRow.objects.filter(form__form_id="registration").update(place=osh)
    record = CleanRow.objects.get(repeat="", place=osh)
    url = "/admin/cleaning/cleanrow/"
    assert str(record.pk) in as_dilnoza.get(url).content.decode()
    run_action(as_dilnoza, url, "delete_records", record.pk)
    assert CleanRow.objects.filter(pk=record.pk).exists()


def test_one_row_can_be_looked_at(as_alice: Client) -> None:
    row = CleanRow.objects.get(repeat="", form__form_id="registration")
    page = as_alice.get(f"/admin/cleaning/cleanrow/{row.pk}/change/")
    assert page.status_code == 200
    assert "Асанова" not in page.content.decode()
