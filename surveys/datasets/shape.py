"""Shape: how rows of one table are given out to one person: which columns, masked or not.

Codes or labels, whole or coarsened, by the house's own ids or by those a recipient knows.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

import orjson

from surveys.datasets.columns import Column, Table
from surveys.datasets.layers import ANALYSIS, CORRECTED, RAW
from surveys.datasets.missing import missing_codes, missing_kind
from surveys.privacy.access import known_to
from surveys.privacy.models import Unmasking
from surveys.privacy.redact import coarsen

Row = dict[str, Any]
# A record's keys and where the row has them; the rest of a record is answers.
COLUMNS = {
    "id": "id",
    "parent_id": "parent_id",
    "root_id": "record_id",
    "index": "index",
    "instance_id": "instance_id",
    "version": "version",
    "household": "household_id",
    "place": "place__code",
    "submitted_at": "submitted_text",
    "received_at": "received_text",
    "updated_at": "updated_text",
    "review_state": "submission__review_state",
}
ID_KEYS = frozenset({"id", "parent_id", "root_id", "household"})
TIMES = ("submitted_at", "received_at", "updated_at")


@dataclass(frozen=True)
class Shape:
    """How rows of one table are given out to one person."""

    form_id: str
    table: Table
    masked: frozenset[str]  # keys whose answers are withheld
    language: str | None = None  # labels of this language in place of codes
    chosen: frozenset[str] | None = None  # names to give out; None for all
    coarse: Mapping[str, str] = field(default_factory=dict)  # key → how; all are in `masked`
    layer: str = CORRECTED
    granted: Unmasking | None = None  # what opened the masked answers, if anything did
    recipient: str = ""  # who outside gets it, and knows records and households by other ids

    @cached_property
    def keys(self) -> tuple[str, ...]:
        return tuple(k for k in self.table.keys if k == "id" or self._is_chosen(k))

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return tuple(c for c in self.table.columns if self._is_chosen(c.name))

    def record(self, row: Row) -> Row:
        """One row as JSON: its keys, then one key a question; null where unanswered or masked."""
        return self._record(row, orjson.loads(row["answers"]))

    def exact_record(self, row: Row) -> Row:
        """The same for files, with decimals to their last digit."""
        return self._record(row, json.loads(row["answers"], parse_float=Decimal))

    def _record(self, row: Row, answers: Row) -> Row:
        """Fills a copy of the empty record; a page is some 30,000 values, so loops are short."""
        record, names, labels = dict(self._empty), self._open, self._labels
        for name, column in self._sources:
            record[name] = row[column]
        for key, value in answers.items():
            if key in names:
                record[names[key]] = _labelled(value, labels[key]) if key in labels else value
        if self._is_altered:
            self._alter(record, answers)
        return record

    def columns_of(self, rows: Sequence[Row], answers: Sequence[Row]) -> list[list[Any]]:
        """What `record` gives of these rows, as a list for each key and each column.

        Files are millions of values; a column at a time they cost a third.
        """
        names = (*self.keys, *(column.name for column in self.columns))
        if self.recipient:
            records = [self._record(*pair) for pair in zip(rows, answers, strict=True)]
            return [[record[name] for record in records] for name in names]
        keys = [[row[COLUMNS[key]] for row in rows] for key in self.keys if key != "form_id"]
        if "form_id" in self.keys:
            keys.insert(self.keys.index("form_id"), [self.form_id] * len(rows))
        return [*keys, *(self._column_of(column, answers) for column in self.columns)]

    def _column_of(self, column: Column, answers: Sequence[Row]) -> list[Any]:
        key = column.field.key
        if key in self._coarsened:
            _, how = self._coarsened[key]
            return [coarsen(how, row.get(key)) for row in answers]
        if key not in self._open:
            return [None] * len(answers)
        values = [row.get(key) for row in answers]
        if key in self._labels:
            return [_labelled(value, self._labels[key]) for value in values]
        codes = dict(self._coded).get(column.name)
        if codes:
            return [None if missing_kind(value, "", codes) else value for value in values]
        return values

    def missing_of(self, answers: Sequence[Row], sent: Sequence[Row]) -> list[list[str]]:
        """For each column why there is no answer, row by row; "" where there is or none may see."""
        return [self._missing_of(column, answers, sent) for column in self.columns]

    def _missing_of(self, column: Column, answers: Sequence[Row], sent: Sequence[Row]) -> list[str]:
        key, codes = column.field.key, missing_codes(column)
        if key not in self._open:
            return [""] * len(answers)
        return [
            missing_kind(value, text.get(key), codes) if value is None or codes else ""
            for value, text in zip((row.get(key) for row in answers), sent, strict=True)
        ]

    def missing(self, row: Row) -> dict[str, str]:
        """Name → why there is no answer, of what may be seen; the row was read `with_sent`."""
        values, sent = orjson.loads(row["answers"]), orjson.loads(row["sent"])
        kinds = {
            column.name: missing_kind(values.get(key), sent.get(key), missing_codes(column))
            for key, column in self._seen
        }
        return {name: kind for name, kind in kinds.items() if kind}

    @cached_property
    def _seen(self) -> tuple[tuple[str, Column], ...]:
        return tuple((c.field.key, c) for c in self.columns if c.field.key in self._open)

    @cached_property
    def _is_altered(self) -> bool:
        return bool(self.recipient or self._coarsened or self._coded)

    def _alter(self, record: Row, answers: Row) -> None:
        """What is not given as it stands in the row."""
        for key, (name, how) in self._coarsened.items():
            record[name] = coarsen(how, answers.get(key))
        for name, codes in self._coded:
            if record[name] is not None and missing_kind(record[name], "", codes):
                record[name] = None
        if self.recipient:
            for name in ID_KEYS.intersection(record):
                if record[name] is not None:
                    record[name] = known_to(self.recipient, record[name])
            if "instance_id" in record:
                record["instance_id"] = None

    @cached_property
    def _coarsened(self) -> dict[str, tuple[str, str]]:
        """Key → name and how; the tablet's own text is withheld whole."""
        if self.layer == RAW:
            return {}
        keys = (c.field.key for c in self.columns)
        names = {c.field.key: c.name for c in self.columns}
        return {key: (names[key], self.coarse[key]) for key in keys if key in self.coarse}

    @cached_property
    def _coded(self) -> tuple[tuple[str, Mapping[str, str]], ...]:
        """Numbers of the analysis layer that have codes for no answer."""
        if self.layer != ANALYSIS:
            return ()
        numbers = (c for c in self.columns if c.field.type in {"integer", "decimal"})
        return tuple((c.name, missing_codes(c)) for c in numbers if missing_codes(c))

    @cached_property
    def _empty(self) -> Row:
        empty: Row = dict.fromkeys((*self.keys, *(c.name for c in self.columns)))
        return {**empty, "form_id": self.form_id} if "form_id" in empty else empty

    @cached_property
    def _sources(self) -> tuple[tuple[str, str], ...]:
        return tuple((key, COLUMNS[key]) for key in self.keys if key != "form_id")

    @cached_property
    def _open(self) -> dict[str, str]:
        """Key → name of what may be seen."""
        return {c.field.key: c.name for c in self.columns if c.field.key not in self.masked}

    @cached_property
    def _labels(self) -> dict[str, dict[str, str]]:
        if self.language is None:
            return {}
        chosen = (c for c in self.columns if c.field.choices)
        return {c.field.key: c.choice_labels(self.language) for c in chosen}

    def _is_chosen(self, name: str) -> bool:
        return self.chosen is None or name in self.chosen


def _labelled(value: Any, labels: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [labels.get(code, code) for code in value]
    return labels.get(value, value) if isinstance(value, str) else value
