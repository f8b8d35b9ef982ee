"""What slots read of each row: its columns, and its answers out of one text that holds them all.

The text is either their JSON, out of which values are read, or that JSON as it lies cut into texts
beside them. PostgreSQL would need five times as long to take each answer out.
"""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import orjson
from django.db.models import F, Func, TextField
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from surveys.datasets.files.sheets import Known
from surveys.datasets.shape import COLUMNS, TIMES
from surveys.datasets.texts import (
    SEPARATOR,
    Picker,
    Slot,
    Template,
    Writer,
    as_texts,
    picker_of,
    quoted,
)

# A shape reads times as text already; here they are columns like all others.
_TIMES = {COLUMNS[name]: name for name in TIMES}
_IDS = frozenset({"id", "parent_id", "record_id", "household_id"})
_KEYS_END = "\x1e"
MOST_TEMPLATES = 1_000  # of some kilobytes each
Read = Sequence[Any]  # a row as the query gives it: its answers' text, then its columns


class AsJson(Func):
    """A time as it is written in JSON, always to the microsecond: pandas reads a column of times
    only where all are written alike. To parse one only to write it again would cost 6 ms a page."""

    template = (
        """to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')"""
    )
    output_field = TextField()


class JsonText(Func):
    """Any column as the text of its JSON, or what stands for nothing."""

    template = "COALESCE(to_json(%(expressions)s)::text, '%(nothing)s')"
    output_field = TextField()

    def __init__(self, column: Combinable, nothing: str) -> None:
        super().__init__(column, nothing=nothing)


class Cut(Func):
    """The typed answers of a row as JSON texts: all keys, then all values (cleaning 0005)."""

    output_field = TextField()

    def __init__(self) -> None:
        super().__init__(F("values"))

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        values, _none = compiler.compile(self.source_expressions[0])
        return values.removesuffix('"values"') + '"cut"', []


class Cells:
    """Reads what slots stand for, as it is stored: what a slot changes is up to the caller.

    `answers` gives a row's answers as the text of their JSON; `expressions` is what a query must
    give of each row.
    """

    def __init__(self, slots: Sequence[Slot], answers: Combinable) -> None:
        columns = _columns_of(slots)
        self.expressions = [answers, *map(_as_value, columns)]
        self._constants = [slot.constant for slot in slots if slot.is_constant]
        self._keys = list(dict.fromkeys(s.answer for s in slots if s.answer is not None))
        names = [*((c,) for c in columns), *_constants_at(slots), None, *self._keys]
        at = {name: place for place, name in enumerate(names)}
        self.places = [at[name] for name in _names_of(slots)]

    def values(self, row: Read) -> list[Any]:
        """Every value that was read of a row, once; `places` says where in it that of each slot
        stands."""
        answers, *columns = row
        known = orjson.loads(answers).get
        return [*columns, *self._constants, None, *map(known, self._keys)]

    def texts(self, row: Read) -> Sequence[str]:
        """The JSON of every slot, empty for nothing."""
        values = self.values(row)
        found = as_texts([values[place] for place in self.places])
        return ["" if text == "null" else text for text in found]


class CutCells:
    """The same of rows whose answers lie cut: each as the JSON text that PostgreSQL has.

    `others` has columns that are no columns of a row, or are to be read in another way; `nothing`
    stands for what is not there. Where an answer lies depends on which questions the row answers,
    which is worked out once for all rows that answer the same.
    """

    def __init__(
        self,
        slots: Sequence[Slot],
        others: Mapping[str, Combinable] | None = None,
        *,
        nothing: str = "null",
    ) -> None:
        columns, known = _columns_of(slots), others or {}
        self.expressions = [
            Cut(),
            *(JsonText(known.get(c) or _as_value(c), nothing) for c in columns),
        ]
        self._nothing = nothing
        self._names = _names_of(slots)
        self._columns_at = {(column,): at for at, column in enumerate(columns)}
        self._constants_at = _constants_at(slots)
        constants = (slot.constant for slot in slots if slot.is_constant)
        self._constants = [nothing if value is None else quoted(value) for value in constants]
        self._pickers = Known(self._picker, most=MOST_TEMPLATES)

    def texts(self, row: Read) -> Sequence[str]:
        """The JSON of every slot."""
        keys, parts = parts_of(row)
        parts += [*self._constants, self._nothing]
        pick: Picker = self._pickers[keys]
        return pick(parts)

    def places(self, keys: str) -> tuple[list[int | None], int]:
        """Where each slot stands among the parts of a row, and how many these are; None for what
        is not there, or constant."""
        first, questions = len(self._columns_at), keys.split(SEPARATOR)
        at: dict[Any, int] = {**self._columns_at, **dict(zip(questions, count(first)))}
        return list(map(at.get, self._names)), first + len(questions)

    def _picker(self, keys: str) -> Picker:
        found, width = self.places(keys)
        constants = dict(zip(self._constants_at, count(width)))
        nothing = width + len(constants)
        at = [constants.get(n, nothing) if p is None else p for n, p in enumerate(found)]
        return picker_of(at)


class Filler:
    """Writes rows as a `Writer` says, by a template for all that answer the same questions: a row
    has half of a form's answers, and what it has not stands in the template already."""

    def __init__(self, writer: Writer, others: Mapping[str, Combinable] | None = None) -> None:
        self.writer = writer
        self.cells = CutCells(writer.reads, others)
        self._templates = Known(self._template, most=MOST_TEMPLATES)

    @property
    def expressions(self) -> Sequence[Combinable]:
        """What a query must give of each row."""
        return self.cells.expressions

    def write(self, row: Read, inside: Mapping[str, str] | None = None) -> str:
        """One record as JSON; `inside` has the rows of its repeats, with commas between them."""
        keys, parts = parts_of(row)
        template: Template = self._templates[keys]
        return template.write(parts, inside or {})

    def _template(self, keys: str) -> Template:
        return self.writer.template(*self.cells.places(keys))


def parts_of(row: Read) -> tuple[str, list[str]]:
    """Which questions a row answers, and its columns with its answers, all JSON."""
    answers, *parts = row
    keys, _, values = (answers or "").partition(_KEYS_END)
    parts += values.split(SEPARATOR)
    return keys, parts


def _columns_of(slots: Sequence[Slot]) -> list[str]:
    return list(dict.fromkeys(s.column for s in slots if s.column is not None))


def _names_of(slots: Sequence[Slot]) -> list[Any]:
    """What each slot reads, by a name of its own; answers are known by their key."""
    return [(s.column,) if s.column else s.answer or at for at, s in enumerate(slots)]


def _constants_at(slots: Sequence[Slot]) -> list[int]:
    return [at for at, slot in enumerate(slots) if slot.is_constant]


def _as_value(name: str) -> Combinable:
    if name in _TIMES:
        return AsJson(_TIMES[name])
    return Cast(F(name), TextField()) if name in _IDS else F(name)
