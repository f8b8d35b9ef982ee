"""What is left of a personal answer where its class allows more than nothing. Pure.

A point is given to 0.01 degree, about a kilometre. A birth date or year is given as the first year
of its five-year band: 1985 stands for 1985 to 1989, as does 1985-01-01. So is an age that its
author classed as direct: 35 stands for 35 to 39.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from surveys.xforms.schema import Field

POINT, BIRTH_DATE, BAND = "0.01 degree", "birth date in five-year bands", "five-year band"
BAND_YEARS = 5
_BIRTH = re.compile(r"(^|_)(birth|born|dob)(_|$|date|year)", re.I)
_YEAR = re.compile(r"(?<![0-9])([0-9]{4})(?![0-9])")
_AGE = re.compile(r"(^|_)age(_|$)", re.I)


def coarsening(field: Field) -> str:
    """How the answer of a field is coarsened for who may not see it whole; "" where it is not.

    Only direct and quasi identifiers are: a sensitive answer is withheld, an open one shown.
    """
    if field.restricted or field.privacy not in {"direct", "quasi"}:
        return ""
    if field.type == "geopoint":
        return POINT
    if _BIRTH.search(field.name):
        return {"date": BIRTH_DATE, "integer": BAND}.get(field.type, "")
    aged = field.privacy == "direct" and field.type == "integer" and _AGE.search(field.name)
    return BAND if aged else ""


def coarsen(how: str, value: Any) -> Any:
    """The value as `coarsening` says; None where it is of another kind than expected."""
    reader = _READERS.get(how)
    return None if reader is None else reader(value)


def coarsen_birth(text: str) -> str:
    """A birth as typed → the first year of its five-year band; "" where no year is in it."""
    year = _YEAR.search(text)
    return f"{_band(int(year[1])):04d}" if year else ""


def _point(value: Any) -> dict[str, float | None] | None:
    if not isinstance(value, Mapping):
        return None
    lat, lon = value.get("lat"), value.get("lon")
    if lat is None or lon is None:
        return None
    return {"lat": round(float(lat), 2), "lon": round(float(lon), 2), "alt": None, "acc": None}


def _band(value: Any) -> int | None:
    if value is None or isinstance(value, bool | str):
        return None
    return int(value) // BAND_YEARS * BAND_YEARS


def _birth_date(value: Any) -> str | None:
    year = value[:4] if isinstance(value, str) else ""
    return f"{_band(int(year)):04d}-01-01" if year.isascii() and year.isdigit() else None


_READERS: dict[str, Callable[[Any], Any]] = {
    POINT: _point,
    BIRTH_DATE: _birth_date,
    BAND: _band,
}
