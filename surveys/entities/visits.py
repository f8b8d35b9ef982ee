"""Visits: which households are due in a round that follows another, and which are done.

A household is due while the round is open, its entity is on the list in one of the round's places,
its registration agreed to be visited again, and no record of the round's forms is about it. That is
worked out anew each time, so that it may run twice, and a deleted record makes its household due
again. Tablets hear of visits by the revision of the household list (`feed.py`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.statements import run_prepared
from surveys.entities.claim import HOUSEHOLDS
from surveys.entities.lists import lock_lists, next_revision
from surveys.entities.models import Visit
from surveys.households.models import Membership
from surveys.places.models import Place
from surveys.rounds.models import Round
from surveys.xforms.models import FormVersion, schema_of_version

# The question of a registration that must be answered with yes, where the form asks it.
CONSENT = "consent_followup"

# A legal-aid record closes no visit: tablets would see that there was one.
DUE = """
SELECT entity.id FROM entities_entity AS entity
JOIN entities_entitylist AS list ON list.id = entity.entity_list_id AND list.name = %(list)s
JOIN submissions_submission AS made ON made.id = entity.submission_id
JOIN households_membership AS home ON home.record_id = made.record_id
JOIN cleaning_cleanrow AS answers ON answers.id = made.record_id
JOIN xforms_form AS form ON form.id = answers.form_id
LEFT JOIN places_place AS place ON place.id = entity.place_id
WHERE entity.deleted_at IS NULL AND entity.redirect_to_id IS NULL
    AND (%(entities)s::uuid[] IS NULL OR entity.id = ANY(%(entities)s))
    AND form.round_id IS DISTINCT FROM %(round)s
    AND (made.form_version_id IS NULL OR made.form_version_id <> ALL(%(asking)s)
         OR answers.values ->> %(consent)s = 'yes')
    AND (%(paths)s::text[] = '{}' OR EXISTS (
        SELECT FROM unnest(%(paths)s::text[]) AS path
        WHERE place.path = path OR starts_with(place.path, path || '/')))
    AND NOT EXISTS (
        SELECT FROM households_membership AS visited
        JOIN xforms_form AS asked
            ON asked.form_id = visited.form_id AND asked.round_id = %(round)s
        JOIN cleaning_cleanrow AS row ON row.id = visited.record_id AND NOT row.restricted
        WHERE visited.household_id = home.household_id AND NOT visited.registers)
"""


@transaction.atomic
def plan_visits(*, round: Round, by: User | None = None) -> int:
    """Makes, closes and reopens the visits of a round; gives how many changed. Safe to run twice.

    A round that follows none has no visits; once it is over, none is due.
    """
    lock_lists([HOUSEHOLDS])  # a record that closes a visit meanwhile comes before us or after
    changed = _settle(round, list(Visit.objects.filter(round=round)), _due(round))
    if changed:
        log_event("visits.planned", by=by, target=round, visits=changed)
    return changed


def plan_all_visits() -> int:
    """Those of every round that follows another, each in its own transaction."""
    return sum(plan_visits(round=each) for each in Round.objects.exclude(follows=None))


def settle_visits(households: Iterable[UUID]) -> None:
    """Closes or reopens the visits of households whose records have changed.

    Runs inside the caller's transaction, after the records were linked and written.
    """
    wanted = set(households)
    homes = Membership.objects.filter(household__in=wanted, registers=True, entity_id__isnull=False)
    visits = Visit.objects.filter(entity_id__in=homes.values("entity_id")) if wanted else ()
    by_round: dict[int, list[Visit]] = defaultdict(list)
    for visit in visits:
        by_round[visit.round_id].append(visit)
    for round_ in Round.objects.filter(pk__in=by_round) if by_round else ():
        standing = by_round[round_.pk]
        _settle(round_, standing, _due(round_, [visit.entity_id for visit in standing]))


def _due(round_: Round, entities: Sequence[UUID] | None = None) -> set[UUID]:
    """The entities that are due, of all or of these."""
    if round_.follows_id is None or not round_.is_open:
        return set()
    values = {
        "list": HOUSEHOLDS,
        "round": round_.pk,
        "entities": entities,
        "paths": sorted(Place.objects.filter(rounds=round_).paths_followed()),
        "asking": _versions_that_ask(),
        "consent": CONSENT,
    }
    return {pk for (pk,) in run_prepared(DUE, values)}


def _versions_that_ask() -> list[int]:
    newest = FormVersion.objects.aggregate(newest=Max("pk"))["newest"]
    return _asking(newest or 0)


@lru_cache(maxsize=4)
def _asking(newest: int) -> list[int]:
    """Published versions are only ever added, so the newest key stands for them all."""
    versions = FormVersion.objects.filter(pk__lte=newest).values_list("pk", flat=True)
    return [pk for pk in versions if any(f.key == CONSENT for f in schema_of_version(pk).table())]


def _settle(round_: Round, standing: Collection[Visit], due: set[UUID]) -> int:
    """Writes what changed, under one revision of the list, so that tablets hear of it."""
    now = timezone.now()
    new = sorted(due - {visit.entity_id for visit in standing})
    changed = [v for v in standing if _differs(v, round_, is_due=v.entity_id in due)]
    if not (new or changed):
        return 0
    revision = next_revision(lock_lists([HOUSEHOLDS])[HOUSEHOLDS])
    for visit in changed:
        visit.closed_at = None if visit.entity_id in due else visit.closed_at or now
        visit.due_on, visit.revision = round_.closes_on, revision
    Visit.objects.bulk_update(changed, ["closed_at", "due_on", "revision"], batch_size=1000)
    made = [
        Visit(round=round_, entity_id=pk, due_on=round_.closes_on, revision=revision) for pk in new
    ]
    Visit.objects.bulk_create(made)
    return len(new) + len(changed)


def _differs(visit: Visit, round_: Round, *, is_due: bool) -> bool:
    is_open = visit.closed_at is None
    return is_open != is_due or (is_due and visit.due_on != round_.closes_on)
