"""choices_of: which records may be the second interview of one that was drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, Q, When

from backend.accounts.models import User
from backend.problems import Problem
from surveys.quality.models import BackCheck
from surveys.quality.reading import visible_records, with_enumerator

MOST_CHOICES = 50
HOUSEHOLD, PLACE, DISTRICT = range(3)  # what a record has in common with the first interview


@dataclass(frozen=True, slots=True)
class Choices:
    """`first`: the interview that was drawn. `rows`: those nearest to it first, `shared` says how;
    `more` when there are others still.
    """

    first: Any
    rows: Sequence[Any]
    more: bool


def choices_of(check: BackCheck, user: User, *, enumerator: str = "") -> Choices:
    """Records of the same form and district that the user sees, of no other pair; `enumerator`: a
    part of who asked. Raises `Problem("not_found")`.
    """
    seen = with_enumerator(visible_records(user)).select_related("place")
    first = seen.filter(pk=check.record_id).first()
    if first is None:
        raise Problem("not_found")
    linked = BackCheck.objects.filter(again_id__isnull=False).values("again_id")
    rows = seen.filter(form=first.form_id).exclude(Q(pk=first.pk) | Q(pk__in=linked))
    home = Q(household_id=first.household_id) if first.household_id else Q(pk__isnull=True)
    here = Q(place=first.place_id) if first.place_id else Q(pk__isnull=True)
    if first.place is not None:
        district = "/".join(first.place.path.split("/")[:3])
        within = Q(place__path=district) | Q(place__path__startswith=f"{district}/")
        rows = rows.filter(home | within)
    if enumerator:
        rows = rows.filter(enumerator__icontains=enumerator)
    nearness = Case(When(home, then=HOUSEHOLD), When(here, then=PLACE), default=DISTRICT)
    found = list(
        rows.annotate(shared=nearness).order_by(F("shared"), "-received_at")[: MOST_CHOICES + 1]
    )
    return Choices(first, found[:MOST_CHOICES], len(found) > MOST_CHOICES)
