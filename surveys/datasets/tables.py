"""The one read path: a form's schema and its clean rows → records as API and files give them.

Whatever leaves the house leaves through `visible_rows` (which rows) and `Shape` (which columns,
masked or not, codes or labels). Nothing here reads a submission's raw XML.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, TypeAlias, cast

import orjson
from django.db.models import Exists, Func, OuterRef, QuerySet, TextField
from django.db.models.functions import Cast

from backend.accounts.models import User
from backend.problems import Problem
from surveys.cleaning.models import CleanRow
from surveys.datasets.columns import Column, Dataset, Table, dataset_of
from surveys.datasets.registry import keep_register
from surveys.privacy.access import masked_keys, rows_for
from surveys.privacy.models import Unmasking
from surveys.xforms.models import Form, FormVersion, schema_of_version

Row = dict[str, Any]
Rows: TypeAlias = QuerySet[CleanRow, Row]
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
TIMES = ("submitted_at", "received_at", "updated_at")


def published_forms() -> QuerySet[Form]:
    """Every form that was ever published; a retired one still has its records."""
    published = FormVersion.objects.filter(form=OuterRef("pk"))
    return Form.objects.filter(Exists(published)).order_by("form_id")


def find_form(form_id: str) -> Form:
    """Raises `Problem("not_found")`."""
    form = None
    if "\0" not in form_id:  # which PostgreSQL refuses to look for
        form = published_forms().filter(form_id=form_id).first()
    if form is None:
        raise Problem("not_found")
    return form


def find_table(dataset: Dataset, repeat: str) -> Table:
    """The root, or the repeat with this name. Raises `Problem("not_found")`."""
    table = dataset.repeat(repeat) if repeat else dataset.root
    if table is None:
        raise Problem("not_found")
    return table


def all_datasets() -> list[Dataset]:
    """Every published form, in two queries once the versions are in memory."""
    versions: dict[int, list[int]] = {}
    for pk, form in FormVersion.objects.values_list("pk", "form_id"):
        versions.setdefault(form, []).append(pk)
    return [
        _dataset_of_versions(form.pk, _current_first(versions[form.pk], form))
        for form in published_forms()
    ]


def dataset_of_form(form: Form) -> Dataset:
    """The form over all its versions; one query, the rest is kept in memory."""
    versions = FormVersion.objects.filter(form=form).values_list("pk", flat=True)
    return _dataset_of_versions(form.pk, _current_first(versions, form))


def _current_first(versions: Iterable[int], form: Form) -> tuple[int, ...]:
    """The current version, then the others from newest to oldest, as the model orders them."""
    return tuple(sorted(versions, key=lambda pk: pk != form.current_id))


@lru_cache(maxsize=256)
def _dataset_of_versions(form_pk: int, pks: tuple[int, ...]) -> Dataset:
    register = keep_register(form_pk, [schema_of_version(pk) for pk in sorted(pks)])
    return dataset_of([schema_of_version(pk) for pk in pks], register)


def visible_rows(form: Form, table: Table, user: User) -> QuerySet[CleanRow]:
    """The rows of one table that the user may see; a repeat's row is seen where its root is."""
    rows = CleanRow.objects.filter(form=form, repeat=table.path)
    if not table.path:
        return rows.filter(rows_for(user))
    roots = CleanRow.objects.filter(pk=OuterRef("record_id"), repeat="")
    return rows.filter(Exists(roots.filter(rows_for(user))))


def read_columns(rows: QuerySet[CleanRow], *, answers: str = "values") -> Rows:
    """The columns that `Shape` reads, as plain dictionaries, answers still as JSON text.

    `answers` is "values", typed, or "verbatim", as the tablet sent them.
    """
    times = {COLUMNS[name]: _AsJson(name) for name in TIMES}
    plain = (path for name, path in COLUMNS.items() if name not in TIMES)
    return cast(Rows, rows.values(*plain, **times, answers=Cast(answers, TextField())))


class _AsJson(Func):
    """A time as JSON writes it; parsing it only to write it again would cost 6 ms a page."""

    function = "to_json"
    template = "%(function)s(%(expressions)s) #>> '{}'"
    output_field = TextField()


@dataclass(frozen=True)
class Shape:
    """How rows of one table are given out to one person."""

    form_id: str
    table: Table
    masked: frozenset[str]  # keys whose answers are withheld
    language: str | None = None  # labels of this language in place of codes
    chosen: frozenset[str] | None = None  # names to give out; None for all

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
        record, names, labels = dict(self._empty), self._open, self.labels
        for name, column in self._sources:
            record[name] = row[column]
        for key, value in answers.items():
            if key in names:
                record[names[key]] = labelled(value, labels[key]) if key in labels else value
        return record

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
    def labels(self) -> dict[str, dict[str, str]]:
        """Key → code → label, where labels are asked for."""
        if self.language is None:
            return {}
        chosen = (c for c in self.columns if c.field.choices)
        return {c.field.key: c.choice_labels(self.language) for c in chosen}

    def _is_chosen(self, name: str) -> bool:
        return self.chosen is None or name in self.chosen


def shape_of(
    dataset: Dataset,
    table: Table,
    user: User,
    *,
    granted: Unmasking | None = None,
    language: str | None = None,
    chosen: Sequence[str] = (),
) -> Shape:
    """Raises `Problem("field_unknown")`."""
    known = {*table.keys, *(c.name for c in table.columns)}
    for name in chosen:
        if name not in known:
            raise Problem("field_unknown", field=name)
    return Shape(
        form_id=dataset.form_id,
        table=table,
        masked=masked_keys(user, (c.field for c in table.columns), granted=granted),
        language=language,
        chosen=frozenset(chosen) or None,
    )


def language_of(dataset: Dataset, asked: str) -> str:
    """The form's language asked for. Raises `Problem("value_invalid")` naming those it has."""
    language = dataset.language(asked)
    if language is None:
        words = ", ".join(dataset.languages) if any(dataset.languages) else "default"
        raise Problem("value_invalid", field="labels", reason=f"the form has {words}")
    return language


def words_of(value: Any) -> str:
    """A value of a record as a person reads it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(words_of(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(str(part) for part in value.values() if part is not None)
    return "" if value is None else str(value)


def labelled(value: Any, labels: Mapping[str, str]) -> Any:
    """Labels in place of codes, where there are any."""
    if isinstance(value, list):
        return [labels.get(code, code) for code in value]
    return labels.get(value, value) if isinstance(value, str) else value
