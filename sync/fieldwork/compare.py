"""What every tablet believes against what the server holds: the differences, in words for people.

Records, files and the queue are read from the database, so that nothing of the server's own
reading stands between; the lists come over HTTP as a new tablet would get them.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from surveys.submissions.models import Attachment, Quarantined, Submission
from sync.fieldwork.declared import Declared, read_declared
from sync.fieldwork.fieldworker import Belief, Fieldworker, Parcel
from sync.fieldwork.holdings import Held
from sync.fieldwork.world import Fate


@dataclass(slots=True)
class Stored:
    """One submission as the server holds it; `files` are SHA-256 by name, alternates too."""

    pk: int
    sha256: bytes
    state: int
    error: str
    answers: bytes | None
    files: dict[str, set[str]] = field(default_factory=dict)


def stored_records(device_ids: Iterable[int]) -> dict[str, list[Stored]]:
    """By instance id; each should be there once."""
    found: dict[str, list[Stored]] = defaultdict(list)
    by_pk: dict[int, Stored] = {}
    columns = ("pk", "instance_id", "sha256", "state", "error", "answers")
    for pk, instance_id, sha256, state, error, answers in Submission.objects.filter(
        device_id__in=list(device_ids)
    ).values_list(*columns):
        plain = None if answers is None else bytes(answers)
        by_pk[pk] = Stored(pk, bytes(sha256), state, error, plain)
        found[instance_id].append(by_pk[pk])
    for each in Attachment.objects.filter(submission_id__in=by_pk):
        if _lies_there(each):
            by_pk[each.submission_id].files.setdefault(each.name, set()).add(each.sha256)
    return found


def filled_by_the_server(workers: Sequence[Fieldworker]) -> Iterator[str]:
    """What was sent as plain answers asks of the list what the server's filling in came to; that is
    to be the same household and version, and counts from here on."""
    plain = {
        parcel.instance_id: parcel
        for worker in workers
        for parcel in worker.parcels
        if parcel.answers is not None
    }
    rows = Submission.objects.filter(instance_id__in=plain).values_list("instance_id", "raw_xml")
    for instance_id, xml in rows:
        parcel = plain[instance_id]
        assert parcel.form is not None
        made = read_declared(bytes(xml), parcel.form)
        if _asks(made) != _asks(parcel.declared):
            yield f"{instance_id}: filled in by the server, it asks something else of the list"
        parcel.declared = made


def _asks(declared: Declared | None) -> tuple[object, ...]:
    if declared is None:
        return ()
    return declared.id, declared.creates, declared.base, declared.trunk, declared.branch


def _lies_there(attachment: Attachment) -> bool:
    path = Path(settings.MEDIA_ROOT) / attachment.relative_path
    return path.is_file() and path.stat().st_size == attachment.size


def record_differences(
    workers: Sequence[Fieldworker], stored: Mapping[str, Sequence[Stored]]
) -> Iterator[str]:
    """Every record a tablet was told is safe is there once, with the same bytes and files; so is
    what was kept apart, once the office took it in; no record is there that no tablet sent; nothing
    waits or was parked."""
    apart = _kept_apart()
    sent = {parcel.instance_id for worker in workers for parcel in worker.parcels}
    for worker in workers:
        for parcel in worker.parcels:
            for words in _parcel_differences(worker, parcel, stored, apart):
                yield f"tablet {worker.plan.number}: {parcel.kind} {parcel.instance_id}: {words}"
    for instance_id, copies in stored.items():
        if instance_id not in sent:
            yield f"the server holds {instance_id}, which no tablet sent"
        for each in copies:
            if each.state != Submission.State.PROCESSED:
                reason = each.error.strip().splitlines()[-1:] or ["it waits"]
                yield f"{instance_id} is not processed: {reason[0]}"


def _kept_apart() -> set[str]:
    return set(Quarantined.objects.values_list("instance_id", flat=True))


def _parcel_differences(
    worker: Fieldworker,
    parcel: Parcel,
    stored: Mapping[str, Sequence[Stored]],
    apart: set[str],
) -> Iterator[str]:
    copies = stored.get(parcel.instance_id, ())
    revoked = worker.plan.fate == Fate.REVOKED
    if parcel.belief in {Belief.UNSENT, Belief.REFUSED}:
        yield f"{parcel.belief}: {parcel.words}"
    elif parcel.belief == Belief.QUARANTINED and not revoked:
        yield f"kept apart: {parcel.words}"
    elif parcel.belief == Belief.QUARANTINED and parcel.instance_id not in apart:
        yield "kept apart, the tablet was told, and is not"
    elif len(copies) != 1:
        yield f"safe, the tablet was told, and is there {len(copies)} times"
    else:
        yield from _content_differences(parcel, copies[0])


def _content_differences(parcel: Parcel, copy: Stored) -> Iterator[str]:
    if parcel.answers is not None and parcel.belief == Belief.SAFE:
        if copy.answers != parcel.answers:
            yield "its answers are other ones"
    elif parcel.answers is None and copy.sha256 != hashlib.sha256(parcel.record.xml).digest():
        yield "its XML is another one"
    for name, sha256 in parcel.files.items():
        if sha256 not in copy.files.get(name, ()):
            yield f"{name} is not there as it was sent"
    for name in parcel.record.attachments:
        if name not in parcel.files:
            yield f"{name} was never sent"


def list_differences(worker: Fieldworker, fresh: Mapping[str, Held], *, what: str) -> Iterator[str]:
    """The tablet's own list against one fetched anew, row by row."""
    mine = worker.holdings.held
    at = f"tablet {worker.plan.number}: {what}"
    for each in sorted(mine.keys() - fresh.keys()):
        yield f"{at} {each} is on the tablet and not on the server's list"
    for each in sorted(fresh.keys() - mine.keys()):
        yield f"{at} {each} is on the server's list and not on the tablet"
    for each in sorted(mine.keys() & fresh.keys()):
        one, other = mine[each], fresh[each]
        if one.version != other.version:
            yield f"{at} {each} is version {one.version}, on the server {other.version}"
        elif one.label != other.label:
            yield f"{at} {each} has another label"
        else:
            for name in sorted(_differing(one.properties, other.properties)):
                yield f"{at} {each} differs in {name}"


def _differing(one: Mapping[str, str], other: Mapping[str, str]) -> set[str]:
    return {name for name in {*one, *other} if one.get(name, "") != other.get(name, "")}
