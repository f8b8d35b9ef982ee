"""Whether a file can be a form's media: its name, its type, what clients can read of it. Pure."""

import csv
import json
import unicodedata
from pathlib import PurePosixPath

from backend.said import Said

MAX_MEDIA_MB = 50
SLOW_MEDIA_BYTES = 2 * 1024 * 1024  # a single whole GET without resume, on 2G (openrosa.md F9)
MAX_NAME_LENGTH = 255

# What Enketo and Collect go by (F10); anything else leaves as bytes.
_CONTENT_TYPES = {
    ".csv": "text/csv",
    ".xml": "text/xml",
    ".geojson": "application/geo+json",
    ".json": "application/json",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".ogg": "audio/ogg",
    ".wav": "audio/wav",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".3gp": "video/3gpp",
    ".pdf": "application/pdf",
    ".zip": "application/zip",
}
_BOM = b"\xef\xbb\xbf"
_GEOMETRIES = frozenset({"Point", "LineString", "Polygon"})


def clean_name(name: str) -> str:
    """NFC, as forms refer to files; macOS hands over NFD."""
    return unicodedata.normalize("NFC", name.strip())


def name_problem(name: str) -> Said | None:
    """Why a name cannot be used, in words; None when it can (openrosa.md F7)."""
    if not name or name in {".", ".."}:
        return Said("it is empty.")
    if "/" in name or "\\" in name or ".." in name:
        return Said("names are flat: no /, \\ or .. in them.")
    if any(unicodedata.category(character).startswith("C") for character in name):
        return Said("it holds invisible characters.")
    if len(name.encode()) > MAX_NAME_LENGTH:
        return Said("it is longer than {most} bytes.", most=MAX_NAME_LENGTH)
    return None


def content_type(name: str) -> str:
    return _CONTENT_TYPES.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")


def clean_content(name: str, content: bytes) -> bytes:
    """The bytes as served: a CSV without the byte order mark that Excel writes (F11)."""
    return content.removeprefix(_BOM) if name.lower().endswith(".csv") else content


def content_problem(name: str, content: bytes) -> Said | None:
    """Why clients could not read the file, in words; None when they can (F11)."""
    if not content:
        return Said("it is empty.")
    if len(content) > MAX_MEDIA_MB * 1024 * 1024:
        return Said("it is larger than {most} MB.", most=MAX_MEDIA_MB)
    if name.lower().endswith(".csv"):
        return _csv_problem(content)
    if name.lower().endswith(".geojson"):
        return _geojson_problem(content)
    return None


def _csv_problem(content: bytes) -> Said | None:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return Said("it is not UTF-8; save it as “CSV UTF-8”.")
    header = next(csv.reader(text.splitlines()[:1]), [])
    if not all(column.strip() for column in header):
        return Said("a column has no header.")
    return None


def _geojson_problem(content: bytes) -> Said | None:
    try:
        data = json.loads(content)
        kinds = {feature["geometry"]["type"] for feature in data["features"]}
    except (ValueError, KeyError, TypeError, RecursionError):
        return Said("it is not a GeoJSON FeatureCollection.")
    other = ", ".join(sorted(map(str, kinds - _GEOMETRIES)))
    if other:
        return Said("tablets read only points, lines and polygons, not {other}.", other=other)
    return None
