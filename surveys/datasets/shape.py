"""Shape: how rows of one table are given out to one person: which columns, masked or not.

Codes or labels, whole or coarsened, by the house's own ids or by those a recipient knows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any
from uuid import UUID

import orjson

from surveys.datasets.columns import Column, Table
from surveys.datasets.files.sheets import Known
from surveys.datasets.layers import ANALYSIS, CORRECTED, RAW
from surveys.datasets.missing import missing_codes, missing_kind, missing_marks, read_sent
from surveys.datasets.texts import Change, Slot
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
_KEYS = frozenset({str, int, float, type(None)})  # no bool: True and 1 are one key of a dictionary
TIMES = ("submitted_at", "received_at", "updated_at")


@dataclass(frozen=True)
class Shape:
    """How rows of one table are given out to one person."""

    form_id: str
    table: Table
    masked: frozenset[str]  # keys whose answers are withheld
    language: str | None = None  # labels of this language in place of codes
    chosen: frozenset[str] | None = None  # names to give out; None for all
    # Key → how; all are in `masked`. Follows from what is there besides, so it tells none apart.
    coarse: Mapping[str, str] = field(default_factory=dict, compare=False)
    layer: str = CORRECTED
    granted: Unmasking | None = None  # what opened the masked answers, if anything did
    recipient: str = ""  # who outside gets it, and knows records and households by other ids

    @cached_property
    def keys(self) -> tuple[str, ...]:
        return tuple(k for k in self.table.keys if k == "id" or self._is_chosen(k))

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return tuple(c for c in self.table.columns if self._is_chosen(c.name))

    @cached_property
    def slots(self) -> dict[str, Slot]:
        """Name → where its value is read: the one place that says what is given out, and how."""
        keys = {key: self._key_slot(key) for key in self.keys}
        return keys | {column.name: self._answer_slot(column) for column in self.columns}

    def record(self, row: Row) -> Row:
        """One row as JSON: its keys, then one key a question; null where unanswered or masked."""
        answers = orjson.loads(row["answers"])
        return {name: slot.value(row, answers) for name, slot in self.slots.items()}

    def missing_of(self, stored: Sequence[Sequence[Any]], sent: Sequence[Row]) -> list[list[str]]:
        """For each column why there is no answer, row by row; "" where there is or none may see.

        `stored` are the values of all keys and columns, by column, as they are stored.
        """
        answers = stored[len(self.keys) :]
        pairs = zip(self.columns, answers, strict=True)
        return [self._missing_of(column, found, sent) for column, found in pairs]

    def _missing_of(self, column: Column, values: Sequence[Any], sent: Sequence[Row]) -> list[str]:
        key, codes = column.field.key, missing_codes(column)
        if key not in self._open:
            return [""] * len(values)
        pairs, kinds = zip(values, sent, strict=True), set(map(type, values))
        if not kinds <= _KEYS:
            return [missing_kind(value, row.get(key), codes) for value, row in pairs]
        if missing_marks(column).isdisjoint(values):
            if type(None) not in kinds:
                return [""] * len(values)
            return [
                missing_kind(None, row.get(key), codes) if v is None else "" for v, row in pairs
            ]
        known = self._kinds.setdefault(key, Known(lambda value: missing_kind(value, None, codes)))
        return [
            missing_kind(None, row.get(key), codes) if v is None else known[v] for v, row in pairs
        ]

    def missing(self, row: Row) -> dict[str, str]:
        """Name → why there is no answer, of what may be seen; the row was read `with_sent`."""
        values, sent = orjson.loads(row["answers"]), read_sent(row["sent"])
        kinds = {
            column.name: missing_kind(values.get(key), sent.get(key), missing_codes(column))
            for key, column in self._seen
        }
        return {name: kind for name, kind in kinds.items() if kind}

    @cached_property
    def _kinds(self) -> dict[str, Known]:
        """Key → answer → why that is no answer, as far as it was asked."""
        return {}

    @cached_property
    def _seen(self) -> tuple[tuple[str, Column], ...]:
        return tuple((c.field.key, c) for c in self.columns if c.field.key in self._open)

    @cached_property
    def _open(self) -> frozenset[str]:
        """The keys of what may be seen."""
        return frozenset(c.field.key for c in self.columns if c.field.key not in self.masked)

    def _key_slot(self, key: str) -> Slot:
        if key == "form_id":
            return Slot(constant=self.form_id)
        if self.recipient and key == "instance_id":
            return Slot()
        change = partial(_pseudonym, self.recipient) if self.recipient and key in ID_KEYS else None
        return Slot(COLUMNS[key], change=change)

    def _answer_slot(self, column: Column) -> Slot:
        """The tablet's own text is never coarsened, but withheld whole."""
        key = column.field.key
        if key in self.coarse and self.layer != RAW:
            return Slot(answer=key, change=partial(coarsen, self.coarse[key]))
        if key in self.masked:
            return Slot()
        return Slot(answer=key, change=self._change(column))

    def _change(self, column: Column) -> Change | None:
        """Labels in place of codes; no code for no answer among the numbers of the analysis."""
        if self.language is not None and column.field.choices:
            return partial(_labelled, column.choice_labels(self.language))
        is_number = column.field.type in {"integer", "decimal"}
        if self.layer == ANALYSIS and is_number and missing_codes(column):
            return partial(_unless_missing, missing_codes(column))
        return None

    def _is_chosen(self, name: str) -> bool:
        return self.chosen is None or name in self.chosen


def _labelled(labels: Mapping[str, str], value: Any) -> Any:
    if isinstance(value, list):
        return [labels.get(code, code) for code in value]
    return labels.get(value, value) if isinstance(value, str) else value


def _unless_missing(codes: Mapping[str, str], value: Any) -> Any:
    return None if missing_kind(value, "", codes) else value


def _pseudonym(recipient: str, value: UUID | str) -> UUID:
    return known_to(recipient, value if isinstance(value, UUID) else UUID(value))
