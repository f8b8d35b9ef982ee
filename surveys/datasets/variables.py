"""Columns of a table → encoders of a Stata or SPSS file, in a language. Pure.

Names of variables are the short names of the register, which are made once and kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from surveys.datasets.codebook import label_in
from surveys.datasets.columns import Column
from surveys.datasets.files.codebooks import Entry
from surveys.datasets.files.encoders import (
    CodedEncoder,
    Encoder,
    FlagEncoder,
    NumberEncoder,
    PointEncoder,
    SeveralEncoder,
    TextEncoder,
)
from surveys.datasets.files.key_labels import key_labels, part_labels
from surveys.datasets.files.sheets import GEO_PARTS
from surveys.datasets.files.summary import Summary
from surveys.datasets.files.variables import MISSING_LABELS, YES_NO, Flavor, Losses, Missing
from surveys.datasets.languages import code_of
from surveys.datasets.missing import missing_codes

MOST_FLAGS = 250  # choices of one select_multiple; a list of all villages stays text alone
NUMBERS = {
    "integer": "whole",
    "decimal": "number",
    "date": "date",
    "dateTime": "moment",
    "time": "time",
}
KEYS = {"index": "whole", "submitted_at": "moment", "received_at": "moment", "updated_at": "moment"}


@dataclass(frozen=True, slots=True)
class Encoding:
    """What is the same for all columns of a file."""

    flavor: Flavor
    language: str
    zone: tzinfo
    losses: Losses

    @property
    def words(self) -> tuple[str, str]:
        return YES_NO.get(code_of(self.language), YES_NO["en"])

    @property
    def missing_labels(self) -> tuple[str, ...]:
        return MISSING_LABELS.get(code_of(self.language), MISSING_LABELS["en"])


def key_encoder(key: str, encoding: Encoding) -> Encoder:
    """The encoder of a key that stands before the answers."""
    words: dict[str, Any] = _words(key, key, key_labels(encoding.language)[key], encoding)
    return NumberEncoder(**words, type=KEYS[key]) if key in KEYS else TextEncoder(**words)


def column_encoder(column: Column, encoding: Encoding, *, raw: bool = False) -> Encoder:
    """The encoder of a question, by its type; `raw` answers are all text."""
    field, language = column.field, encoding.language
    label = label_in(field.labels, language) or column.name
    words: dict[str, Any] = _words(column.short, column.name, label, encoding)
    if raw:
        return TextEncoder(**words)
    missing = {code: Missing[kind.upper()] for code, kind in missing_codes(column).items()}
    if field.type in NUMBERS:
        return NumberEncoder(**words, type=NUMBERS[field.type], missing=missing)
    if field.type == "boolean":
        return FlagEncoder(**words, words=encoding.words)
    if field.type == "geopoint":
        parts = tuple(column.parts[part] for part in GEO_PARTS)
        return PointEncoder(**words, names=parts, words=part_labels(language))
    if field.type == "select_one" and field.choices:
        return CodedEncoder(**words, choices=column.choice_labels(language), missing=missing)
    if field.type == "select_multiple":
        choices = column.choice_labels(language)
        flags = {code: column.parts[code] for code in choices if code in column.parts}
        names: Mapping[str, str] = flags if len(flags) <= MOST_FLAGS else {}
        return SeveralEncoder(**words, choices=choices, names=names, words=encoding.words)
    return TextEncoder(**words, type=field.type)


def entry_of(summary: Summary, column: Column | None, *, masked: bool) -> Entry:
    """What the codebook says of a variable; without a column it is a key."""
    if column is None:
        return Entry(summary)
    field = column.field
    labels = {choice.name: choice.labels for choice in field.choices}
    codes = summary.variable.codes
    return Entry(
        summary,
        question=field.labels,
        choices={number: labels[code] for number, code in codes.items() if code in labels},
        path=field.path,
        type=field.type,
        privacy="restricted" if field.restricted else field.privacy,
        masked=masked,
    )


def _words(name: str, column: str, label: str, encoding: Encoding) -> dict[str, Any]:
    return {
        "name": name,
        "column": column,
        "label": label,
        "flavor": encoding.flavor,
        "losses": encoding.losses,
        "zone": encoding.zone,
    }
