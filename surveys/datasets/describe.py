"""What a form asks, as JSON: the words for filters and the columns to expect."""

from typing import Any

from backend.accounts.models import User
from surveys.datasets.columns import Column, Dataset, Table
from surveys.datasets.missing import missing_codes
from surveys.datasets.tables import all_datasets
from surveys.privacy.access import coarse_keys, masked_keys, may_read_form


def describe_forms(user: User) -> dict[str, Any]:
    """Every published form, in one page."""
    datasets = (d for d in all_datasets() if may_read_form(user, d.form_id))
    described = [describe_form(dataset, user) for dataset in datasets]
    return {"next": None, "previous": None, "results": described}


def describe_form(dataset: Dataset, user: User) -> dict[str, Any]:
    """One form over all its versions; `masked` is said for this user."""
    names = {table.path: table.name or None for table in dataset.tables}
    return {
        "form_id": dataset.form_id,
        "title": dataset.title,
        "version": dataset.version,
        "versions": dataset.versions,
        "schema_version": dataset.schema_version,
        "languages": dataset.languages,
        "repeats": [
            {"name": t.name, "path": t.path, "parent": names.get(t.parent), "labels": t.labels}
            for t in dataset.repeats
        ],
        "fields": [f for table in dataset.tables for f in _fields(table, user)],
    }


def _fields(table: Table, user: User) -> list[dict[str, Any]]:
    fields = [c.field for c in table.columns]
    masked, coarse = masked_keys(user, fields), coarse_keys(user, fields)
    return [
        _field(c, table, c.field.key in masked, coarse.get(c.field.key, "")) for c in table.columns
    ]


def _field(column: Column, table: Table, masked: bool, coarsened: str) -> dict[str, Any]:
    field = column.field
    return {
        "name": column.name,
        "path": field.path,
        "type": field.type,
        "labels": field.labels,
        "choices": [{"name": c.name, "labels": c.labels} for c in field.choices],
        "privacy": field.privacy,
        "repeat": table.name or None,
        "restricted": field.restricted,
        "masked": masked and not coarsened,
        "coarsened": coarsened or None,
        "short_name": column.short,
        "missing": dict(missing_codes(column)),
    }
