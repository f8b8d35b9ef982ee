"""load_places, load_boundaries: CSV and GeoJSON files → rows. Safe to run twice."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.db import transaction

from surveys.places.models import Place, PlaceAlias

Row = dict[str, str]


def load_places(path: Path) -> int:
    """Adds or updates the places of a CSV file; returns how many it names.

    Columns as in `data/places/admin_units.csv`. Codes are text; a parent is named by its code and
    stands in the file or is there already. Names in `alt_names` become aliases without dates.
    Raises `ValueError` for a parent that is nowhere.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [{k: (v or "").strip() for k, v in row.items()} for row in csv.DictReader(file)]
    with transaction.atomic():
        known = {p.code: p for p in Place.objects.all()}
        for level in sorted({int(row["level"]) for row in rows}):  # parents before children
            _save_level([row for row in rows if int(row["level"]) == level], known)
        _save_aliases(rows, known)
    return len(rows)


def _save_level(rows: list[Row], known: dict[str, Place]) -> None:
    places = [_place(row, known) for row in rows]
    Place.objects.bulk_create(
        places,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=[
            "parent",
            "level",
            "path",
            "kind",
            "name_en",
            "name_ru",
            "name_local",
            "iso_3166_2",
            "note",
        ],
    )
    known |= {place.code: place for place in places}


def _place(row: Row, known: dict[str, Place]) -> Place:
    code, parent_code = row["code"], row["parent_code"]
    if parent_code and parent_code not in known:
        raise ValueError(f"{code}: its parent {parent_code} is neither in the file nor loaded.")
    parent = known.get(parent_code)
    return Place(
        code=code,
        parent=parent,
        level=int(row["level"]),
        path=f"{parent.path}/{code}" if parent else code,
        kind=row["type"],
        name_en=row["name_en"],
        name_ru=row["name_ru"],
        name_local=row["name_local"],
        iso_3166_2=row["iso_3166_2"],
        note=row["note"],
    )


def _save_aliases(rows: list[Row], known: dict[str, Place]) -> None:
    names = ((known[row["code"]], name.strip()) for row in rows for name in _alt_names(row))
    PlaceAlias.objects.bulk_create(
        [PlaceAlias(place=place, name=name) for place, name in names if name],
        ignore_conflicts=True,
    )


def _alt_names(row: Row) -> Iterable[str]:
    return row["alt_names"].split(";")


def load_boundaries(path: Path) -> int:
    """Gives places their outline from a GeoJSON file by its property `code`; returns how many."""
    features: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["features"]
    outlines = {str(f["properties"]["code"]): f["geometry"] for f in features}
    places = list(Place.objects.filter(code__in=outlines))
    for place in places:
        place.boundary = outlines[place.code]
    Place.objects.bulk_update(places, ["boundary"])
    return len(places)
