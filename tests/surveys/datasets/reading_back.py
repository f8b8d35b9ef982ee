"""The form `visit` read by every door as analysts read it, in one shape to be compared."""

import csv
import io
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import openpyxl
import pyreadstat
import python_calamine
from django.test import Client
from openpyxl.utils.escape import unescape

from backend.accounts.models import User
from tests.surveys.datasets.odata.conftest import with_token
from tests.surveys.datasets.records import SCHEMA

ZONE = ZoneInfo("Asia/Dushanbe")  # the server's; files without zones are by its clocks
CODES = {
    label: choice.name
    for field in SCHEMA.fields
    for choice in field.choices
    for label in choice.labels.values()
}
PARTS = ("lat", "lon", "alt", "acc")
KEYS = {
    **{"id": "string", "household": "string", "place": "string", "version": "string"},
    **{"review_state": "string", "instance_id": "string", "received_at": "dateTime"},
    **{"submitted_at": "dateTime"},
}
MEMBER_KEYS = {"parent_id": "string", "root_id": "string", "index": "integer"}
FILTER = {"country": "KG", "hh_size__gte": "3"}
Cells = dict[str, Any]
Tables = dict[str, dict[str, Cells]]  # table → id → column → value


@dataclass(frozen=True, slots=True)
class Column:
    """A column as each door calls it."""

    name: str
    type: str
    short: str
    path: tuple[str, ...]


# --- What a cell is, whoever reads it -------------------------------------------------------------


def plain(kind: str, value: Any) -> Any:
    """The value without the ways of the program that read it."""
    if value is None or value == "" or value == [] or (kind != "string" and value != value):
        return None
    return READS[kind](value) if kind in READS else value


def _whole(value: Any) -> int:
    assert float(value) == int(float(value))
    return int(float(value))


def _day(value: Any) -> str:
    return value[:10] if isinstance(value, str) else value.strftime("%Y-%m-%d")


def _moment(value: Any) -> datetime:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    at = at.replace(tzinfo=ZONE) if at.tzinfo is None else at
    milliseconds = round(at.timestamp() * 1000)
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _yes(value: Any) -> bool:
    return {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}[
        str(value).lower()
    ]


READS: dict[str, Callable[[Any], Any]] = {
    "integer": _whole,
    "decimal": float,
    "date": _day,
    "dateTime": _moment,
    "boolean": _yes,
    "select_multiple": lambda value: " ".join(value) if isinstance(value, list) else value,
}


def table_of(
    columns: Iterable[Column], rows: Iterable[Mapping[str, Any]], *, by: str = "name"
) -> Any:
    """Rows by id; `by` says which of its names a column has in this file."""
    found = {}
    for row in rows:
        cells: Cells = {}
        for column in columns:
            name = getattr(column, by)
            if column.type == "geopoint":
                for part in PARTS:
                    cells[f"{column.name}_{part}"] = plain("decimal", row[f"{name}_{part}"])
            else:
                cells[column.name] = plain(column.type, row[name])
        assert cells["id"] not in found
        found[cells["id"]] = cells
    return found


def spread(row: Mapping[str, Any], columns: Iterable[Column]) -> Cells:
    """A JSON record with its point in four columns."""
    points = {c.name for c in columns if c.type == "geopoint"}
    cells = {name: value for name, value in row.items() if name not in points}
    for name in points:
        point = row[name] or dict.fromkeys(PARTS)
        cells |= {f"{name}_{part}": point[part] for part in PARTS}
    return cells


# --- The doors ------------------------------------------------------------------------------------


def by_rest(client: Client, columns: dict[str, list[Column]]) -> Tables:
    url = "/api/v1/forms/visit/"
    roots = client.get(f"{url}records/", FILTER).json()["results"]
    ids = ",".join(row["id"] for row in roots)
    members = client.get(f"{url}repeats/member/records/", {"root_id__in": ids}).json()["results"]
    rows = {"visit": roots, "member": members}
    return {
        name: table_of(columns[name], [spread(row, columns[name]) for row in rows[name]])
        for name in rows
    }


def by_odata(reader: User, columns: dict[str, list[Column]]) -> Tables:
    answer = with_token(reader).get(
        "/v1/projects/1/forms/visit.svc/Submissions",
        {"$filter": "place/country eq 'KG' and hh_size ge 3", "$expand": "*"},
    ).json()  # fmt: skip
    roots = answer["value"]
    members = [
        {**member, "root": root, "index": at}
        for root in roots
        for at, member in enumerate(root["member"], 1)
    ]
    rows = {"visit": roots, "member": members}
    return {
        name: table_of(columns[name], [_central(row, columns[name]) for row in rows[name]])
        for name in rows
    }


