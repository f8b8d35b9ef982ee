"""What people at desks do on the server that is measured; runs there, by `Bench.office`."""

import json
from typing import Any

from sync.enrol import enrol_device
from tests.households import DISTRICTS, add_households, change_households, villages_of

LARGE = ("KG", "KG06000000000", "KG06299000000")  # a district of its own, for the entity list
LARGE_VILLAGES = 20


def say(value: Any) -> None:
    print(json.dumps(value))


def fill_districts(count: int) -> list[str]:
    """Households in all of them; gives the districts' codes."""
    add_households(villages_of(DISTRICTS), count=count)
    return [district for _, _, district in DISTRICTS]


def fill_large_district(count: int) -> list[str]:
    add_households(villages_of([LARGE], each=LARGE_VILLAGES), count=count, seed=8)
    return [LARGE[2]]


def change_in_districts(count: int) -> None:
    change_households(villages_of(DISTRICTS), count=count)


def change_in_large_district(count: int) -> None:
    change_households(villages_of([LARGE], each=LARGE_VILLAGES), count=count)


def enrol(*, count: int, places: list[str]) -> list[str]:
    """Tokens of so many tablets for all these places."""
    return [enrol_device(name="bench", place_codes=places).token for _ in range(count)]


def enrol_by_district(*, count: int, districts: list[str]) -> list[str]:
    """Tokens of so many tablets, each for one district."""
    return [
        enrol_device(name="bench", place_codes=[districts[number % len(districts)]]).token
        for number in range(count)
    ]
