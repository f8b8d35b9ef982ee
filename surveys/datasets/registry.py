"""keep_register: what a form's columns are called is written down when a version is first read."""

from collections.abc import Sequence
from dataclasses import asdict

from django.db import connection, transaction

from surveys.datasets.models import RegisteredColumn
from surveys.datasets.register import Entry, new_entries
from surveys.xforms.models import Form
from surveys.xforms.schema import Schema

_COLUMNS = ("table", "key", "part", "position", "name", "short_name")


def keep_register(form_pk: int, schemas: Sequence[Schema]) -> tuple[Entry, ...]:
    """The register of a form over these versions, the oldest first; adds what it lacks.

    Two who read a new version at once take turns. Inside an export's read-only snapshot nothing is
    written; the same entries come out, and the next reader keeps them.
    """
    known = _known(form_pk)
    if not new_entries(schemas, known) or _reads_only():
        return (*known, *new_entries(schemas, known))
    with transaction.atomic():
        Form.objects.select_for_update(no_key=True).get(pk=form_pk)
        known = _known(form_pk)
        found = new_entries(schemas, known)
        RegisteredColumn.objects.bulk_create(
            RegisteredColumn(form_id=form_pk, **asdict(entry)) for entry in found
        )
    return (*known, *found)


def _known(form_pk: int) -> tuple[Entry, ...]:
    lines = RegisteredColumn.objects.filter(form=form_pk).order_by("pk").values_list(*_COLUMNS)
    return tuple(Entry(*line) for line in lines)


def _reads_only() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('transaction_read_only') = 'on'")
        return bool(cursor.fetchone()[0])