def _central(row: Mapping[str, Any], columns: Iterable[Column]) -> Cells:
    """What Central calls a submission or a row of it, by our names."""
    root = row.get("root", row)
    system = root["__system"]
    cells: Cells = {
        "id": row["__id"], "root_id": root["__id"], "parent_id": row.get("__Submissions-id"),
        "index": row.get("index"), "household": system["household"], "place": system["place"],
        "version": system["formVersion"], "instance_id": root["meta"]["instanceID"],
        "received_at": system["submissionDate"], "submitted_at": system["deviceDate"],
        "review_state": system["reviewState"] or "received",
    }  # fmt: skip
    for column in columns:
        if column.name in KEYS or column.name in MEMBER_KEYS:
            continue
        value: Any = row
        for step in column.path:
            value = value[step]
        if column.type == "geopoint":
            lon, lat, *alt = value["coordinates"] if value else (None, None)
            accuracy = value["properties"]["accuracy"] if value else None
            found = (lat, lon, *(alt or [None]), accuracy)
            cells |= {f"{column.name}_{p}": v for p, v in zip(PARTS, found, strict=True)}
        else:
            cells[column.name] = value
    return cells


def by_csv(fetch: Callable[..., Path], columns: dict[str, list[Column]], separator: str) -> Tables:
    folder = fetch("csv", separator=separator)

    def rows(name: str) -> Iterable[Cells]:
        text = (folder / f"{name}.csv").read_bytes().decode("utf-8-sig")
        for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=separator):
            yield {
                n: v[1:] if v[:1] == "'" and v[1:2] in set("=+-@") else v for n, v in row.items()
            }

    return {name: table_of(columns[name], rows(name)) for name in columns}


def by_openpyxl(fetch: Callable[..., Path], columns: dict[str, list[Column]]) -> Tables:
    book = openpyxl.load_workbook(fetch("xlsx"))
    assert not [c for sheet in book for row in sheet for c in row if c.data_type in {"f", "e"}]
    rows = {
        name: _with_header(book[name].iter_rows(values_only=True), escaped=True) for name in columns
    }
    return {name: table_of(columns[name], rows[name]) for name in columns}


def by_calamine(fetch: Callable[..., Path], columns: dict[str, list[Column]]) -> Tables:
    book = python_calamine.load_workbook(fetch("xlsx"))
    rows = {name: _with_header(book.get_sheet_by_name(name).to_python()) for name in columns}
    return {name: table_of(columns[name], rows[name]) for name in columns}


def _with_header(rows: Iterable[Iterable[Any]], *, escaped: bool = False) -> Iterable[Cells]:
    """`escaped`: openpyxl leaves `_x005F_` as it stands, which Excel and calamine read as `_`."""
    header, *rest = rows
    for row in rest:
        cells = dict(zip(header, row, strict=True))
        if escaped:
            cells = {n: unescape(v) if isinstance(v, str) else v for n, v in cells.items()}
        yield cells


def by_statistics(
    fetch: Callable[..., Path], columns: dict[str, list[Column]], kind: str
) -> Tables:
    """Labelled numbers become the codes that have these labels."""
    read = pyreadstat.read_dta if kind == "dta" else pyreadstat.read_sav
    folder = fetch(kind, language="en")
    found = {}
    for name in columns:
        frame, about = read(folder / f"{name}.{kind}", apply_value_formats=False)
        rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
        for column in columns[name]:
            if column.type == "select_one":
                labels = about.variable_value_labels.get(column.short, {})
                for row in rows:
                    number = row[column.short]
                    row[column.short] = None if number in {None, ""} else CODES[labels[number]]
        found[name] = table_of(columns[name], rows, by="short")
    return found


def by_parquet(fetch: Callable[..., Path], columns: dict[str, list[Column]]) -> Tables:
    folder = fetch("parquet")
    found = {}
    with duckdb.connect() as base:
        base.execute("SET TimeZone = 'UTC'")
        for name in columns:
            path = folder / f"{name}.parquet"
            kinds = base.sql(f"DESCRIBE SELECT * FROM '{path}'").fetchall()
            picks = ", ".join(
                f'epoch_ms("{c}") AS "{c}"' if "TIME ZONE" in kind else f'"{c}"'
                for c, kind, *_ in kinds
            )
            moments = {c for c, kind, *_ in kinds if "TIME ZONE" in kind}
            rows = [
                {
                    c[0]: datetime.fromtimestamp(v / 1000, UTC) if c[0] in moments and v else v
                    for c, v in zip(kinds, row, strict=True)
                }
                for row in base.sql(f"SELECT {picks} FROM '{path}'").fetchall()
            ]
            found[name] = table_of(columns[name], rows)
    return found


def differences(whole: Tables, found: Tables) -> list[str]:
    """Each cell that is not the same, in words."""
    wrong = []
    for table, rows in whole.items():
        if rows.keys() != found[table].keys():
            wrong.append(f"{table}: other ids")
        for key in rows.keys() & found[table].keys():
            for name, value in rows[key].items():
                other = found[table][key][name]
                if other != value and not _almost(value, other):
                    wrong.append(f"{table}.{name}: {value!r} is {other!r}")
    return wrong


def _almost(value: Any, other: Any) -> bool:
    """Doubles that went through text and back."""
    numbers = isinstance(value, float) and isinstance(other, float)
    return numbers and math.isclose(value, other, rel_tol=1e-12)
