"""What `__system` says of a submission and no clean row holds: files, edits, the tablet's number.

A few queries for a whole page. A tablet is a number of the register, never a name.
"""

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Case, Count, F, IntegerField, Sum, Value, When
from django.db.models.expressions import Combinable

from surveys.cleaning.models import CleanRow
from surveys.datasets.columns import MEDIA_TYPES, Dataset, Table
from surveys.datasets.odata.among import among
from surveys.submissions.models import Attachment, Submission
from surveys.xforms.models import Form

Facts = dict[UUID, dict[str, Any]]


def facts_of(ids: Sequence[UUID], form: Form, dataset: Dataset, recipient: str) -> Facts:
    """Facts by record id; a recipient outside hears nothing of tablets."""
    rows = CleanRow.objects.filter(among("id", ids))
    found = list(rows.values_list("pk", "submission_id", "submission__device_id"))
    present = _present([submission for _, submission, _ in found])
    edits = _edits(ids, form)
    expected = _expected(ids, dataset)
    return {
        pk: {
            "submitterId": None if device is None or recipient else str(device),
            "attachmentsPresent": present.get(submission, 0),
            "attachmentsExpected": expected.get(pk, 0),
            "edits": edits.get(pk, 0),
        }
        for pk, submission, device in found
    }


def _present(submissions: Sequence[int]) -> dict[int, int]:
    files = Attachment.objects.filter(
        among("submission_id", submissions, BigIntegerField), alternate=0
    )
    return dict(files.values_list("submission_id").annotate(count=Count("pk")))


def _edits(ids: Sequence[UUID], form: Form) -> dict[UUID, int]:
    edits = Submission.objects.filter(among("record_id", ids), form=form).exclude(deprecated_id="")
    return dict(edits.values_list("record_id").annotate(count=Count("pk")))


def _expected(ids: Sequence[UUID], dataset: Dataset) -> dict[UUID, int]:
    """How many answers name a file."""
    expected: dict[UUID, int] = {}
    for table in dataset.tables:
        keys = [c.field.key for c in table.columns if c.field.type in MEDIA_TYPES]
        if keys:
            for record, count in _named(ids, table, keys):
                expected[record] = expected.get(record, 0) + count
    return expected


def _named(ids: Sequence[UUID], table: Table, keys: Sequence[str]) -> list[tuple[UUID, int]]:
    rows = CleanRow.objects.filter(among("record_id", ids), repeat=table.path)
    named: list[Combinable] = [
        Case(
            When(values__has_key=key, then=Value(1)),
            default=Value(0),
            output_field=IntegerField(),
        )
        for key in keys
    ]
    return list(rows.values_list(F("record_id")).annotate(count=Sum(reduce(add, named))))
