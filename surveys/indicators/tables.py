"""load_table: rates, prices or targets from a CSV or XLSX file, all of it or nothing."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import models, transaction

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.problems import Problem
from backend.said import Said
from surveys.indicators.definitions import DEFINITIONS
from surveys.indicators.models import FxRate, PriceIndex, Target
from surveys.indicators.parameters import LOCAL
from surveys.indicators.periods import TO_DATE, quarter_period
from surveys.linkage.list_rows import ListError, read_lines
from surveys.xforms.findings import WorkbookError
from surveys.xforms.workbook import workbook_kind

MOST_BYTES = 5 * 1024 * 1024
MOST_ERRORS = 50  # that are told
_MONTH = re.compile(r"(\d{4})-(\d{1,2})(?:-\d{1,2})?|(\d{1,2})[./](\d{4})", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
Cells = Mapping[str, str]


class _BadCell(ValueError):
    """What is wrong with one cell, in words."""

    def __init__(self, column: str, words: Said) -> None:
        super().__init__(words)
        self.column, self.words = column, words


@dataclass(frozen=True, slots=True)
class ParameterTable:
    """`key` columns say which row it is, `values` what it holds."""

    name: str
    model: type[models.Model]
    key: tuple[str, ...]
    values: tuple[str, ...]
    read: Callable[[Cells], dict[str, Any]]

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.key, *self.values)


def load_table(*, name: str, content: bytes, by: User) -> int:
    """Rows replace those of the same key; returns how many the file holds.

    Raises `Problem("table_refused")` naming row and column of each cell that is wrong, and
    `Problem("not_found")` for a table there is not.
    """
    table = TABLES.get(name)
    if table is None:
        raise Problem("not_found")
    rows = _read(table, content)
    made = [table.model(**row) for row in rows]
    with transaction.atomic():
        table.model._default_manager.bulk_create(
            made, update_conflicts=True, unique_fields=table.key, update_fields=table.values
        )
        log_event("indicators.table_loaded", by=by, table=name, rows=len(made))
    return len(made)


def _read(table: ParameterTable, content: bytes) -> list[dict[str, Any]]:
    lines = _lines(table, content)
    if not lines:
        raise _refused(table, Said("The file is empty."))
    header = [cell.strip().lower() for cell in lines[0][1]]
    missing = [column for column in table.columns if column not in header]
    if missing:
        words = Said("Its first row lacks the column {name}.", name=", ".join(missing))
        raise _refused(table, words)
    if len(lines) == 1:
        raise _refused(table, Said("It has no row below its first."))
    return _rows(table, header, lines[1:])


def _rows(
    table: ParameterTable, header: list[str], lines: list[tuple[int, list[str]]]
) -> list[dict[str, Any]]:
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    errors: list[dict[str, Any]] = []
    for number, cells in lines:
        padded = [*cells, *[""] * len(header)]
        try:
            _keep(table, table.read(dict(zip(header, padded, strict=False))), found)
        except _BadCell as bad:
            errors.append({"row": number, "column": bad.column, "reason": bad.words})
    if errors:
        words = Said("Row {row}, {column}: {reason}.", **errors[0])
        if len(errors) > 1:
            more = len(errors) - 1
            words = Said("{first} {more} more cells are wrong.", first=words, more=more)
        raise _refused(table, words, errors=errors[:MOST_ERRORS])
    return list(found.values())


def _keep(
    table: ParameterTable, row: dict[str, Any], found: dict[tuple[Any, ...], dict[str, Any]]
) -> None:
    key = tuple(row[column] for column in table.key)
    if key in found:
        raise _BadCell(table.key[0], Said("names the same as a row above"))
    found[key] = row


def _lines(table: ParameterTable, content: bytes) -> list[tuple[int, list[str]]]:
    if len(content) > MOST_BYTES:
        raise _refused(table, Said("The file is larger than 5 MB."))
    try:
        if content.startswith(b"PK"):
            workbook_kind(content)
        return read_lines(content)
    except WorkbookError as error:
        too_large = Said("It unpacks to more than a table ever needs.")
        raise _refused(table, error.details.get("reason", too_large)) from error
    except ListError as error:
        raise _refused(table, error.words) from error


def _refused(table: ParameterTable, reason: object, **details: Any) -> Problem:
    return Problem("table_refused", table=table.name, reason=reason, **details)


def _month(cells: Cells) -> date:
    """`2014-06`, `2014-06-01` or `06.2014` → its first day."""
    text = cells["month"].partition("T")[0].strip()
    match = _MONTH.fullmatch(text)
    wrong = Said("“{text}” is no month like 2014-06", text=text)
    if match is None:
        raise _BadCell("month", wrong)
    year, month = (match[1], match[2]) if match[1] else (match[4], match[3])
    try:
        return date(int(year), int(month), 1)
    except ValueError as error:
        raise _BadCell("month", wrong) from error


def _positive(cells: Cells, column: str, *, optional: bool = False) -> Decimal | None:
    text = re.sub(r"[\s\u00a0\u202f]", "", cells[column]).replace(",", ".")
    if not text and optional:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise _BadCell(column, Said("“{text}” is no number", text=cells[column])) from error
    if not number.is_finite() or number <= 0 or number >= 10**8:
        words = Said("must be more than zero and less than 100 million")
        raise _BadCell(column, words)
    return round(number, 6)


def _fx_rate(cells: Cells) -> dict[str, Any]:
    currency = cells["currency"].strip().upper()
    if not _CURRENCY.fullmatch(currency):
        words = Said("“{text}” is no currency code like RUB", text=cells["currency"])
        raise _BadCell("currency", words)
    rates = {name: _positive(cells, name, optional=True) for name in ("per_kgs", "per_tjs")}
    if not any(rates.values()):
        raise _BadCell("per_kgs", Said("gives neither per_kgs nor per_tjs"))
    return {"month": _month(cells), "currency": currency, **rates}


def _price(cells: Cells) -> dict[str, Any]:
    country = cells["country"].strip().upper()
    if country not in LOCAL:
        words = Said("“{text}” is neither KG nor TJ", text=cells["country"])
        raise _BadCell("country", words)
    return {"country": country, "month": _month(cells), "index": _positive(cells, "index")}


def _target(cells: Cells) -> dict[str, Any]:
    code, period = cells["indicator"].strip(), cells["period"].strip()
    if code not in DEFINITIONS:
        raise _BadCell("indicator", Said("“{text}” is no indicator", text=code))
    if period and period != TO_DATE:
        try:
            quarter_period(period)
        except ValueError as error:
            words = Said("“{text}” is no quarter like 2014Q3", text=period)
            raise _BadCell("period", words) from error
    kept = "" if period == TO_DATE else period
    return {"indicator": code, "period": kept, "value": _positive(cells, "value")}


TABLES = {
    table.name: table
    for table in (
        ParameterTable("fx_rates", FxRate, ("month", "currency"), ("per_kgs", "per_tjs"), _fx_rate),
        ParameterTable("cpi", PriceIndex, ("country", "month"), ("index",), _price),
        ParameterTable("targets", Target, ("indicator", "period"), ("value",), _target),
    )
}
