"""Orders that people asked for, each with an index of its own: made when asked, dropped when not.

To sort 10,000 records by an answer PostgreSQL must open them all, 80 ms; by an index it opens those
of the page. An index for every question would slow every write, so there are those of the last
month alone. Only numbers and dates: an index takes no text of thousands of letters, and a record
must never be refused for an order.
"""

import logging
from datetime import timedelta
from functools import lru_cache

from django.db import DatabaseError, connection
from django.db.models import F, Index, Q, QuerySet
from django.db.models.expressions import OrderBy
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.utils import timezone

from surveys.cleaning.models import CleanRow
from surveys.datasets.columns import Column, Dataset, Table
from surveys.datasets.models import SortIndex
from surveys.datasets.versions import changed_types
from surveys.xforms.models import Form

log = logging.getLogger(__name__)
AS_JSON, AS_TEXT = frozenset({"integer", "decimal"}), frozenset({"date", "dateTime"})
WORTH_IT = 1000  # rows: fewer are sorted at once
MOST_A_TABLE = 8
FORGOTTEN_AFTER = timedelta(days=30)
PATIENCE = "10min"  # a new index waits for all who began to read before it
TOO_LONG = "54000"  # an answer that no index takes: there will be none
_LOCK = 7043


def note_order(form: Form, dataset: Dataset, table: Table, column: Column) -> None:
    """Says that somebody sorts by this answer: an index may be made for it."""
    field = column.field
    is_short = field.type in AS_JSON | AS_TEXT
    if is_short and field.key not in changed_types(form.pk, dataset, table.path):
        _note(form.pk, table.path, field.key, field.type in AS_TEXT, timezone.now().toordinal())


@lru_cache(maxsize=1024)
def _note(form_pk: int, repeat: str, key: str, as_text: bool, day: int) -> None:
    """Once a day and process is often enough."""
    wish, is_new = SortIndex.objects.get_or_create(
        form_id=form_pk, repeat=repeat, key=key, as_text=as_text
    )
    if not is_new:
        SortIndex.objects.filter(pk=wish.pk).update(asked_at=timezone.now())


def keep_sort_indexes() -> int:
    """Makes what is wanted and drops what nobody wants any more; gives how many were made.

    Beside writers, without holding them up. Whoever comes second has nothing to do.
    """
    _drop_forgotten()
    wishes = _to_be_made()
    if not wishes:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        try:
            cursor.execute(f"SET statement_timeout = '{PATIENCE}'")
            return sum(map(_make, wishes))
        finally:
            cursor.execute("RESET statement_timeout")
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _to_be_made() -> list[SortIndex]:
    return [
        wish
        for wish in SortIndex.objects.filter(made_at=None).order_by("pk")
        if _rows(wish)[WORTH_IT - 1 : WORTH_IT].exists()
    ]


def _rows(wish: SortIndex) -> QuerySet[CleanRow]:
    return CleanRow.objects.filter(form=wish.form_id, repeat=wish.repeat).order_by()


def _make(wish: SortIndex) -> bool:
    _drop(wish)  # what a server that was stopped left half made
    try:
        with connection.schema_editor(atomic=False) as editor:
            editor.execute(index_of(wish).create_sql(CleanRow, editor, concurrently=True))
            editor.execute("ANALYZE cleaning_cleanrow")
    except DatabaseError as error:
        log.warning("no index for an order", extra={"sort_index": wish.pk})
        _drop(wish)
        if getattr(error.__cause__, "sqlstate", "") != TOO_LONG:
            return False  # somebody reads for very long: at the next time then
    SortIndex.objects.filter(pk=wish.pk).update(made_at=timezone.now())
    return True


def index_of(wish: SortIndex) -> Index:
    """In the very order of a feed; backwards it has the answer's order still."""
    transform = KeyTextTransform if wish.as_text else KeyTransform
    inside = [F("record_id").desc(), F("parent_id").asc(), F("index").asc(), F("id").asc()]
    return Index(
        OrderBy(transform(wish.key, "values"), nulls_first=True),
        F("received_at").desc(),
        *(inside if wish.repeat else [F("id").desc()]),
        condition=Q(form=wish.form_id, repeat=wish.repeat),
        name=wish.index_name,
    )


def _drop_forgotten() -> None:
    old = timezone.now() - FORGOTTEN_AFTER
    seen: dict[tuple[int, str], int] = {}
    for wish in SortIndex.objects.order_by("-asked_at"):
        table = (wish.form_id, wish.repeat)
        seen[table] = seen.get(table, 0) + 1
        if wish.asked_at < old or seen[table] > MOST_A_TABLE:
            _drop(wish)
            wish.delete()


def _drop(wish: SortIndex) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {wish.index_name}")
