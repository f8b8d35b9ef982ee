"""What someone had before them when they decided: had it changed, they look again."""

import hashlib
from collections.abc import Collection
from uuid import UUID

from django.db.models import Max, Q

from surveys.cleaning.models import CleanRow
from surveys.households.models import CandidateLink, LinkDecision, Membership


def seal_of(*, records: Collection[UUID], keys: Collection[int]) -> str:
    """A short text of the editions and households of records, of what was decided of them, and of
    the state of the candidates: another text, when any of these is another. Four queries.
    """
    rows = CleanRow.objects.filter(pk__in=records, repeat="").order_by("pk")
    homes = Membership.objects.filter(pk__in=records).order_by("pk")
    links = CandidateLink.objects.filter(pk__in=keys).order_by("pk")
    parts = [
        *rows.values_list("pk", "instance_id"),
        *homes.values_list("pk", "household_id"),
        *links.values_list("pk", "state", "weight"),
        newest_decision(records),
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def newest_decision(records: Collection[UUID]) -> int:
    """The number of the last decision about any of these records; 0 where there is none."""
    about = LinkDecision.objects.filter(Q(a__in=records) | Q(b__in=records))
    return int(about.aggregate(newest=Max("pk"))["newest"] or 0)
