"""Answers → cells of variables: numbers, labelled codes, dates, missing values apart. Pure.

An encoder turns the answers to one question, a block of rows at a time, into the cells of one
variable or more.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo
from decimal import Decimal
from typing import Any

from backend.said import Said
from surveys.datasets.files.sheets import GEO_PARTS, CellColumn, Known
from surveys.datasets.files.variables import (
    EPOCH,
    EXACT,
    LARGEST,
    YES_NO,
    Code,
    Codes,
    Flavor,
    Losses,
    Missing,
    Variable,
)


@dataclass(slots=True)
class Encoder(ABC):
    """One question of a table in one flavor. `gaps` says what stands where no answer is."""

    name: str
    column: str
    label: str
    flavor: Flavor
    losses: Losses
    zone: tzinfo

    @abstractmethod
    def encode(self, values: Sequence[Any], gaps: Sequence[Code]) -> tuple[Codes, ...]:
        """A list of cells for each variable."""

    @abstractmethod
    def variables(self) -> tuple[Variable, ...]:
        """To be asked when all rows were encoded: labels may grow on the way."""

    def lost(self, what: Said) -> None:
        self.losses.note(self.name, what)


@dataclass(slots=True)
class TextEncoder(Encoder):
    type: str = "string"

    def encode(self, values: Sequence[Any], gaps: Sequence[Code]) -> tuple[Codes, ...]:
        if set(map(type, values)) <= {str, type(None)}:
            return (list(values),)
        return ([None if v is None else self._words(v) for v in values],)

    def variables(self) -> tuple[Variable, ...]:
        return (Variable(self.name, self.column, "text", self.label, keeps_gaps=False),)

    def _words(self, value: Any) -> str:
        if type(value) is bool:
            return "true" if value else "false"
        (cell,) = CellColumn(self.column, self.type).cells(value, self.zone, " ")
        return cell if isinstance(cell, str) else str(cell)


@dataclass(slots=True)
class NumberEncoder(Encoder):
    """Numbers, dates, times of day, moments: whatever is one double."""

    type: str = "number"
    missing: Mapping[str, Missing] = field(default_factory=dict)  # numbers that are no answer
    coded: frozenset[float] = frozenset()
    known: Known = field(init=False)  # days and moments come again and again

    def __post_init__(self) -> None:
        self.known = Known(getattr(self, f"_{self.type}"))
        self.coded = frozenset(float(code) for code in self.missing if _is_whole(code))

    def encode(self, values: Sequence[Any], gaps: Sequence[Code]) -> tuple[Codes, ...]:
        if self.type in {"number", "whole"} and self._fits(values):
            return (
                [
                    gap if value is None else float(value)
                    for value, gap in zip(values, gaps, strict=True)
                ],
            )
        are_texts = set(map(type, values)) <= {str, type(None)}
        read = self.known.__getitem__ if are_texts else self.known.read
        return (
            [
                gap if value is None else self._read(read, value)
                for value, gap in zip(values, gaps, strict=True)
            ],
        )

    def variables(self) -> tuple[Variable, ...]:
        return (Variable(self.name, self.column, self.type, self.label),)

    def _fits(self, values: Sequence[Any]) -> bool:
        """Whether all are numbers that a double holds exactly: the common case, and the fastest."""
        if not {int, float, type(None)}.issuperset(map(type, values)):
            return False
        numbers = [value for value in values if value is not None]
        if not self.coded.isdisjoint(numbers):
            return False
        return not numbers or (min(numbers) >= -EXACT and max(numbers) <= EXACT)

    def _read(self, read: Any, value: Any) -> Code:
        try:
            return read(value)  # type: ignore[no-any-return]
        except (ValueError, TypeError, OverflowError):
            self.lost(Said("answers that are no {type} are left empty", type=self.type))
            return None

    def _number(self, value: Any) -> Code:
        if type(value) not in {int, float, Decimal}:
            raise TypeError
        number = float(value)
        if number in self.coded:
            return self.flavor.missing(self.missing[str(int(number))])
        if not -LARGEST < number < LARGEST:
            raise OverflowError
        if type(value) is int and abs(value) > EXACT:
            self.lost(Said("whole numbers above 2^53 are rounded"))
        return number

    _whole = _number

    def _date(self, value: str) -> float:
        days = date.fromisoformat(value).toordinal() - EPOCH
        return float((days + self.flavor.first_day) * self.flavor.day)

    def _moment(self, value: str) -> float:
        """By the clocks of the zone: neither package knows time zones."""
        at = datetime.fromisoformat(value).astimezone(self.zone)
        seconds = (at.toordinal() - EPOCH + self.flavor.first_day) * 86_400.0
        seconds += at.hour * 3600 + at.minute * 60 + at.second + at.microsecond / 1e6
        return seconds * self.flavor.second

    def _time(self, value: str) -> float:
        at = time.fromisoformat(value)
        seconds = at.hour * 3600 + at.minute * 60 + at.second + at.microsecond / 1e6
        return seconds * self.flavor.second


@dataclass(slots=True)
class FlagEncoder(Encoder):
    """Yes and no as 1 and 0."""

    words: tuple[str, str] = YES_NO["en"]

    def encode(self, values: Sequence[Any], gaps: Sequence[Code]) -> tuple[Codes, ...]:
        return ([self._flag(v, gap) for v, gap in zip(values, gaps, strict=True)],)

    def variables(self) -> tuple[Variable, ...]:
        labels = dict(enumerate(self.words))
        return (Variable(self.name, self.column, "flag", self.label, labels),)

    def _flag(self, value: Any, gap: Code) -> Code:
        if value is None:
            return gap
        if type(value) is bool:
            return float(value)
        self.lost(Said("answers that are neither yes nor no are left empty"))
        return None


@dataclass(slots=True)
class CodedEncoder(Encoder):
    """One choice of several as a labelled number.

    Codes that are whole numbers stay what they are; others are numbered from 1 in the order of
    the choices, and a code the form does not list gets the next number, with itself as label.
    """

    choices: Mapping[str, str] = field(default_factory=dict)  # code → label, in order
    numbers: dict[str, Code] = field(default_factory=dict)
    labels: dict[int, str] = field(default_factory=dict)
    codes: dict[int, str] = field(default_factory=dict)
    missing: Mapping[str, Missing] = field(default_factory=dict)  # codes that are no answer

    def __post_init__(self) -> None:
        whole = all(_is_whole(code) for code in self.choices if code not in self.missing)
        for code, label in self.choices.items():
            if code in self.missing:
                self.numbers[code] = self.flavor.missing(self.missing[code])
            else:
                self._add(code, label, int(code) if whole else len(self.labels) + 1)

    def encode(self, values: Sequence[Any], gaps: Sequence[Code]) -> tuple[Codes, ...]:
        numbers = self.numbers
        return (
            [
                gap
                if value is None
                else numbers[value]
                if type(value) is str and value in numbers
                else self._unlisted(value)
                for value, gap in zip(values, gaps, strict=True)
            ],
        )

    def variables(self) -> tuple[Variable, ...]:
        return (Variable(self.name, self.column, "coded", self.label, self.labels, self.codes),)

    def _unlisted(self, value: Any) -> Code:
        code = value if isinstance(value, str) else str(value)
        if code not in self.numbers:
            self._add(code, code, max(self.labels, default=0) + 1)
        return self.numbers[code]

    def _add(self, code: str, label: str, number: int) -> None:
        self.numbers[code] = float(number)
        self.labels[number] = label
        self.codes[number] = code


@dataclass(slots=True)
class SeveralEncoder(Encoder):
    """Several choices: the codes as text, and 0 or 1 for each choice."""

    choices: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)  # code → name of its variable
    words: tuple[str, str] = YES_NO["en"]

    def encode(self, values: Sequence[Any], gaps: Sequence[Code]) -> tuple[Codes, ...]:
        lists = [
            v if isinstance(v, list) else None if v is None else str(v).split() for v in values
        ]
        texts: Codes = [None if codes is None else " ".join(codes) for codes in lists]
        return texts, *(self._flags(code, lists, gaps) for code in self.names)

    def variables(self) -> tuple[Variable, ...]:
        labels = dict(enumerate(self.words))
        flags = (
            Variable(name, f"{self.column} {code}", "flag", self._flag_label(code), labels)
            for code, name in self.names.items()
        )
        text = Variable(self.name, self.column, "text", self.label, keeps_gaps=False)
        return text, *flags

    def _flags(self, code: str, lists: Iterable[list[str] | None], gaps: Sequence[Code]) -> Codes:
        return [
            gap if codes is None else 1.0 if code in codes else 0.0
            for codes, gap in zip(lists, gaps, strict=True)
        ]

    def _flag_label(self, code: str) -> str:
        chosen = self.choices[code]
        return f"{chosen} ({self.label})" if self.label else chosen


@dataclass(slots=True)
class PointEncoder(Encoder):
    names: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)  # what each part is called

    def encode(self, values: Sequence[Any], gaps: Sequence[Code]) -> tuple[Codes, ...]:
        points = [value if isinstance(value, Mapping) else None for value in values]
        return tuple(self._part(part, points, gaps) for part in GEO_PARTS)

    def variables(self) -> tuple[Variable, ...]:
        return tuple(
            Variable(name, f"{self.column}_{part}", "number", self._label(part))
            for name, part in zip(self.names, GEO_PARTS, strict=True)
        )

    def _label(self, part: str) -> str:
        return f"{self.label}: {self.words.get(part, part)}"

    def _part(
        self, part: str, points: Iterable[Mapping[str, Any] | None], gaps: Sequence[Code]
    ) -> Codes:
        return [
            gap if point is None else None if point.get(part) is None else float(point[part])
            for point, gap in zip(points, gaps, strict=True)
        ]


def _is_whole(code: str) -> bool:
    digits = code.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) < 10 and str(int(code)) == code
