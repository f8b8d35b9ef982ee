"""Names change; who knew the old one finds the place by it."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from surveys.places.models import Place, PlaceAlias
from surveys.places.rename import rename_place

pytestmark = pytest.mark.django_db
DAY = date(2016, 3, 1)


@pytest.fixture
def place(db: None) -> Place:
    return Place.objects.create(
        code="TJ1", level=2, path="TJ1", name_en="Ghonchi", name_ru="Ганчи", name_local="Ғончӣ"
    )


def old_names() -> dict[str, tuple[date | None, date | None]]:
    rows = PlaceAlias.objects.values_list("name", "valid_from", "valid_to")
    return {name: (since, until) for name, since, until in rows}


def test_old_names_are_kept_with_their_last_day(place: Place, alice: User) -> None:
    rename_place(place=place, name_en="Devashtich", name_local="Деваштич", on=DAY, by=alice)

    place.refresh_from_db()
    assert (place.code, place.name_en, place.name_ru) == ("TJ1", "Devashtich", "Ганчи")
    assert old_names() == {"Ghonchi": (None, DAY), "Ғончӣ": (None, DAY)}
    assert AuditEvent.objects.get(action="place.renamed").details == {"code": "TJ1"}


def test_renaming_twice_changes_nothing_more(place: Place) -> None:
    for _ in range(2):
        rename_place(place=place, name_en="Devashtich", on=DAY)

    assert old_names() == {"Ghonchi": (None, DAY)}
    assert AuditEvent.objects.filter(action="place.renamed").count() == 1


def test_name_that_comes_back_keeps_the_day_it_was_first_in_use(place: Place) -> None:
    since = date(1991, 9, 9)
    PlaceAlias.objects.create(place=place, name="Devashtich", valid_from=since)
    rename_place(place=place, name_en="Devashtich", on=DAY)

    rename_place(place=place, name_en="Ghonchi", on=date(2020, 1, 1))

    assert old_names()["Devashtich"] == (since, date(2020, 1, 1))


def test_place_is_renamed_by_command(place: Place) -> None:
    call_command("rename_place", "TJ1", "--ru", "Деваштич", "--on", "2016-03-01", stdout=StringIO())

    assert old_names() == {"Ганчи": (None, DAY)}
    with pytest.raises(CommandError, match="no place with the code 'nowhere'"):
        call_command("rename_place", "nowhere", "--en", "X")


def send(client: Client, place: Place, **changes: str) -> None:
    names = {"name_en": "Ghonchi", "name_ru": "Ганчи", "name_local": "Ғончӣ"}
    inline = {"aliases-TOTAL_FORMS": "0", "aliases-INITIAL_FORMS": "0"}
    page = f"/admin/places/place/{place.pk}/change/"
    answer = client.post(page, {**names, **inline, **changes})
    assert answer.status_code == 302, answer.content.decode()


def test_console_tells_a_new_name_from_a_corrected_one(place: Place, as_alice: Client) -> None:
    send(as_alice, place, name_en="Gonchi")
    assert old_names() == {}

    send(as_alice, place, name_en="Devashtich", renamed_on="2016-03-01")
    assert old_names() == {"Gonchi": (None, DAY)}
    place.refresh_from_db()
    assert place.name_en == "Devashtich"
