"""ranked: enumerators by how much of what they do needs looking at, or by one measure. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

Json = dict[str, Any]
Key = tuple[float, ...]


def ranked(lines: Iterable[Json], measure: str = "") -> list[Json]:
    """Lines with `rank`, `standing_out` and `furthest`, the first to look at first.

    By how many measures stand out (far or narrow), then by the largest distance of any; by one
    measure, its distance alone. Who is alike shares a rank (1, 1, 3) and stands by name.
    `furthest` is in standard errors, without its sign; None where nothing can be far.
    """
    told = [{**line, **_standing(line["effects"])} for line in lines]
    keys = [_key(line, measure) for line in told]
    ordered = sorted(keys, reverse=True)
    for line, key in zip(told, keys, strict=True):
        line["rank"] = ordered.index(key) + 1
    return sorted(told, key=lambda line: (line["rank"], line["enumerator"]))


def _standing(effects: Mapping[str, Json]) -> Json:
    distances = [abs(e["z"]) for e in effects.values() if e["z"] is not None]
    return {
        "standing_out": sum(e["far"] or e["narrow"] for e in effects.values()),
        "furthest": max(distances, default=None),
    }


def _key(line: Json, measure: str) -> Key:
    """The larger, the sooner; below all others where there is no distance."""
    if not measure:
        return line["standing_out"], -1.0 if line["furthest"] is None else line["furthest"]
    z = line["effects"].get(measure, {}).get("z")
    return (-1.0 if z is None else abs(z),)
