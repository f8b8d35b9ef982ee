"""Places are merged while tablets hold their households: by either wire each tablet ends up with
exactly the households of its places of today.
"""

import csv
from datetime import date

import pytest
from django.test import Client, RequestFactory

from surveys.entities.models import Entity
from surveys.entities.publish import entity_csv, entity_list_token, forget_places
from surveys.lifecycle.places import merge_place, undo_merge
from surveys.places.models import Place
from surveys.rounds.models import Communities
from sync.auth import authenticate, forget_callers
from sync.enrol import enrol_device
from tests.surveys.household_forms import (
    REGISTRATION,
    SERVICE,
    arrive,
    drain,
    entity_of,
    publish,
    registration,
)
from tests.sync.api.device import JsonTablet
from tests.sync.api.holdings import Holdings

pytestmark = pytest.mark.django_db
# Two oblasts with a district each, and the villages of those.
PATHS = ("K", "K/O", "K/P", "K/O/D", "K/P/E", "K/O/D/v", "K/O/D/w", "K/P/E/x")
EVERYONE = {"v", "w", "x"}


class Watcher:
    """A tablet that hears of changes by pulling, beside what it would fetch as a CSV."""

    def __init__(self, *codes: str) -> None:
        self.token = enrol_device(name="Tablet", place_codes=codes).token
        self.held = Holdings(JsonTablet(Client(), self.token))

    @property
    def places(self) -> Communities:
        return authenticate(RequestFactory().get("/"), self.token).places

    def token_of_list(self) -> str:
        return entity_list_token("households", self.places)

    def sees(self) -> set[str]:
        """The villages whose households it holds after its next pull."""
        rows = csv.DictReader(entity_csv("households", self.places).decode().splitlines())
        fetched = {row["name"] for row in rows}
        assert set(self.held.pull().households) == fetched
        return {village for village in EVERYONE if str(entity_of(village)) in fetched}


@pytest.fixture(autouse=True)
def _villages(db: None) -> None:
    publish(REGISTRATION)
    publish(SERVICE)
    places: dict[str, Place] = {}
    for path in PATHS:
        above, _, code = path.rpartition("/")
        places[path] = Place.objects.create(
            code=code, path=path, parent=places.get(above), level=path.count("/"), name_en=code
        )
    for number, village in enumerate(sorted(EVERYONE)):
        card = f"KG-06-{number:05}"
        arrive(registration(village, card=card, district=village, entity=entity_of(village)))
    drain()


@pytest.fixture
def tablets(_villages: None) -> dict[str, Watcher]:
    """One for each of these places, and one for everywhere; all have pulled."""
    watchers = {code: Watcher(code) for code in ("O", "P", "D", "E", "v", "w", "x")}
    watchers[""] = Watcher()
    for watcher in watchers.values():
        watcher.sees()
    return watchers


def merge(code: str, into: str) -> None:
    place, other = Place.objects.get(code=code), Place.objects.get(code=into)
    merge_place(place=place, into=other, on=date(2026, 5, 1))
    drain()
    half_a_minute_later()


def undo(code: str) -> None:
    undo_merge(place=Place.objects.get(code=code))
    drain()
    half_a_minute_later()


def half_a_minute_later() -> None:
    """Every process asks again by then what a tablet's places are."""
    forget_callers()
    forget_places()


def seen(tablets: dict[str, Watcher]) -> dict[str, str]:
    return {code: "".join(sorted(watcher.sees())) for code, watcher in tablets.items()}


BEFORE = {"O": "vw", "P": "x", "D": "vw", "E": "x", "v": "v", "w": "w", "x": "x", "": "vwx"}


def test_village_that_is_merged_takes_its_households_along(tablets: dict[str, Watcher]) -> None:
    assert seen(tablets) == BEFORE

    merge("v", "x")

    moved = {"O": "w", "P": "vx", "D": "w", "E": "vx", "v": "vx", "w": "w", "x": "vx", "": "vwx"}
    assert seen(tablets) == moved
    undo("v")
    assert seen(tablets) == BEFORE


def test_district_that_is_merged_takes_its_villages_along(tablets: dict[str, Watcher]) -> None:
    merge("D", "E")

    together = {"O": "", "P": "vwx", "D": "vwx", "E": "vwx"}
    assert seen(tablets) == {**BEFORE, **together}
    undo("D")
    assert seen(tablets) == BEFORE


def test_mergers_in_a_chain_and_undone_in_any_order(tablets: dict[str, Watcher]) -> None:
    merge("v", "w")
    merge("w", "x")
    assert seen(tablets)["v"] == "vwx"
    assert seen(tablets)["O"] == ""

    undo("v")
    assert seen(tablets)["v"] == "v"
    assert seen(tablets)["x"] == "wx"
    undo("w")
    assert seen(tablets) == BEFORE


def test_late_registration_of_a_merged_village_is_on_the_list_of_the_other(
    tablets: dict[str, Watcher],
) -> None:
    merge("v", "x")
    late = entity_of("late")
    arrive(registration("late", card="KG-06-00099", district="v", entity=late))
    drain()

    tablets["x"].sees()
    tablets["O"].sees()
    assert str(late) in tablets["x"].held.households
    assert str(late) not in tablets["O"].held.households
    assert Entity.objects.get(pk=late).data["district"] == "v"


def test_merger_elsewhere_is_nothing_new_for_a_tablet(tablets: dict[str, Watcher]) -> None:
    before, page = tablets["x"].token_of_list(), tablets["x"].held.pull_page()

    merge("v", "w")

    assert tablets["x"].token_of_list() == before
    after = tablets["x"].held.pull_page()
    assert (page["entities"], after["entities"], after["reset"]) == ([], [], False)
