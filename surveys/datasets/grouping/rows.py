"""Which rows of a snapshot are grouped: what the user may see, the layer, the filters.

The same rows as `records.rows_asked_for` finds in the database; a test asks both.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from surveys.cleaning.models import CleanRow
from surveys.datasets.columns import Table
from surveys.datasets.filters import RECORD_COLUMNS
from surveys.datasets.grouping.filters import Wanted
from surveys.datasets.grouping.question import Question
from surveys.datasets.layers import ANALYSIS
from surveys.datasets.shape import ID_KEYS
from surveys.datasets.snapshots.conditions import (
    NEVER,
    Part,
    among,
    condition,
    joined,
    written_moment,
)
from surveys.datasets.snapshots.plan import WHOLE
from surveys.places.models import Place
from surveys.privacy.access import known_from, refusals, sight_of

_COLUMNS = {"index": '"index"', "place": "place_id", "submission__review_state": "review_state"}


def rows_wanted(
    question: Question, own: Sequence[Wanted], inner: Mapping[Table, Sequence[Wanted]]
) -> Part:
    """Raises `Problem`: `place_unknown`, `value_invalid`."""
    table = question.asked.table
    parts = [*_seen(question), *_in_layer(question)]
    parts += [_filter(question, table, wanted) for wanted in own]
    for repeat, asked in inner.items():
        found = joined([_filter(question, repeat, wanted) for wanted in asked])
        parts.append(question.records_with(repeat, found))
    return joined(parts)


def _seen(question: Question) -> list[Part]:
    """The rows that the user may see, as `surveys/privacy` says."""
    sight = sight_of(question.asked.user)
    parts = [] if sight.legal_aid else [Part("NOT restricted")]
    if sight.form_ids is not None and question.asked.form.form_id not in sight.form_ids:
        parts.append(NEVER)
    if sight.partner is not None:
        parts.append(Part("partner = ?", (sight.partner,)) if sight.partner else NEVER)
    if sight.places is not None:
        keys = list(sight.places.values_list("pk", flat=True))
        parts.append(among("place_id", keys, "BIGINT"))
    return parts + (_shareable() if question.shape.recipient else [])


def _shareable() -> list[Part]:
    """Asked of the database itself, since a no on any form holds for all."""
    records, homes = refusals(CleanRow.objects.all())
    outside = (
        among("record_id", [str(each) for each in records], "UUID"),
        among("household_id", [str(each) for each in homes], "UUID"),
    )
    return [Part(f"coalesce(NOT ({part.sql}), true)", part.words) for part in outside]


def _in_layer(question: Question) -> list[Part]:
    if question.shape.layer != ANALYSIS:
        return []
    parts = [Part("review_state <> 'rejected'")]
    if question.asked.table.registers:
        parts.append(Part(f"record_id NOT IN ({question.superseded()})"))
    return parts


def _filter(question: Question, table: Table, wanted: Wanted) -> Part:
    if wanted.column is None:
        return _filter_of_row(question, wanted)
    kept = question.kept(table, wanted.column)
    if wanted.kind == "moment" and wanted.operator != "isnull":
        return written_moment(kept.typed, wanted.operator, wanted.value)
    whole = kept.kind == WHOLE
    return condition(kept.typed, wanted.kind, wanted.operator, wanted.value, whole=whole)


def _filter_of_row(question: Question, wanted: Wanted) -> Part:
    path = RECORD_COLUMNS[wanted.name][1]
    column, value = _COLUMNS.get(path, path), wanted.value
    if wanted.operator != "isnull" and value is not None:
        if wanted.kind == "place":
            value = _at_or_below(_list(value))
        elif wanted.name in ID_KEYS and question.shape.recipient:
            value = _known(question.shape.recipient, value)
    return condition(column, wanted.kind, wanted.operator, value, whole=wanted.name == "index")


def _at_or_below(codes: Sequence[str]) -> list[int]:
    found = [Place.objects.at_or_below(Place.objects.find(code)) for code in codes]
    return [pk for places in found for pk in places.values_list("pk", flat=True)]


def _known(recipient: str, value: Any) -> Any:
    if isinstance(value, list):
        return [known_from(recipient, each) for each in value]
    return known_from(recipient, value)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
