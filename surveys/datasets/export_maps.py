"""Exports as maps: a feature for each row with a point, of each table that asks for one."""

from collections.abc import Iterator
from typing import Any

from surveys.datasets.export_sheets import Part, Reading, Watch
from surveys.datasets.files.maps import Feature, position_of


def features_of(reading: Reading, watch: Watch) -> Iterator[Feature]:
    """The first point of each row, as whole as may be seen; rows without one are passed over."""
    for part in reading.parts:
        points = _points(part)
        names = [*part.shape.keys, *(c.name for c in part.shape.columns)]
        kept = [at for at, name in enumerate(names) if at not in points]
        for block in watch(part.blocks(raw=reading.raw)):
            for row in zip(*block.columns, strict=True):
                position = _position(row, points)
                if position is not None:
                    properties = {names[at]: _plain(row[at]) for at in kept}
                    yield Feature(str(row[0]), part.name, position, properties)


def _points(part: Part) -> list[int]:
    """Where the columns with points stand."""
    first = len(part.shape.keys)
    return [at for at, c in enumerate(part.shape.columns, first) if c.field.type == "geopoint"]


def _position(row: tuple[Any, ...], points: list[int]) -> tuple[float, ...] | None:
    found = (position_of(row[at]) for at in points)
    return next(filter(None, found), None)


def _plain(value: Any) -> Any:
    """A value as JSON has it; lines and areas are left out, since they say where a home is."""
    if isinstance(value, list):
        return [one for one in value if isinstance(one, str)]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
