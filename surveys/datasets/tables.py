"""The one read path: a form's schema and its clean rows → records as API and files give them.

Whatever leaves the house leaves through `visible_rows` (which rows) and `Shape` (which columns,
masked or not, codes or labels). Nothing here reads a submission's raw XML.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias, cast

from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.formats import number_format
from django.utils.translation import gettext

from backend.accounts.models import User
from backend.moments import written_moment
from backend.problems import Problem
from backend.said import Said
from surveys.cleaning.models import CleanRow
from surveys.datasets.cells import AsJson
from surveys.datasets.columns import Dataset, Table, dataset_of
from surveys.datasets.layers import ANALYSIS, CORRECTED, in_layer
from surveys.datasets.registry import keep_register
from surveys.datasets.shape import COLUMNS, TIMES
from surveys.datasets.shape import Row as Row
from surveys.datasets.shape import Shape as Shape
from surveys.privacy.access import (
    coarse_keys,
    hidden_from,
    masked_keys,
    recipient_of,
    rows_for,
    shareable,
)
from surveys.privacy.models import Unmasking
from surveys.xforms.models import Form, FormQuerySet, FormVersion, schema_of_version

Rows: TypeAlias = QuerySet[CleanRow, Row]


def published_forms() -> FormQuerySet:
    """Every form that was ever published; a retired one still has its records."""
    published = FormVersion.objects.filter(form=OuterRef("pk"))
    return Form.objects.filter(Exists(published)).order_by("form_id")


def find_form(form_id: str, within: Q | None = None) -> Form:
    """The published form with this id, among those of `within`. Raises `Problem("not_found")`."""
    form = None
    if "\0" not in form_id:  # which PostgreSQL refuses to look for
        found = Form.objects.filter(within or Q(), form_id=form_id)
        form = found.with_versions().first()
    if form is None or not form.version_pks:
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
    """The form over all its versions; at most one query, the rest is kept in memory."""
    versions: Iterable[int] | None = form.version_pks
    if versions is None:
        versions = FormVersion.objects.filter(form=form).values_list("pk", flat=True)
    return _dataset_of_versions(form.pk, _current_first(versions, form))


def _current_first(versions: Iterable[int], form: Form) -> tuple[int, ...]:
    """The current version, then the others from newest to oldest, as the model orders them."""
    return tuple(sorted(versions, key=lambda pk: pk != form.current_id))


@lru_cache(maxsize=256)
def _dataset_of_versions(form_pk: int, pks: tuple[int, ...]) -> Dataset:
    register = keep_register(form_pk, [schema_of_version(pk) for pk in sorted(pks)])
    return dataset_of([schema_of_version(pk) for pk in pks], register)


def visible_rows(
    form: Form, table: Table, user: User, *, layer: str = CORRECTED, recipient: str = ""
) -> QuerySet[CleanRow]:
    """The rows of one table that the user may see; a repeat's row is seen where its root is.

    With a `recipient` outside the programme, only those that may be shared.
    """
    rows = CleanRow.objects.filter(form=form, repeat=table.path)
    outside = recipient_of(user, recipient)
    if not table.path:
        return _visible_roots(rows, table, user, layer, outside)
    roots = CleanRow.objects.filter(pk=OuterRef("record_id"), repeat="")
    hidden = hidden_from(user, form.form_id)
    if hidden is not None and layer != ANALYSIS and not outside:
        return rows.exclude(Exists(roots.filter(hidden)))  # a few, which an index has
    return rows.filter(Exists(_visible_roots(roots, table, user, layer, outside)))


def _visible_roots(
    roots: QuerySet[CleanRow], table: Table, user: User, layer: str, outside: str
) -> QuerySet[CleanRow]:
    roots = in_layer(roots.filter(rows_for(user)), table, layer)
    return shareable(roots) if outside else roots


def read_columns(
    rows: QuerySet[CleanRow], *, answers: str = "values", with_sent: bool = False
) -> Rows:
    """The columns that `Shape` reads, as plain dictionaries, answers still as JSON text.

    `answers` is "values", typed, or "verbatim", as the tablet sent them; `with_sent` adds the
    latter beside the former, from which `Shape.missing` tells why an answer is not there.
    """
    times = {COLUMNS[name]: AsJson(name) for name in TIMES}
    plain = (path for name, path in COLUMNS.items() if name not in TIMES)
    texts = {"answers": Cast(answers, TextField())}
    if with_sent:
        texts["sent"] = Cast("verbatim", TextField())
    return cast(Rows, rows.values(*plain, **times, **texts))


def shape_of(
    dataset: Dataset,
    table: Table,
    user: User,
    *,
    granted: Unmasking | None = None,
    language: str | None = None,
    chosen: Sequence[str] = (),
    layer: str = CORRECTED,
    recipient: str = "",
) -> Shape:
    """Raises `Problem("field_unknown")`."""
    known = {*table.keys, *(c.name for c in table.columns)}
    for name in chosen:
        if name not in known:
            raise Problem("field_unknown", field=name)
    fields = [c.field for c in table.columns]
    coarse = coarse_keys(user, fields, granted=granted)
    return Shape(
        form_id=dataset.form_id,
        table=table,
        masked=masked_keys(user, fields, granted=granted).union(coarse),
        language=language,
        chosen=frozenset(chosen) or None,
        coarse=coarse,
        layer=layer,
        granted=granted,
        recipient=recipient_of(user, recipient),
    )


def language_of(dataset: Dataset, asked: str) -> str:
    """The form's language asked for. Raises `Problem("value_invalid")` naming those it has."""
    language = dataset.language(asked)
    if language is None:
        words = ", ".join(dataset.languages) if any(dataset.languages) else "default"
        raise Problem(
            "value_invalid",
            field="labels",
            reason=Said("the form has {languages}", languages=words),
        )
    return language


def words_of(value: Any) -> str:
    """A value of a record as a person reads it."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return ", ".join(words_of(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(str(part) for part in value.values() if part is not None)
    if isinstance(value, float):
        return number_format(value)
    return "" if value is None else written_moment(str(value))
