"""What submissions ask of entity lists: those just read, and those that were held (E8)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from django.conf import settings

from surveys.cleaning.clean import Reading, read_submissions
from surveys.entities.block import LIST_UNKNOWN, RESTRICTED, EntityAction, read_entities
from surveys.entities.models import HeldAction
from surveys.entities.versions import Asked, Key
from surveys.submissions.models import Submission
from surveys.xforms.models import schema_of_version
from surveys.xforms.saved import Saved, saved_answers

Problems = dict[Key, str]
Asks = Mapping[int, Sequence[EntityAction]]  # what each submission says in its entity block


def actions_of(reading: Reading) -> tuple[EntityAction, ...]:
    """What the submission says in its entity block; nothing where it is encrypted (S15)."""
    if reading.root is None:
        return ()
    return read_entities(reading.root, _saved(reading.version_pk))


@lru_cache(maxsize=256)
def _saved(version_pk: int | None) -> Saved:
    return {} if version_pk is None else saved_answers(schema_of_version(version_pk))


def asks_of(readings: Iterable[Reading]) -> Asks:
    """By key of the submission."""
    return {reading.submission.pk: actions_of(reading) for reading in readings}


def asked_by(
    readings: Iterable[Reading], asks: Asks, now: datetime
) -> tuple[list[Asked], Problems]:
    """What can be tried, and the codes of what cannot."""
    asked: list[Asked] = []
    problems: Problems = {}
    for reading in readings:
        until = _force_after(reading.submission)
        for action in asks[reading.submission.pk]:
            key = reading.submission.pk, action.position
            if problem := _problem(action, reading):
                problems[key] = problem
            elif action.asks:
                asked.append(Asked(key, action, due=until <= now, until=until))
    return asked, problems


def held_for(ids: Collection[UUID], *, but: Collection[int], now: datetime) -> list[Asked]:
    """The actions that wait on these entities, but for those of some submissions."""
    held = HeldAction.objects.filter(entity_id__in=ids).exclude(submission__in=but)
    wanted = {(each.submission_id, each.position) for each in held}
    if not wanted:
        return []
    submissions = Submission.objects.filter(pk__in={pk for pk, _ in wanted})
    readings = read_submissions(submissions).values()
    asked, _ = asked_by(readings, asks_of(readings), now)
    return [each for each in asked if each.order in wanted]


def _force_after(submission: Submission) -> datetime:
    """Until when its updates wait: by its arrival, so processing it again changes nothing."""
    return submission.received_at + timedelta(hours=settings.FORCE_ENTITY_AFTER_HOURS)


def _problem(action: EntityAction, reading: Reading) -> str:
    """Why it cannot even be tried.

    An update that comes with answers about legal aid moves no list: neither value nor version.
    """
    if not action.asks:
        return ""
    if action.problem:
        return action.problem
    if action.list_name not in {each.list_name for each in reading.schema.entities}:
        return LIST_UNKNOWN
    return RESTRICTED if action.updates and reading.answers.restricted else ""
