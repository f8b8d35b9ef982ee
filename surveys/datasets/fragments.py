"""What a `Writer` reads of each row, in one text: columns and answers as PostgreSQL writes JSON."""

from collections.abc import Mapping
from typing import Any

from django.db.models import F, Func, TextField
from django.db.models.expressions import Combinable

from surveys.datasets.shape import COLUMNS, TIMES
from surveys.datasets.texts import Slot, Writer

# A shape reads times as text already; here they are columns like all others.
_TIMES = {COLUMNS[name]: name for name in TIMES}


class Fragments(Func):
    """Columns and answers of a row as JSON texts with `SEPARATOR` between them."""

    output_field = TextField()

    def __init__(self, answers: str, *items: str | Combinable) -> None:
        """`items` are keys of answers, which stand in the column `answers`, or expressions."""
        super().__init__(F(answers), *(i for i in items if not isinstance(i, str)))
        self.keys = [item if isinstance(item, str) else None for item in items]

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        (answers, _none), *columns = map(compiler.compile, self.source_expressions)
        is_packed = answers.endswith('"verbatim"') or len(self.keys) > MOST_LYING_OPEN
        source = "answers" if is_packed else answers
        texts, values, others = [], list[Any](), iter(columns)
        for key in self.keys:
            sql, given = (f"{source} -> %s", [key]) if key is not None else next(others)
            texts.append(f"({sql})::text" if key is not None else f"to_json({sql})::text")
            values += given
        text = f"array_to_string(ARRAY[{', '.join(texts)}]::text[], chr(31), 'null')"
        return (_UNPACKED_ONCE.format(text=text, answers=answers) if is_packed else text), values


# Typed answers of more lie compressed or apart, as the text that was sent does: they would be
# unpacked for each key anew. Where they lie open this costs 20 µs a row.
MOST_LYING_OPEN = 150
_UNPACKED_ONCE = (
    "(SELECT {text} FROM (SELECT {answers} || '{{}}'::jsonb AS answers OFFSET 0) AS unpacked)"
)


def fragments(
    writer: Writer, expressions: Mapping[str, Combinable], *, answers: str = "values"
) -> Fragments:
    """What a writer reads; `expressions` has columns that are no columns of the row."""
    return Fragments(answers, *(item_of(slot, expressions) for slot in writer.reads))


def item_of(slot: Slot | None, expressions: Mapping[str, Combinable]) -> str | Combinable:
    if slot is None:
        return _Nothing()
    if slot.column is None:
        assert slot.answer is not None
        return slot.answer
    return expressions.get(slot.column) or F(_TIMES.get(slot.column, slot.column))


class _Nothing(Func):
    template = "NULL::text"
    output_field = TextField()
