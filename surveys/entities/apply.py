"""apply_entities: carries out what submissions ask of entity lists; create only, for now.

An update stays where it is, in its submission, until the sync protocol replays it. Nothing here
fails a submission: what cannot be done is recorded for managers (openrosa.md E9).
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db.models import F

from surveys.cleaning.clean import Reading
from surveys.entities.block import ID_EXISTS, LIST_UNKNOWN, EntityAction, read_entities
from surveys.entities.models import Entity, EntityList, EntityProblem
from surveys.submissions.models import Submission

Asked = tuple[Submission, EntityAction]


def apply_entities(readings: Sequence[Reading]) -> None:
    """Creates each entity once.

    Safe to run twice, and in any order of an original and its edits: the edition that comes first
    makes the entity, the others leave it as it is (E10). Runs inside the caller's transaction.
    """
    problems: dict[tuple[int, int], str] = {}
    able: list[Asked] = []
    for reading in readings:
        declared = {each.list_name for each in reading.schema.entities}
        for action in actions_of(reading):
            known = action.list_name in declared
            problem = action.problem or ("" if known else LIST_UNKNOWN)
            if problem and (action.creates or action.updates):
                problems[reading.submission.pk, action.position] = problem
            elif action.creates:
                able.append((reading.submission, action))
    problems |= _create(able)
    _record_problems([reading.submission for reading in readings], problems)


def actions_of(reading: Reading) -> tuple[EntityAction, ...]:
    """What the submission says in its entity block; nothing where it is encrypted (S15)."""
    return () if reading.root is None else read_entities(reading.root, reading.schema)


def _create(asked: Sequence[Asked]) -> dict[tuple[int, int], str]:
    if not asked:
        return {}
    lists = _lists({action.list_name for _, action in asked})
    wanted: dict[UUID, Entity] = {}
    for submission, action in asked:
        assert action.id is not None
        wanted.setdefault(
            action.id,
            Entity(
                id=action.id,
                entity_list=lists[action.list_name],
                label=action.label[:_LABEL_LENGTH],
                data=action.properties,
                submission=submission,
            ),
        )
    before = set(Entity.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    new = [wanted[pk] for pk in sorted(wanted) if pk not in before]
    Entity.objects.bulk_create(new, ignore_conflicts=True)
    makers = dict(Entity.objects.filter(pk__in=wanted).values_list("pk", "submission__record_id"))
    _touch({entity.entity_list_id for entity in new})
    return {
        (submission.pk, action.position): ID_EXISTS
        for submission, action in asked
        if action.id and makers[action.id] != submission.record_id
    }


def _lists(names: set[str]) -> dict[str, EntityList]:
    lists = {each.name: each for each in EntityList.objects.filter(name__in=names)}
    if lists.keys() != names:
        EntityList.objects.bulk_create(
            [EntityList(name=name) for name in sorted(names - lists.keys())], ignore_conflicts=True
        )
        lists = {each.name: each for each in EntityList.objects.filter(name__in=names)}
    return lists


def _touch(list_ids: set[int]) -> None:
    """Tablets see a new token and fetch the list again."""
    for list_id in sorted(list_ids):
        EntityList.objects.filter(pk=list_id).update(revision=F("revision") + 1)


def _record_problems(
    submissions: Sequence[Submission], problems: Mapping[tuple[int, int], str]
) -> None:
    """Records what could not be done, and forgets what now can."""
    again = [submission.pk for submission in submissions if submission.processed_at]
    wanted = {(pk, position, code) for (pk, position), code in problems.items()}
    stored = {
        (each.submission_id, each.position, each.code): each.pk
        for each in EntityProblem.objects.filter(submission_id__in=again)
    }
    gone = [pk for key, pk in stored.items() if key not in wanted]
    if gone:
        EntityProblem.objects.filter(pk__in=gone).delete()
    EntityProblem.objects.bulk_create(
        [
            EntityProblem(submission_id=pk, position=position, code=code)
            for pk, position, code in sorted(wanted - stored.keys())
        ]
    )


_LABEL_LENGTH = Entity._meta.get_field("label").max_length
