"""How far a point lies outside an outline."""

import pytest

from surveys.places.outside import kilometres_outside

SQUARE = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
HOLE = [[0.4, 0.4], [0.6, 0.4], [0.6, 0.6], [0.4, 0.6], [0.4, 0.4]]
FAR = [[3, 3], [4, 3], [4, 4], [3, 4], [3, 3]]


@pytest.mark.parametrize(
    ("lat", "lon", "away"),
    [
        (0.5, 0.2, 0),
        (0.5, 0.5, 11.1),  # in the hole
        (0.5, 1.1, 11.1),
        (-0.1, 0.5, 11.1),
        (1.1, 1.1, 15.7),  # from the corner
        (3.5, 3.5, 0),  # in the second part
        (3.5, 4.5, 55.5),
    ],
)
def test_kilometres_beyond_the_nearest_edge(lat: float, lon: float, away: float) -> None:
    found = kilometres_outside(lat, lon, [[SQUARE, HOLE], [FAR]])
    assert found == pytest.approx(away, abs=0.1)


def test_degrees_of_longitude_are_shorter_in_the_north() -> None:
    north = [[[x, y + 40] for x, y in SQUARE]]
    assert kilometres_outside(40.5, 1.1, [north]) == pytest.approx(8.46, abs=0.05)


def test_nothing_is_outside_of_no_outline() -> None:
    assert kilometres_outside(40, 70, []) == 0
