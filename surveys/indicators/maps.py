"""An indicator by district: on a map, in a table with a column a group, and as GeoJSON.

All of it is made of the figures as they may leave (`publish.py`): what is hidden in the tables is
hatched here and in no file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from backend.percents import written_percent
from surveys.indicators.display import Names, number_words
from surveys.indicators.figures import Kind, Measure
from surveys.indicators.grouping import COUNTRY, DISTRICT
from surveys.indicators.publish import Shown
from surveys.indicators.read import Told, told_of
from surveys.indicators.words import GROUPS, MEASURES, VALUES, word
from surveys.places.maps import Area, Map, Value, draw_map
from surveys.places.naming import name_order
from surveys.places.outlines import district_outlines


@dataclass(frozen=True, slots=True)
class DistrictMap:
    """A map of the headline; `title` says of which round, where it has several."""

    title: str
    map: Map


@dataclass(frozen=True, slots=True)
class Pivot:
    """One row a district: its name, a number for each value of the group, and all of them."""

    title: str
    columns: list[str]
    rows: list[tuple[str, list[str]]]


def whole_districts(told: Told) -> Told:
    """The same question, broken down by district and nothing else."""
    if told.asked.by == (DISTRICT,):
        return told
    return told_of(replace(told.asked, by=(DISTRICT,)), told.result)


def district_maps(told: Told) -> list[DistrictMap]:
    """`told` is of whole districts. None of classes, which are several numbers a district."""
    measure = told.asked.definition.headline
    if measure.kind == Kind.CLASSES:
        return []
    facets: dict[tuple[str, ...], dict[str, Value]] = {}
    for row in told.figures:
        if row.measure == measure.key and (value := _value(measure, row)):
            facets.setdefault(_facet(row), {})[row.group[DISTRICT]] = value
    areas = district_outlines() if facets else []
    found = [_drawn(measure, at, facet, areas, facets[facet]) for at, facet in enumerate(facets)]
    return [each for each in found if each.map.svg]


def _drawn(
    measure: Measure,
    at: int,
    facet: tuple[str, ...],
    areas: list[Area],
    values: Mapping[str, Value],
) -> DistrictMap:
    title = " · ".join([word(MEASURES, measure.key), *(word(VALUES, each) for each in facet)])
    return DistrictMap(title, draw_map(f"map-{at}", title, areas, values))


def _facet(row: Shown) -> tuple[str, ...]:
    """What a figure is of besides its district, which says its country."""
    return tuple(value for name, value in row.by if name not in {DISTRICT, COUNTRY})


def _value(measure: Measure, row: Shown) -> Value | None:
    """None of a number that does not exist, such as a share of nobody."""
    if row.number is not None:
        return Value(row.number, _short(measure, row.number))
    return Value(None) if row.words else None


def _short(measure: Measure, number: float) -> str:
    """As it fits into a district: shares without a decimal; the table has them all."""
    if measure.kind == Kind.SHARE:
        return written_percent(number)
    return number_words(measure, number)


def pivot_of(told: Told, whole: Told, names: Names) -> Pivot | None:
    """The headline by district and one group more that its measure adds over; else None."""
    measure = told.asked.definition.headline
    others = [name for name in told.asked.by if name != DISTRICT]
    if len(others) != 1 or measure.kind == Kind.CLASSES or measure.split:
        return None
    values = sorted({row.group[others[0]] for row in told.figures if row.measure == measure.key})
    cells = {
        (row.group[DISTRICT], row.group.get(others[0], "")): _words(measure, row)
        for row in (*told.figures, *whole.figures)
        if row.measure == measure.key
    }
    districts = dict.fromkeys(code for code, value in cells if not value)
    rows = [
        (
            names.get(code) or word(VALUES, code),
            [cells.get((code, value), "–") for value in [*values, ""]],
        )
        for code in districts
    ]
    heads = [names.get(value) or word(VALUES, value) for value in values]
    title = f"{word(MEASURES, measure.key)}: {word(GROUPS, others[0])}"
    return Pivot(title, [*heads, _("all")], sorted(rows, key=lambda row: name_order(row[0])))


def _words(measure: Measure, row: Shown) -> str:
    return number_words(measure, row.number, row.words)


def geojson_of(told: Told, names: Names) -> dict[str, Any]:
    """One feature a district that has figures; each measure, and each group of it, a property.

    What is hidden is null, and why stands in the property with `_hidden` behind its name. Where
    there is no outline (`unknown`), geometry is null and the code stands in `unmatched`.
    """
    outlines = {area.code: area for area in district_outlines()}
    districts: dict[str, dict[str, Any]] = {}
    for row in told.figures:
        code = row.group[DISTRICT]
        districts.setdefault(code, {}).update(_properties(row))
    return {
        "type": "FeatureCollection",
        "indicator": told.asked.definition.code,
        "as_of": told.run.as_of,
        "unmatched": sorted(set(districts) - set(outlines)),
        "features": [
            {
                "type": "Feature",
                "id": code,
                "geometry": outlines[code].geometry if code in outlines else None,
                "properties": {**_place(code, told, names), **districts[code]},
            }
            for code in sorted(districts)
        ],
    }


def _place(code: str, told: Told, names: Names) -> dict[str, Any]:
    oblast = told.run.parents.get(code)
    return {
        "code": code,
        "name": names.get(code) or word(VALUES, code),
        "oblast": oblast,
        "oblast_name": names.get(oblast or ""),
    }


def _properties(row: Shown) -> Iterator[tuple[str, Any]]:
    name = "_".join((row.measure, *_facet(row)))
    yield name, row.number
    if row.words:
        yield f"{name}_hidden", row.words
