"""The three layers of a form's records, and what every output says about itself.

raw: each answer as text, as the tablet sent it. corrected: typed, as the record stands now, with
the log of corrections applied. Which rows a record has is the same in both.
analysis: corrected, without rejected records, one record a household where the form registers
households (the newest), and with the codes for refused or don't know taken out of numbers.
A deleted record is in none of them.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from backend.problems import Problem
from backend.said import Said
from surveys.cleaning.models import CleanRow
from surveys.datasets.columns import Table
from surveys.submissions.models import Submission

RAW, CORRECTED, ANALYSIS = LAYERS = ("raw", "corrected", "analysis")
REJECTED = Submission.ReviewState.REJECTED


@dataclass(frozen=True, slots=True)
class About:
    """What an output says of itself; `count` is None where nobody asked for it."""

    layer: str
    as_of: datetime
    filter: dict[str, str]
    schema_version: str
    count: int | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def check_layer(layer: str) -> str:
    """The layer, if there is such a one. Raises `Problem("value_invalid")`."""
    if layer not in LAYERS:
        raise Problem(
            "value_invalid",
            field="layer",
            reason=Said("one of {allowed}", allowed=", ".join(LAYERS)),
        )
    return layer


def in_layer(roots: QuerySet[CleanRow], table: Table, layer: str) -> QuerySet[CleanRow]:
    """The root rows that a layer holds."""
    if layer != ANALYSIS:
        return roots
    # a few, which an index has: quicker than to look at the submission of every row
    roots = roots.exclude(submission__in=Submission.objects.filter(review_state=REJECTED))
    return roots.exclude(Exists(_newer())) if table.registers else roots


def _newer() -> QuerySet[CleanRow]:
    """A later registration of the same household by the same form."""
    later = Q(received_at__gt=OuterRef("received_at"))
    later |= Q(received_at=OuterRef("received_at"), pk__gt=OuterRef("pk"))
    return CleanRow.objects.filter(
        later, form=OuterRef("form"), repeat="", household_id=OuterRef("household_id")
    ).exclude(submission__review_state=REJECTED)
