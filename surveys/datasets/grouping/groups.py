"""count_groups: records as a query groups them, counted, and their numbers summed up.

What may be seen is decided as for the list of records, by `surveys/privacy` and by the same reading
of filters. Nothing personal is in a snapshot, so nobody groups by it, whatever their rights.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import QueryDict

from backend.problems import Problem
from backend.said import Said
from surveys.datasets.grouping.filters import read_filters
from surveys.datasets.grouping.keys import Key, check_name, key_of, number_of
from surveys.datasets.grouping.question import Question
from surveys.datasets.grouping.rows import rows_wanted
from surveys.datasets.layers import CORRECTED, RAW, About, check_layer
from surveys.datasets.records import Asked, repeats_below
from surveys.datasets.shape import Shape
from surveys.datasets.snapshots import engine
from surveys.datasets.snapshots.conditions import Part
from surveys.datasets.snapshots.renew import fresh_snapshot, waiting_for
from surveys.datasets.snapshots.store import forget
from surveys.datasets.tables import language_of, shape_of

WORDS = frozenset({"by", "of", "labels", "layer", "format"})
MOST_BY, MOST_OF, MOST_GROUPS = 4, 8, 10_000
# Sums and means are compensated, so that the order in which rows come changes no digit.
FIGURES = {
    "count": "count",
    "sum": "fsum",
    "mean": "favg",
    "min": "min",
    "max": "max",
    "median": "median",
}
Row = tuple[Any, ...]


def count_groups(asked: Asked, query: QueryDict) -> dict[str, Any]:
    """`{by, of, groups, about}`. Raises `Problem` as `docs/api.md` lists them."""
    shape = _shape(asked, query)
    filters = _filters_in(query)
    below = () if asked.table.path else repeats_below(asked.dataset, asked.user, None)
    wanted = read_filters(
        asked.table, filters, shape.masked, below=below, recipient=shape.recipient
    )
    by, of = _names(shape, query, "by", MOST_BY), _names(shape, query, "of", MOST_OF)
    question = Question(asked, shape, fresh_snapshot(asked.form, asked.dataset))
    keys = [key_of(question, name) for name in by]
    found = _run(
        question, keys, [number_of(question, name) for name in of], rows_wanted(question, *wanted)
    )
    several = any(key.several for key in keys)
    about = About(
        layer=shape.layer,
        as_of=question.snapshot.manifest.as_of,
        filter={name: str(filters[name]) for name in filters},
        schema_version=asked.dataset.schema_version,
        count=None if several else sum(row[0] for row in found),
    )
    groups = [_as_json(row, keys, of) for row in found]
    return {"by": by, "of": of, "groups": groups, "about": about.as_json()}


def _shape(asked: Asked, query: QueryDict) -> Shape:
    layer, labels = check_layer(query.get("layer") or CORRECTED), query.get("labels", "")
    if layer == RAW and labels:
        raise Problem("value_invalid", field="labels", reason=Said("raw answers have codes only"))
    language = language_of(asked.dataset, labels) if labels else None
    return shape_of(asked.dataset, asked.table, asked.user, language=language, layer=layer)


def _filters_in(query: QueryDict) -> QueryDict:
    filters = query.copy()
    for word in WORDS & set(query):
        del filters[word]
    return filters


def _names(shape: Shape, query: QueryDict, word: str, most: int) -> list[str]:
    names = [name.strip() for name in query.get(word, "").split(",") if name.strip()]
    if len(query.getlist(word)) > 1:
        raise Problem("value_invalid", field=word, reason=Said("is given more than once"))
    if len(names) > most or len(set(names)) < len(names):
        raise Problem(
            "value_invalid",
            field=word,
            reason=Said("takes up to {most} names, each once", most=most),
        )
    for name in names:
        check_name(shape, name)
    return names


def _run(question: Question, keys: Sequence[Key], numbers: Sequence[str], where: Part) -> list[Row]:
    """Rows: how many, the keys, then six figures for each number; ordered by the keys."""
    named = [f"{key.part.sql} AS k{at}" for at, key in enumerate(keys)]
    named += [f"{sql} AS n{at}" for at, sql in enumerate(numbers)]
    names = [f"k{at}" for at in range(len(keys))]
    figures = [f"{sql}(n{at})" for at in range(len(numbers)) for sql in FIGURES.values()]
    grouped = f"GROUP BY {', '.join(names)} ORDER BY {', '.join(names)}" if names else ""
    rows = f"{question.rows_of(question.asked.table)} WHERE {where.sql}"
    inner = f"SELECT {', '.join(named or ['1'])} FROM {rows}"  # noqa: S608 names are ours, values words
    outer = f"SELECT {', '.join(['count(*)', *names, *figures])} FROM ({inner})"  # noqa: S608
    sql = f"{outer} {grouped} LIMIT {MOST_GROUPS + 1}"
    words = [word for key in keys for word in key.part.words]
    try:
        found = engine.run(settings.SNAPSHOT_DIR, sql, [*words, *where.words])
    except engine.TooMuch:
        raise Problem("groups_too_many", limit=MOST_GROUPS) from None
    except FileNotFoundError:  # somebody emptied the folder: the next who asks makes it anew
        forget(question.folder)
        raise waiting_for(question.asked.form) from None
    if len(found) > MOST_GROUPS:
        raise Problem("groups_too_many", limit=MOST_GROUPS)
    return found


def _as_json(row: Row, keys: Sequence[Key], of: Sequence[str]) -> dict[str, Any]:
    values, figures = row[1 : 1 + len(keys)], row[1 + len(keys) :]
    each, names = len(FIGURES), tuple(FIGURES)
    return {
        "key": {
            key.name: key.labels.get(value, value) if key.labels else value
            for key, value in zip(keys, values, strict=True)
        },
        "count": row[0],
        "of": {
            name: dict(zip(names, figures[at * each : (at + 1) * each], strict=True))
            for at, name in enumerate(of)
        },
    }
