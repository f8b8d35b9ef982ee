"""What is grouped by and what is summed up: names of a query → SQL over a snapshot."""

from collections.abc import Mapping
from dataclasses import dataclass

from backend.problems import Problem
from backend.said import Said
from surveys.datasets.columns import Column
from surveys.datasets.filters import check_not_masked, kind_of
from surveys.datasets.grouping.question import Question
from surveys.datasets.layers import ANALYSIS, RAW
from surveys.datasets.missing import missing_codes
from surveys.datasets.shape import Shape
from surveys.datasets.snapshots.conditions import Part
from surveys.datasets.snapshots.plan import LIST, NUMBER, PRESENCE, WHOLE, Kept
from surveys.places.models import Place

ROW_KEYS = {"version": "version", "review_state": "review_state", "index": '"index"'}
LEVELS = {f"place__{level.name.lower()}": level.value for level in Place.Level}


@dataclass(frozen=True, slots=True)
class Key:
    """What is grouped by: a name, the SQL of its value, and labels in place of codes.

    `several` says that a record may be in more than one group.
    """

    name: str
    part: Part
    labels: Mapping[str, str] | None = None
    several: bool = False


def check_name(shape: Shape, name: str) -> None:
    """Raises `Problem`: `field_unknown`, `field_masked`."""
    table = shape.table
    if name not in {*LEVELS, *table.keys} and table.column(name) is None:
        raise Problem("field_unknown", field=name)
    check_not_masked(table, name, shape.masked)


def key_of(question: Question, name: str) -> Key:
    """Raises `Problem("value_invalid")` for what gives no groups."""
    table = question.asked.table
    column = table.column(name)
    if column is None:
        return _key_of_row(name)
    kept = question.kept(table, column)
    if question.shape.layer == RAW:
        return Key(name, Part(kept.sent))
    if kept.kind == PRESENCE:
        raise Problem("value_invalid", field="by", reason=Said("{name} gives no groups", name=name))
    language = question.shape.language
    labels = column.choice_labels(language) if language is not None else None
    if kept.kind == LIST:  # a group for each code, and one for those who chose none
        codes = f"unnest(coalesce(nullif({kept.typed}, []), [NULL]))"
        return Key(name, Part(codes), labels, several=True)
    return Key(name, Part(_typed(question, column, kept)), labels or None)


def number_of(question: Question, name: str) -> str:
    """Raises `Problem("value_invalid")` for what is no number."""
    table = question.asked.table
    column = table.column(name)
    if question.shape.layer == RAW:
        raise Problem("value_invalid", field="of", reason=Said("goes with typed layers only"))
    if column is None or kind_of(table, name) != "number":
        raise Problem("value_invalid", field="of", reason=Said("{name} is no number", name=name))
    return _typed(question, column, question.kept(table, column))


def _key_of_row(name: str) -> Key:
    if name in ROW_KEYS:
        return Key(name, Part(ROW_KEYS[name]))
    if name not in {"place", *LEVELS}:
        raise Problem("value_invalid", field="by", reason=Said("{name} gives no groups", name=name))
    codes = _places(LEVELS.get(name))
    sql = "map(CAST(? AS BIGINT[]), CAST(? AS VARCHAR[]))[place_id]"
    return Key(name, Part(sql, (list(codes), list(codes.values()))))


def _places(level: int | None) -> dict[int, str]:
    """Key of a place → its code, or that of the place of a level that it is or lies in."""
    places = list(Place.objects.values_list("pk", "path", "code", "level"))
    if level is None:
        return {pk: code for pk, _, code, _ in places}
    at_level = {path: code for _, path, code, found in places if found == level}
    above: dict[int, str] = {}
    for pk, path, _, _ in places:
        parts = path.split("/")
        paths = ("/".join(parts[:depth]) for depth in range(len(parts), 0, -1))
        code = next((at_level[each] for each in paths if each in at_level), None)
        if code is not None:
            above[pk] = code
    return above


def _typed(question: Question, column: Column, kept: Kept) -> str:
    """The answer; in the analysis layer none where a number says refused or don't know."""
    codes = missing_codes(column) if question.shape.layer == ANALYSIS else {}
    known = [str(float(code)) for code in codes if _is_number(code)]
    if not known or kept.kind not in {WHOLE, NUMBER}:
        return kept.typed
    return f"CASE WHEN {kept.typed} IN ({', '.join(known)}) THEN NULL ELSE {kept.typed} END"


def _is_number(code: str) -> bool:
    try:
        return abs(float(code)) < 1e15
    except ValueError:
        return False
