"""Tablets in the console: sheets that are shown once, the register, who may do what."""

import base64
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from surveys.places.models import Place
from surveys.rounds.models import Round, Survey
from sync.auth import forget_callers
from sync.enrol import enrol_device, revoke_device, use_enrolment_code
from sync.models import Assignment, Device
from tests.device import Tablet, client_door
from tests.openrosa.conftest import make_form

pytestmark = pytest.mark.django_db
LIST, ADD = "/admin/sync/device/", "/admin/sync/device/add/"


@pytest.fixture
def osh() -> Place:
    return Place.objects.create(code="KG06000000000", level=1, path="KG/KG06", name_en="Osh")


@pytest.fixture
def khatlon() -> Place:
    return Place.objects.create(code="TJ02", level=1, path="TJ/TJ02", name_en="Khatlon")


def enrol(client: Client, **chosen: object) -> str:
    answer = client.post(ADD, {"names": "Tablet 9", "way": "token", **chosen})
    assert answer.status_code == 200
    return answer.content.decode()


def act(client: Client, action: str, *devices: Device) -> str:
    chosen = {"action": action, "_selected_action": [device.pk for device in devices]}
    answer = client.post(LIST, chosen, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def server_urls(page: str) -> list[str]:
    return re.findall(r"http://testserver/key/\w+", page)


def test_many_tablets_are_enrolled_at_once_and_their_codes_shown_once(as_alice: Client) -> None:
    page = enrol(as_alice, names="Планшет «Ош» № 7\n\n  Ғафуров  ҷӯра \nПланшет «Ош» № 7\n")

    assert set(Device.objects.values_list("name", flat=True)) == {
        "Планшет «Ош» № 7",
        "Ғафуров ҷӯра",
    }
    urls = server_urls(page)
    assert len(urls) == 2
    make_form()
    for url in urls:
        assert Tablet(url, client_door(Client())).form_list()
    later = as_alice.get(LIST).content.decode()
    later += as_alice.get(f"{LIST}{Device.objects.first().pk}/change/").content.decode()
    assert "/key/" not in later


def test_C1_the_pictures_on_the_sheet_are_pngs_to_keep(as_alice: Client) -> None:
    page = enrol(as_alice)

    (picture,) = set(re.findall(r"data:image/png;base64,([^\"]+)", page))
    assert base64.b64decode(picture).startswith(b"\x89PNG")
    assert re.search(r'download="tablet-\d+.png"', page)


def test_no_browser_keeps_a_sheet(as_alice: Client) -> None:
    answer = as_alice.post(ADD, {"names": "Tablet 9", "way": "token"})

    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("language", ["ky", "tg", "ru", "en"])
def test_the_sheet_speaks_the_enumerators_language(as_alice: Client, language: str) -> None:
    assert f'<li lang="{language}">' in enrol(as_alice)


def test_C5_a_sheet_may_carry_a_name_and_password(as_alice: Client) -> None:
    page = enrol(as_alice, way="password")

    name, password = re.findall(r"<code>(tablet\d+|\w{5}-\w{5}-\w{5})</code>", page)
    header = "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
    tablet = Tablet("https://testserver/openrosa", client_door(Client()))
    tablet.headers["Authorization"] = header
    make_form()
    assert tablet.form_list()
    assert "<code>http://testserver/openrosa</code>" in page


def test_sync_1_a_sheet_may_carry_a_one_time_code(as_alice: Client) -> None:
    page = enrol(as_alice, way="code")

    (code,) = re.findall(r"<code>(\w{4}-\w{4}-\w{4})</code>", page)
    assert use_enrolment_code(code=code).device.name == "Tablet 9"


def test_tablets_are_given_places_and_rounds(as_alice: Client, osh: Place) -> None:
    survey = Survey.objects.create(code="rmp", name="Programme")
    baseline = Round.objects.create(survey=survey, code="baseline", name="Baseline")

    page = enrol(as_alice, places=[osh.pk], rounds=[baseline.pk])

    device = Device.objects.get()
    assert [place.code for place in device.places.all()] == [osh.code]
    assert [each.round for each in device.assignments.all()] == [baseline]
    assert "Osh" in page


@pytest.mark.parametrize("names", ["", "\n \n", "x" * 121, "\n".join(map(str, range(201)))])
def test_names_that_cannot_be_enrol_nothing(as_alice: Client, names: str) -> None:
    page = as_alice.post(ADD, {"names": names, "way": "token"}).content.decode()

    assert "errorlist" in page
    assert not Device.objects.exists()


def test_a_supervisor_of_an_oblast_enrols_for_her_places_only(
    as_dilnoza: Client, osh: Place, khatlon: Place
) -> None:
    for places in ([], [khatlon.pk], [osh.pk, khatlon.pk]):
        refused = as_dilnoza.post(ADD, {"names": "A", "way": "token", "places": places})
        assert "errorlist" in refused.content.decode()
    assert not Device.objects.exists()

    assert server_urls(enrol(as_dilnoza, places=[osh.pk]))


def test_a_supervisor_of_an_oblast_gets_no_token_of_a_tablet_elsewhere(
    as_dilnoza: Client, osh: Place, khatlon: Place
) -> None:
    here, there, everywhere = (
        enrol_device(name=name, place_codes=codes).device
        for name, codes in (("here", [osh.code]), ("there", [khatlon.code]), ("everywhere", []))
    )

    page = act(as_dilnoza, "new_token", here, there, everywhere)

    assert len(server_urls(page)) == 1
    assert there.tokens.filter(replaced_at=None).count() == there.tokens.count() == 1
    assert as_dilnoza.get(f"{LIST}{everywhere.pk}/change/").status_code == 302
    listed = as_dilnoza.get(LIST).content.decode()
    assert ">here<" in listed
    assert ">there<" not in listed


def test_an_analyst_enrols_nothing(as_bob: Client) -> None:
    assert as_bob.post(ADD, {"names": "Tablet 9", "way": "token"}).status_code in {302, 403}
    assert not Device.objects.exists()


def test_C4_a_new_token_is_shown_and_the_old_one_replaced(as_alice: Client) -> None:
    device = enrol_device(name="Tablet").device

    page = act(as_alice, "new_token", device)

    make_form()
    assert Tablet(server_urls(page)[0], client_door(Client())).form_list()
    assert device.tokens.filter(replaced_at=None).count() == 1


def test_access_is_ended_restored_and_only_then_given_anew(as_alice: Client, alice: User) -> None:
    device = enrol_device(name="Tablet").device

    act(as_alice, "revoke", device)
    page = act(as_alice, "new_token", device)
    assert "Tablet: The access of this tablet was ended" in page
    assert not server_urls(page)

    act(as_alice, "restore", device)
    assert server_urls(act(as_alice, "new_token", device))
    events = AuditEvent.objects.filter(by=alice).values_list("action", flat=True)
    assert {"device.revoked", "device.restored", "device.token_rotated"} <= set(events)


def test_other_places_and_rounds_count_at_once(as_alice: Client, osh: Place) -> None:
    device = enrol_device(name="Tablet").device
    survey = Survey.objects.create(code="rmp", name="Programme")
    baseline = Round.objects.create(survey=survey, code="baseline", name="Baseline")

    answer = as_alice.post(
        f"{LIST}{device.pk}/change/",
        {
            "name": "Tablet 7",
            "places": [osh.pk],
            "assignments-TOTAL_FORMS": "1",
            "assignments-INITIAL_FORMS": "0",
            "assignments-0-round": baseline.pk,
            "assignments-0-device": device.pk,
        },
    )

    assert answer.status_code == 302, answer.content.decode()
    device.refresh_from_db()
    assert (device.name, device.places.get()) == ("Tablet 7", osh)
    assert Assignment.objects.get().round == baseline
    event = AuditEvent.objects.get(action="device.changed")
    assert event.details == {"fields": ["name", "places", "rounds"]}


def test_the_list_says_what_each_tablet_said_of_itself(as_alice: Client) -> None:
    make_form(version="2")
    device = enrol_device(name="Планшет № 7").device
    now = timezone.now()
    Device.objects.filter(pk=device.pk).update(
        last_seen_at=now - timedelta(days=20),
        app="ODK Collect v2025.3.3",
        unsent=17,
        oldest_unsent_at=now - timedelta(days=5),
        battery=41,
        free_mb=8200,
        clock_drift_seconds=-3 * 3600,
        forms=[{"form_id": "visit", "version": "1"}, {"form_id": "gone", "version": "1"}],
    )

    page = as_alice.get(LIST).content.decode()

    for words in (
        "⚠ 2\xa0weeks ago",
        "17, the oldest 5\xa0days ago",
        "2, outdated: visit",
        "41 %",
        "8,200 MB",
        "3 h behind",
        "ODK Collect v2025.3.3",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("asked", "names"),
    [("?overdue=1", {"lost"}), ("?overdue=0", {"near"}), ("?ended=1", {"ended"})],
)
def test_the_list_shows_the_overdue_alone(as_alice: Client, asked: str, names: set[str]) -> None:
    for name in ("near", "lost", "ended"):
        enrol_device(name=name)
    Device.objects.exclude(name="near").update(last_seen_at=timezone.now() - timedelta(days=99))
    revoke_device(device=Device.objects.get(name="ended"))

    page = as_alice.get(LIST + asked).content.decode()

    assert {name for name in ("near", "lost", "ended") if f">{name}</a>" in page} == names


@pytest.mark.parametrize("order", [1, 2, -2, 3, 5, -6, 7])
def test_the_list_can_be_sorted(as_alice: Client, order: int) -> None:
    enrol_device(name="Tablet")

    assert as_alice.get(f"{LIST}?o={order}").status_code == 200


def test_the_first_page_names_the_overdue_first(as_alice: Client) -> None:
    for number in range(9):
        enrol_device(name=f"near {number}")
    enrol_device(name="lost")
    Device.objects.filter(name="lost").update(last_seen_at=timezone.now() - timedelta(days=99))

    page = as_alice.get("/").content.decode()

    assert "1 overdue" in page
    assert page.index("lost") < page.index("near 0")


def get(client: Client, query: str = "") -> list[dict[str, object]]:
    answer = client.get(f"/api/v1/devices/{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def test_the_register_is_there_for_tools(as_alice: Client, osh: Place) -> None:
    make_form(version="2")
    device = enrol_device(name="Tablet", place_codes=[osh.code]).device
    Device.objects.update(
        unsent=3, forms=[{"form_id": "visit", "version": "1"}], created_at="2014-05-01T00:00Z"
    )

    (found,) = get(as_alice, "?overdue=1")

    assert (found["id"], found["name"], found["places"]) == (device.pk, "Tablet", [osh.code])
    assert (found["overdue"], found["unsent"], found["battery"]) == (True, 3, None)
    assert found["forms"] == [{"form_id": "visit", "version": "1", "outdated": True}]
    assert "ha1" not in found
    assert get(as_alice, "?overdue=0") == []


def test_the_register_is_sorted_as_asked(as_alice: Client) -> None:
    for name, unsent in (("a", 1), ("b", 3), ("c", 2)):
        device = enrol_device(name=name).device
        Device.objects.filter(pk=device.pk).update(unsent=unsent)

    assert [found["name"] for found in get(as_alice, "?sort=-unsent")] == ["b", "c", "a"]
    assert as_alice.get("/api/v1/devices/?sort=ha1").json()["code"] == "request_malformed"
    assert as_alice.get("/api/v1/devices/?overdue=x").json()["code"] == "request_malformed"


def test_the_register_is_for_those_who_manage_tablets(
    as_bob: Client, as_charlie: Client, as_dilnoza: Client, osh: Place
) -> None:
    enrol_device(name="here", place_codes=[osh.code])
    enrol_device(name="everywhere")

    for client in (as_bob, as_charlie):
        assert client.get("/api/v1/devices/").json()["code"] == "not_allowed"
    assert [found["name"] for found in get(as_dilnoza)] == ["here"]
    assert Client().get("/api/v1/devices/").status_code == 401


def test_the_register_asks_the_database_the_same_however_many_there_are(
    as_alice: Client, osh: Place, django_assert_max_num_queries: object
) -> None:
    for number in range(20):
        enrol_device(name=str(number), place_codes=[osh.code])

    with django_assert_max_num_queries(8):
        assert len(get(as_alice)) == 20


def test_a_tablet_in_the_field_is_not_stopped_by_a_new_name(as_alice: Client) -> None:
    enrolled = enrol_device(name="Tablet")
    tablet = Tablet(enrolled.server_url("http://testserver"), client_door(Client()))
    make_form()
    assert tablet.form_list()

    as_alice.post(
        f"{LIST}{enrolled.device.pk}/change/",
        {"name": "Other", "assignments-TOTAL_FORMS": "0", "assignments-INITIAL_FORMS": "0"},
    )
    forget_callers()

    assert tablet.form_list()
    assert Device.objects.get().name == "Other"
