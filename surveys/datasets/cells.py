"""What slots read of each row: its columns, and its answers out of one text that holds them all.

The text is either their JSON, out of which values are read, or that JSON as it lies cut into texts
beside them. PostgreSQL would need five times as long to take each answer out.
"""

from collections.abc import Mapping, Sequence
from itertools import count, repeat
from typing import Any

import orjson
from django.db.models import F, Func, TextField
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from surveys.datasets.files.sheets import Known
from surveys.datasets.shape import COLUMNS, TIMES
from surveys.datasets.texts import SEPARATOR, Slot, as_texts

# A shape reads times as text already; here they are columns like all others.
_TIMES = {COLUMNS[name]: name for name in TIMES}
_IDS = frozenset({"id", "parent_id", "record_id", "household_id"})
_KEYS_END = "\x1e"
Read = Sequence[Any]  # a row as the query gives it: its answers' text, then its columns


class AsJson(Func):
    """A time as JSON writes it; parsing it only to write it again would cost 6 ms a page."""

    function = "to_json"
    template = "%(function)s(%(expressions)s) #>> '{}'"
    output_field = TextField()


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

    `expressions` is what a query must give of each row. `others` has columns that are no columns of
    a row.
    """

    def __init__(
        self,
        slots: Sequence[Slot],
        answers: Combinable,
        others: Mapping[str, Combinable] | None = None,
    ) -> None:
        self.slots = list(slots)
        columns = list(dict.fromkeys(s.column for s in slots if s.column is not None))
        self.expressions = [answers, *(_expression(name, others or {}) for name in columns)]
        self._constants = [slot.constant for slot in slots if slot.is_constant]
        self._constant_texts = as_texts(self._constants)
        keys = list(dict.fromkeys(s.answer for s in slots if s.answer is not None))
        self._keys = keys
        # What each slot reads, by a name of its own; answers are known by their key.
        self._names = [(s.column,) if s.column else s.answer or at for at, s in enumerate(slots)]
        constants = [at for at, slot in enumerate(slots) if slot.is_constant]
        self._before = {name: at for at, name in enumerate([*((c,) for c in columns), *constants])}
        self._pick = Known(self._picker)
        self.places = self._places(keys)

    def values(self, row: Read) -> list[Any]:
        """Every value that was read of a row, once; `places` says where in it that of each slot
        stands. `answers` was their JSON."""
        answers, *columns = row
        known = orjson.loads(answers).get
        return [*columns, *self._constants, None, *map(known, self._keys)]

    def texts(self, row: Read) -> list[str]:
        """The JSON of every slot; `answers` was `Cut`."""
        answers, *columns = row
        keys, _, values = (answers or "").partition(_KEYS_END)
        flat = [*as_texts(columns), *self._constant_texts, "null", *values.split(SEPARATOR)]
        return [flat[place] for place in self._pick[keys]]

    def texts_of_json(self, row: Read) -> list[str]:
        """The same; `answers` was their JSON."""
        values = self.values(row)
        return as_texts([values[place] for place in self.places])

    def _picker(self, keys: str) -> list[int]:
        return self._places(keys.split(SEPARATOR))

    def _places(self, keys: Sequence[str]) -> list[int]:
        """Where each slot stands among columns, constants, nothing, and the answers to `keys`."""
        nothing = len(self._before)
        at: dict[Any, int] = {**self._before, **dict(zip(keys, count(nothing + 1)))}
        return list(map(at.get, self._names, repeat(nothing)))


def _expression(name: str, others: Mapping[str, Combinable]) -> Combinable:
    if name in others:
        return others[name]
    if name in _TIMES:
        return AsJson(_TIMES[name])
    return Cast(F(name), TextField()) if name in _IDS else F(name)
