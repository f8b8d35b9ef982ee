"""Records with a point → GeoJSON (RFC 7946) or KML, one line a feature, in flat memory. Pure."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import orjson
from lxml import etree

from backend.said import Said
from surveys.datasets.files.variables import Losses

LOST = Said("texts lose control characters, which KML cannot hold")
NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
KML = "http://www.opengis.net/kml/2.2"


@dataclass(frozen=True, slots=True)
class Feature:
    """A record on the map: longitude, latitude and, where it is known, altitude in meters."""

    id: str
    table: str
    position: tuple[float, ...]
    properties: Mapping[str, Any]


def position_of(value: Any) -> tuple[float, ...] | None:
    """Where an answer lies: longitude, latitude, altitude if known. None without a point."""
    if not isinstance(value, Mapping):
        return None
    numbers = [_number(value.get(part)) for part in ("lon", "lat", "alt")]
    place = [number for number in numbers[:2] if number is not None]
    if len(place) < 2:
        return None
    return tuple(number for number in numbers if number is not None)


def write_geojson(
    path: Path, features: Iterable[Feature], about: Mapping[str, Any]
) -> dict[str, int]:
    """Writes a FeatureCollection; returns the features by table."""
    written: dict[str, int] = {}
    with path.open("wb") as file:
        file.write(b'{"type":"FeatureCollection","about":' + orjson.dumps(about) + b',"features":[')
        between = b"\n"
        for feature in features:
            file.write(between + orjson.dumps(_as_geojson(feature), default=float))
            between = b",\n"
            written[feature.table] = written.get(feature.table, 0) + 1
        file.write(b"\n]}\n")
    return written


def count_geojson(path: Path) -> dict[str, int]:
    """Features by table, each parsed again. Raises ValueError where the file is not whole."""
    counts: dict[str, int] = {}
    end = b""
    with path.open("rb") as file:
        head = file.readline()
        orjson.loads(head.rstrip(b"\n") + b"]}")
        for line in file:
            end = line
            if line != b"]}\n":
                table = orjson.loads(line.rstrip(b",\n"))["table"]
                counts[table] = counts.get(table, 0) + 1
    if end != b"]}\n":
        raise ValueError("the file has no end")
    return counts


def write_kml(
    path: Path, features: Iterable[Feature], about: Mapping[str, Any], notes: list[Said]
) -> dict[str, int]:
    """Writes a document of placemarks; returns them by table. `notes` gets what is lost."""
    written: dict[str, int] = {}
    losses: dict[str, Losses] = {}
    with path.open("w", encoding="utf-8") as file:
        file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="{KML}"><Document>')
        file.write(f"<name>{_xml(about.get('title', ''))}</name>")
        lines = "\n".join(f"{name}: {value}" for name, value in about.items())
        file.write(f"<description>{_xml(lines)}</description>")
        for feature in features:
            file.write(f"\n{_as_kml(feature)}")
            written[feature.table] = written.get(feature.table, 0) + 1
            _note_losses(feature, losses)
        file.write("\n</Document></kml>\n")
    notes += [note for table, lost in losses.items() for note in lost.sentences(table)]
    return written


def count_kml(path: Path) -> dict[str, int]:
    """Placemarks by table. Raises `XMLSyntaxError` where the file is not whole."""
    counts: dict[str, int] = {}
    marks: Iterator[Any] = etree.iterparse(
        path, tag=f"{{{KML}}}Placemark", resolve_entities=False, no_network=True
    )
    for _, mark in marks:
        table = mark.findtext(f"{{{KML}}}name")
        counts[table] = counts.get(table, 0) + 1
        mark.clear()
        while mark.getprevious() is not None:
            del mark.getparent()[0]
    return counts


def _as_geojson(feature: Feature) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": feature.id,
        "table": feature.table,  # a member of our own: a question may be called table too
        "geometry": {"type": "Point", "coordinates": feature.position},
        "properties": feature.properties,
    }


def _as_kml(feature: Feature) -> str:
    data = "".join(
        f"<Data name={quoteattr(_clean(name))}><value>{_xml(value)}</value></Data>"
        for name, value in feature.properties.items()
        if value is not None
    )
    where = ",".join(map(repr, feature.position))
    return (
        f"<Placemark id={quoteattr(f'r{feature.id}')}><name>{_xml(feature.table)}</name>"
        f"<ExtendedData>{data}</ExtendedData>"
        f"<Point><coordinates>{where}</coordinates></Point></Placemark>"
    )


def _note_losses(feature: Feature, losses: dict[str, Losses]) -> None:
    for name, value in feature.properties.items():
        if isinstance(value, str | list) and NOT_IN_XML.search(_words(value)):
            losses.setdefault(feature.table, Losses()).note(name, LOST)


def _xml(value: Any) -> str:
    return escape(_clean(value))


def _clean(value: Any) -> str:
    return NOT_IN_XML.sub("", _words(value))


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None
