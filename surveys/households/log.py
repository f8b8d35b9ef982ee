"""The log of decisions: reading it as values, adding to it. Nothing else writes LinkDecision."""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import connection
from django.db.models import Q

from surveys.households.models import LinkDecision
from surveys.households.projection import Decided

# All records that were ever said to be the same as these, directly or through others. Whoever
# shares a household with them, or did before a decision was revoked, is among them.
REACHED = """
WITH RECURSIVE reached(id) AS (
    SELECT unnest(%s::uuid[])
    UNION
    SELECT beside.id FROM reached, LATERAL (
        SELECT b AS id FROM households_linkdecision WHERE a = reached.id AND verdict = 'same'
        UNION ALL
        SELECT a FROM households_linkdecision WHERE b = reached.id AND verdict = 'same'
    ) AS beside
)
SELECT id FROM reached
"""


def reached_from(records: Collection[UUID]) -> set[UUID]:
    """These records, and all whose household may depend on the same decisions."""
    with connection.cursor() as cursor:
        cursor.execute(REACHED, [list(records)])
        return {row[0] for row in cursor.fetchall()}


def decisions_among(records: Collection[UUID]) -> list[Decided]:
    """All that was ever said of pairs of these."""
    return _read(Q(a__in=records, b__in=records))


def decisions_about(records: Collection[UUID]) -> list[Decided]:
    """All that was ever said of these and any other."""
    return _read(Q(a__in=records) | Q(b__in=records))


def all_decisions() -> list[Decided]:
    return _read(Q())


def append_decisions(rows: Iterable[LinkDecision]) -> list[LinkDecision]:
    return LinkDecision.objects.bulk_create(rows)


def _read(which: Q) -> list[Decided]:
    rows = LinkDecision.objects.filter(which).order_by("pk")
    return [
        Decided(*row)
        for row in rows.values_list("pk", "a", "b", "verdict", "source", "revokes_id", "at")
    ]
