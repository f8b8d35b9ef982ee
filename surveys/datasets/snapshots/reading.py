"""Clean rows of one form, as a snapshot keeps them, in blocks from a server-side cursor."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from surveys.datasets.snapshots.plan import Plan

ROWS_AT_ONCE = 1000
# What began before may still commit, with a time of its own clock on its rows.
MARGIN = timedelta(minutes=2)
# In the order of `parquet.FIXED`. All rows of a record have its root's place, household and state.
_ROWS = """
SELECT uuid_send(row.id), uuid_send(row.record_id), uuid_send(row.parent_id), row.index,
    uuid_send(row.household_id), row.place_id, row.restricted, submission.review_state,
    row.version, row.instance_id, row.submitted_at, row.received_at, row.updated_at,
    root.values ->> 'partner', row.values::text, row.verbatim::text
FROM cleaning_cleanrow AS row
JOIN cleaning_cleanrow AS root ON root.id = row.record_id AND root.repeat = ''
JOIN submissions_submission AS submission ON submission.id = row.submission_id
WHERE row.form_id = %(form)s AND row.repeat = %(table)s
"""
_OF_RECORDS = " AND row.record_id = ANY(%(records)s)"
_CHANGED = """
SELECT record_id, floor(extract(epoch FROM updated_at) * 1000000)::numeric AS at
FROM cleaning_cleanrow
WHERE form_id = %(form)s AND repeat = ANY(%(tables)s) AND updated_at >= %(since)s
UNION ALL
SELECT record_id, floor(extract(epoch FROM deleted_at) * 1000000)::numeric
FROM cleaning_deletedrecord WHERE form_id = %(form)s AND deleted_at >= %(since)s
"""
_MARK = f"SELECT count(DISTINCT record_id), count(*), sum(at) FROM ({_CHANGED}) AS changed"  # noqa: S608
_RECORDS = f"SELECT DISTINCT record_id FROM ({_CHANGED}) AS changed"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Changes:
    """How many records changed since a time; `mark` is another when anything more has."""

    records: int
    mark: str


def watermark() -> datetime:
    """A time before which nothing is written any more: no transaction is as old."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT least(clock_timestamp(), min(xact_start)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_type = 'client backend'"
        )
        (oldest,) = cursor.fetchone()
    return oldest - MARGIN  # type: ignore[no-any-return]


def changes_since(form_pk: int, plan: Plan, since: datetime) -> Changes:
    with connection.cursor() as cursor:
        cursor.execute(_MARK, _words(form_pk, plan, since))
        records, rows, times = cursor.fetchone()
    return Changes(records, f"{rows}/{times or 0}")


def changed_records(form_pk: int, plan: Plan, since: datetime) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_RECORDS, _words(form_pk, plan, since))
        return [record for (record,) in cursor.fetchall()]


def blocks(
    form_pk: int, table: str, *, records: Sequence[UUID] | None = None
) -> Iterator[Sequence[Sequence[Any]]]:
    """All rows of a table, or those of some records."""
    if records is not None and not records:
        return
    sql = _ROWS if records is None else _ROWS + _OF_RECORDS
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, {"form": form_pk, "table": table, "records": list(records or ())})
        while block := cursor.fetchmany(ROWS_AT_ONCE):
            yield block


def _words(form_pk: int, plan: Plan, since: datetime) -> dict[str, Any]:
    return {"form": form_pk, "tables": list(plan.tables), "since": since}
