"""Files of places → rows: units from CSV, dated names from CSV, outlines from GeoJSON.

Every load may run again, touches a file's rows only, and takes the same few queries however many
rows there are. All raise `ValueError` in plain words for a file they cannot use.
"""

import csv
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from surveys.places.models import Place, PlaceAlias
from surveys.places.tree import refresh_paths

Row = dict[str, str]

SHIPPED = Path(settings.BASE_DIR) / "data" / "places"
SHIPPED_FILES = (  # units before what refers to them
    *("admin_units.csv", "sample_villages.csv", "aliases.csv"),
    *("admin1_boundaries.geojson", "admin2_boundaries.geojson"),
)

# iso_3166_2, alt_names and note may be missing.
UNIT_COLUMNS = ("level", "code", "parent_code", "name_en", "name_ru", "name_local", "type")
ALIAS_COLUMNS = ("code", "name", "valid_from", "valid_to")


def load_file(path: Path) -> int:
    """Loads a file by what it holds: outlines, dated names, or units."""
    if path.suffix == ".geojson":
        return load_boundaries(path)
    with path.open("rb") as file:
        load = load_aliases if b"valid_from" in file.readline() else load_places
    return load(path)


def load_places(path: Path) -> int:
    """Adds or updates the places of a CSV file; returns how many it names.

    A parent is named by its code and stands in the file or is there already. Names in `alt_names`
    (separated by ;) become aliases without dates. A place that was merged stays so.
    """
    rows = _read(path, UNIT_COLUMNS)
    twice = [code for code, count in Counter(r["code"] for r in rows).items() if count > 1]
    if twice:
        raise ValueError(f"{path.name}: the code {twice[0]} stands there twice.")
    with transaction.atomic():
        known = {place.code: place for place in Place.objects.defer("boundary")}
        for level in sorted({_level(row) for row in rows}):  # parents before children
            _save_level([row for row in rows if _level(row) == level], known)
        _save_names(rows, known)
        refresh_paths()
    return len(rows)


def _save_level(rows: list[Row], known: dict[str, Place]) -> None:
    places = [_place(row, known) for row in rows]
    Place.objects.bulk_create(
        places,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=[
            *("parent", "level", "path", "kind", "name_en", "name_ru", "name_local"),
            *("iso_3166_2", "note"),
        ],
    )
    known |= {place.code: place for place in places}


def _place(row: Row, known: dict[str, Place]) -> Place:
    code, parent_code = row["code"], row["parent_code"]
    parent = known.get(parent_code)
    if parent_code and parent is None:
        raise ValueError(f"{code}: its parent {parent_code} is neither in the file nor loaded.")
    return Place(
        code=code,
        parent=parent,
        level=_level(row),
        path=f"{parent.path}/{code}" if parent else code,
        kind=row["type"],
        name_en=row["name_en"],
        name_ru=row["name_ru"],
        name_local=row["name_local"],
        iso_3166_2=row.get("iso_3166_2", ""),
        note=row.get("note", ""),
    )


def _level(row: Row) -> int:
    if row["level"] not in {str(level) for level in Place.Level.values}:
        raise ValueError(f"{row['code']}: “{row['level']}” is no level (0 country to 3 village).")
    return int(row["level"])


def _save_names(rows: list[Row], known: dict[str, Place]) -> None:
    names = [(r["code"], name.strip()) for r in rows for name in r.get("alt_names", "").split(";")]
    PlaceAlias.objects.bulk_create(
        [PlaceAlias(place=known[code], name=name) for code, name in names if name],
        ignore_conflicts=True,  # one that is there may have its dates
    )


def load_aliases(path: Path) -> int:
    """Gives places other names with the time they were in use; returns how many the file holds."""
    rows = _read(path, ALIAS_COLUMNS)
    places = Place.objects.in_bulk({row["code"] for row in rows}, field_name="code")
    PlaceAlias.objects.bulk_create(
        [_alias(row, places) for row in rows],
        update_conflicts=True,
        unique_fields=["place", "name"],
        update_fields=["valid_from", "valid_to"],
    )
    return len(rows)


def _alias(row: Row, places: dict[str, Place]) -> PlaceAlias:
    if row["code"] not in places:
        raise ValueError(f"{row['name']}: there is no place with the code {row['code']}.")
    return PlaceAlias(
        place=places[row["code"]],
        name=row["name"],
        valid_from=_day(row["valid_from"]),
        valid_to=_day(row["valid_to"]),
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def load_boundaries(path: Path) -> int:
    """Gives places their outline from GeoJSON by its property `code`; returns how many got one."""
    try:
        features: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["features"]
        outlines = {str(f["properties"]["code"]): f["geometry"] for f in features}
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name} is no GeoJSON with a property code.") from error
    places = list(Place.objects.filter(code__in=outlines))
    for place in places:
        place.boundary = outlines[place.code]
    Place.objects.bulk_update(places, ["boundary"])
    return len(places)


def _read(path: Path, columns: tuple[str, ...]) -> list[Row]:
    """Rows of a CSV in UTF-8, with or without a byte order mark; cells are text, trimmed."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [c for c in columns if c not in (reader.fieldnames or ())]
            if missing:
                raise ValueError(f"{path.name} lacks the column {', '.join(missing)}.")
            return [{k: (v or "").strip() for k, v in row.items() if k} for row in reader]
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} is not UTF-8; save it as “CSV UTF-8”.") from error
