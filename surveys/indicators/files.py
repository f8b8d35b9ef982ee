"""An indicator as a file: XLSX of all its tables, or CSV of its figures in SDMX-like columns."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from surveys.datasets.files.sheets import Cell, Sheet, sheet_of_rows
from surveys.datasets.files.to_xlsx import xlsx_of
from surveys.indicators.answers import told_json
from surveys.indicators.grouping import QUARTER
from surveys.indicators.read import Told
from surveys.indicators.words import COLUMNS, GROUPS, MEASURES, REASONS, SIDES, VALUES, word

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
CSV = "text/csv; charset=utf-8"
FIGURES = ("value", "count", "base", "households", "low", "high", "hidden")


def to_xlsx(told: Told, places: Mapping[str, str]) -> bytes:
    """Sheets: figures, drop-outs, the tables beside them, and what the output says of itself."""
    whole = told_json(told)
    sheets = [
        _figures(told, whole, places),
        _dropped(told, whole),
        *_sides(whole, places),
        _about(whole),
    ]
    return xlsx_of(sheets)


def to_csv(told: Told, places: Mapping[str, str]) -> bytes:
    """Figures only, one a row; UTF-8 with a byte order mark, for Excel."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    sheet = _figures(told, told_json(told), places)
    writer.writerow(sheet.header)
    for row in sheet.rows():
        writer.writerow([_harmless(cell) for cell in row])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell


def _figures(told: Told, whole: Mapping[str, Any], places: Mapping[str, str]) -> Sheet:
    groups = list(dict.fromkeys(name for row in whole["rows"] for name in row["group"]))
    named = [column for group in groups for column in (group, f"{group}_name")]
    numbers = (*FIGURES, "so_far") if told.asked.by == (QUARTER,) else FIGURES
    header = ("indicator", "measure", "measure_name", *named, *numbers, "as_of", "version")
    said = [whole["as_of"].isoformat(timespec="seconds"), whole["version"]]
    rows = (
        [
            whole["code"],
            row["measure"],
            word(MEASURES, row["measure"]),
            *_group_cells(row["group"], groups, places),
            *(row.get(name) for name in numbers),
            *said,
        ]
        for row in whole["rows"]
    )
    return sheet_of_rows("figures", header, rows)


def _group_cells(
    group: Mapping[str, str], names: list[str], places: Mapping[str, str]
) -> Iterator[Cell]:
    for name in names:
        code = group.get(name, "")
        yield code
        yield places.get(code) or word(VALUES, code)


def _dropped(told: Told, whole: Mapping[str, Any]) -> Sheet:
    rows = [
        *((reason, word(REASONS, reason), n, "households") for reason, n in told.dropped.items()),
        *((reason, word(REASONS, reason), n, "records") for reason, n in whole["left_out"].items()),
    ]
    return sheet_of_rows("left out", ("reason", "in words", "number", "of"), rows)


def _sides(whole: Mapping[str, Any], places: Mapping[str, str]) -> Iterator[Sheet]:
    for side in whole["tables"]:
        header = [word(COLUMNS, word(VALUES, name)) for name in side["columns"]]
        rows = ([_cell(cell, places) for cell in row] for row in side["rows"])
        yield sheet_of_rows(word(SIDES, side["key"]), header, rows)


def _cell(cell: Any, places: Mapping[str, str]) -> Cell:
    if isinstance(cell, list):
        return ", ".join(str(_cell(each, places)) for each in cell)
    return places.get(cell) or word(VALUES, cell) if isinstance(cell, str) else cell


def _about(whole: Mapping[str, Any]) -> Sheet:
    """What every output carries (indicators.md § 10)."""
    told: list[tuple[Cell, Cell]] = [
        ("indicator", whole["code"]),
        ("title", whole["title"]),
        ("definition", whole["definition"]),
        ("version of the definitions", whole["version"]),
        ("as of", whole["as_of"].isoformat(timespec="seconds")),
        ("civil days in", whole["time_zone"]),
        ("review states counted", ", ".join(whole["states"])),
        ("from", str(whole["from"] or "")),
        ("until", str(whole["until"] or "")),
        ("broken down by", ", ".join(word(GROUPS, name) for name in whole["by"])),
        ("rows add up", "yes" if whole["additive"] else "no"),
        ("records read", whole["records"]),
        ("households", whole["households"]),
        ("open duplicate candidates", whole["open_links"]),
        ("lower bound, were all of them duplicates", whole["lower_bound"]),
        ("snapshot", whole["snapshot"]),
        *((f"parameter {name}", str(value)) for name, value in whole["parameters"].items()),
        *((f"target {period or 'to date'}", v) for period, v in whole["targets"].items()),
    ]
    return sheet_of_rows("about", ("what", "value"), told)
