"""Where the invented families live: real districts, invented villages."""

import csv
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

DATA = Path(__file__).resolve().parents[2] / "data" / "places"
SOUTH = ("KG05", "KG06", "KG03")  # Osh, Batken and Jalal-Abad also speak Uzbek


@dataclass(frozen=True, slots=True)
class Village:
    """`languages` holds a code as often as it is spoken."""

    code: str
    lat: float
    lon: float
    languages: tuple[str, ...]
    households: int


@dataclass(frozen=True, slots=True)
class District:
    """`number` is unique in a stream, `in_country` within a country."""

    number: int
    country: str
    in_country: int
    name: str
    villages: tuple[Village, ...]


@cache
def centres() -> dict[str, tuple[float, float]]:
    """The middle of each district's box, by code."""
    features = json.loads((DATA / "admin2_boundaries.geojson").read_text())["features"]
    middles = {}
    for feature in features:
        points = list(_points(feature["geometry"]["coordinates"]))
        lons, lats = [p[0] for p in points], [p[1] for p in points]
        middles[feature["properties"]["code"]] = (
            (min(lats) + max(lats)) / 2,
            (min(lons) + max(lons)) / 2,
        )
    return middles


def _points(nest: list[Any]) -> list[list[float]]:
    return [nest] if isinstance(nest[0], float | int) else [p for n in nest for p in _points(n)]


@cache
def known_districts() -> tuple[tuple[str, str, str], ...]:
    """Country, code and local name of every district whose place is known."""
    with (DATA / "admin_units.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["level"] == "2" and r["code"] in centres()]
    return tuple((r["country"], r["code"], _short(r["name_local"] or r["name_ru"])) for r in rows)


def _short(name: str) -> str:
    return re.sub(r"^(ноҳияи|шаҳри)\s+|\s+(району|шаары)$", "", name, flags=re.IGNORECASE).strip()


def lay_out(rng: Random, households: int, villages: int) -> list[District]:
    """Districts of two or more villages of very unequal sizes that add up to `households`."""
    known = rng.sample(known_districts(), min(len(known_districts()), max(1, villages // 2)))
    sizes = share_out(rng, households, max(villages, len(known)))
    seen = {"KG": 0, "TJ": 0}
    districts = []
    for number, (country, code, name) in enumerate(known, 1):
        seen[country] += 1
        parts = [_village(rng, code, country, seen[country], n + 1, size)
                 for n, size in enumerate(sizes[number - 1 :: len(known)])]  # fmt: skip
        districts.append(District(number, country, seen[country], name, tuple(parts)))
    return districts


def share_out(rng: Random, total: int, parts: int) -> list[int]:
    """Unequal whole parts, in no order; the largest may be a fifth of all."""
    weights = [min(rng.lognormvariate(0, 1.2), 0.22 * parts) for _ in range(parts)]
    sizes = [int(total * weight / sum(weights)) for weight in weights]
    sizes[sizes.index(max(sizes))] += total - sum(sizes)
    return sizes


def _village(
    rng: Random, code: str, country: str, district: int, number: int, size: int
) -> Village:
    lat, lon = centres()[code]
    languages = ("ky",) * 12 if country == "KG" else ("tg",) * 12
    if code.startswith(SOUTH) and rng.random() < 0.35:
        languages = ("uz",) * 10 + ("ky",) * 2
    elif country == "TJ" and rng.random() < 0.25:
        languages = (("uz",) if rng.random() < 0.6 else ("ky",)) * 9 + ("tg",) * 3
    place = lat + 0.04 * (rng.random() - 0.5), lon + 0.06 * (rng.random() - 0.5)
    return Village(f"{country}-{district:02d}-{number:03d}", *place, languages, size)
