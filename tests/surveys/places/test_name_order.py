"""Lists of places by their names in the language of the reader."""

import re

import pytest
from django.test import Client
from django.utils import translation

from backend.accounts.models import User
from surveys.places.models import Place
from surveys.places.naming import in_tree, place_choices

pytestmark = pytest.mark.django_db
OBLASTS = {"TJ1": ("Yangi", "Ҷалолобод"), "TJ2": ("Asht", "Ӯзбекистон"), "TJ3": ("Zafar", "Узум")}


@pytest.fixture
def tree(db: None) -> None:
    for code, (english, local) in OBLASTS.items():
        oblast = _place(code, None, 1, english, local)
        _place(f"{code}B", oblast, 2, "Mir", "Қӯрғонтеппа")
        _place(f"{code}A", oblast, 2, "Nur", "Кӯлоб")


def _place(code: str, parent: Place | None, level: int, name: str, local: str) -> Place:
    path = f"{parent.path}/{code}" if parent else f"TJ/{code}"
    return Place.objects.create(
        code=code, parent=parent, level=level, path=path, name_en=name, name_local=local
    )


def names(language: str) -> list[str]:
    with translation.override(language):
        return [choice.name for choice in place_choices(None)]


def test_places_follow_the_one_they_lie_in_by_name(tree: None) -> None:
    assert names("tg") == [
        *("Узум", "Кӯлоб", "Қӯрғонтеппа", "Ӯзбекистон", "Кӯлоб", "Қӯрғонтеппа"),
        *("Ҷалолобод", "Кӯлоб", "Қӯрғонтеппа"),
    ]
    assert names("en") == ["Asht", "Mir", "Nur", "Yangi", "Mir", "Nur", "Zafar", "Mir", "Nur"]


def test_place_without_the_one_above_it_is_sorted_by_the_code_of_that(tree: None) -> None:
    districts = Place.objects.filter(level=Place.Level.DISTRICT)

    assert [place.code for place in in_tree(districts)] == [
        *("TJ1B", "TJ1A", "TJ2B", "TJ2A", "TJ3B", "TJ3A"),
    ]


@pytest.mark.parametrize("page", ["/review/", "/links/"])
def test_filter_of_a_page_offers_them_in_the_language_of_the_reader(
    as_alice: Client, alice: User, tree: None, page: str
) -> None:
    User.objects.filter(pk=alice.pk).update(language="tg")

    shown = as_alice.get(page, headers={"accept": "text/html"}).content.decode()

    select = shown[shown.index('<select id="place"') :]
    offered = re.findall(r'<option value="(TJ\d)">', select[: select.index("</select>")])
    assert offered == ["TJ3", "TJ2", "TJ1"]
