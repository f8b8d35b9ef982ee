"""What `__system` says of a submission and no clean row holds: files, edits, the tablet's number.

A tablet is a number of the register, never a name.
"""

from collections.abc import Mapping
from functools import lru_cache, reduce
from operator import add
from typing import Any

from django.db.models import (
    Case,
    Count,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce

from surveys.cleaning.models import CleanRow
from surveys.datasets.columns import MEDIA_TYPES, Dataset, Table
from surveys.datasets.odata.render import FACTS
from surveys.datasets.texts import Slot
from surveys.submissions.models import Attachment, Submission


def fact_slots(recipient: str) -> dict[str, Slot]:
    """Where the facts stand beside a row; a recipient outside hears nothing of tablets."""
    slots = {name: Slot(name) for name in FACTS}
    return {**slots, "submitterId": Slot()} if recipient else slots


@lru_cache(maxsize=64)
def fact_expressions(dataset: Dataset) -> Mapping[str, Combinable]:
    """How each is found for a root row; a query takes copies of them."""
    present = Attachment.objects.filter(submission_id=OuterRef("submission_id"), alternate=0)
    edits = Submission.objects.filter(record_id=OuterRef("record_id"))
    return {
        "submitterId": Cast(F("submission__device_id"), TextField()),
        "attachmentsPresent": _count(present, "submission_id"),
        "edits": _count(edits.exclude(deprecated_id=""), "record_id"),
        "attachmentsExpected": reduce(add, _expected(dataset), Value(0)),
    }


def _count(rows: QuerySet[Any], group: str) -> Combinable:
    counted = rows.order_by().values(group).annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted), 0)


def _expected(dataset: Dataset) -> list[Combinable]:
    """How many answers name a file, table by table."""
    tables = [(table, _named(table)) for table in dataset.tables]
    return [
        _in_repeat(table, named) if table.path else named
        for table, named in tables
        if named is not None
    ]


def _named(table: Table) -> Combinable | None:
    """How many of a row of the table."""
    keys = [c.field.key for c in table.columns if c.field.type in MEDIA_TYPES]
    ones: list[Combinable] = [
        Case(
            When(values__has_key=key, then=Value(1)),
            default=Value(0),
            output_field=IntegerField(),
        )
        for key in keys
    ]
    return reduce(add, ones) if ones else None


def _in_repeat(table: Table, named: Combinable) -> Combinable:
    rows = CleanRow.objects.filter(record_id=OuterRef("record_id"), repeat=table.path)
    summed = rows.order_by().values("record_id").annotate(count=Sum(named)).values("count")
    return Coalesce(Subquery(summed), 0)
