"""Brakes: for whom automatic merging pauses because too much of what comes is a duplicate.

A tablet that sends its records again under new ids, an enumerator who copies families, a list typed
twice: the rule would merge all of it without a person seeing it. A record is a duplicate when the
rule would merge it with one of the same round; that a second round finds the families of the first
is what it is for.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.problems import Problem
from surveys.households.models import CandidateLink, LinkBrake, LinkFeature
from surveys.linkage.features import Features

Kind = LinkBrake.Kind
Subject = tuple[str, str]
LAST = 50  # records of a tablet or an enumerator that are looked at
LEAST = 20  # before there are so many, a share says nothing
MOST_OF_ONE = 0.4  # of the last records of a tablet or an enumerator
MOST_OF_BATCH = 0.5
MOST_HITS = 5  # of one record
WHY = {
    Kind.DEVICE: "device_duplicates",
    Kind.ENUMERATOR: "enumerator_duplicates",
    Kind.BATCH: "batch_duplicates",
    Kind.RECORD: "record_hits",
}
_ONE_WAVE_DAYS = 60  # where records name no round
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
RECENT = """
SELECT asked.kind, asked.name, CASE asked.kind WHEN 'device' THEN ARRAY(
    SELECT hits > 0 FROM households_linkfeature AS row
    WHERE row.device = asked.name AND row.device <> '' AND state = 1 AND NOT trusted
        AND linked_at > asked.since
    ORDER BY linked_at DESC LIMIT %(last)s
) ELSE ARRAY(
    SELECT hits > 0 FROM households_linkfeature AS row
    WHERE row.enumerator = asked.name AND row.enumerator <> '' AND state = 1 AND NOT trusted
        AND linked_at > asked.since
    ORDER BY linked_at DESC LIMIT %(last)s
) END
FROM unnest(%(kinds)s::text[], %(names)s::text[], %(since)s::timestamptz[])
    AS asked(kind, name, since)
"""


class Brakes:
    """The brakes that hold for a batch, and those that it sets. Not shared, not kept."""

    def __init__(self, rows: Iterable[LinkFeature]) -> None:
        subjects = {s for row in rows for s in _subjects(row)}
        named = LinkBrake.objects.filter(subject__in={name for _, name in subjects})
        self._set: dict[Subject, LinkBrake] = {}
        lifted: dict[Subject, datetime] = {}
        for each in named.order_by("pk"):
            if each.lifted_at is None:
                self._set[each.kind, each.subject] = each
            else:
                lifted[each.kind, each.subject] = each.lifted_at
        self._recent = _recent([s for s in subjects if s[0] != Kind.RECORD], lifted)

    def look(self, row: LinkFeature, own: Features, hits: Sequence[Features]) -> LinkBrake | None:
        """Counts a record with the households that the rule would merge it with; the brake that
        holds it, or that it sets."""
        if row.trusted:
            return None
        subjects = _subjects(row)
        held = next((self._set[s] for s in subjects if s in self._set), None)
        if row.linked_at is not None:  # it was counted when it came
            return held
        row.hits = sum(same_wave(own, other) for other in hits)
        for subject in subjects:
            if subject in self._recent:
                self._recent[subject].append(row.hits > 0)
        return held or next(filter(None, (self._odd(s, row.hits) for s in subjects)), None)

    def _odd(self, subject: Subject, hits: int) -> LinkBrake | None:
        """The brake that this subject needs, now set."""
        kind, name = subject
        seen = self._recent.get(subject, ())
        share = sum(seen) / len(seen) if seen else 0.0
        most = MOST_OF_BATCH if kind == Kind.BATCH else MOST_OF_ONE
        if kind == Kind.RECORD and hits > MOST_HITS:
            self._set[subject] = _brake(kind, name, None, hits)
        elif len(seen) >= LEAST and share > most:
            self._set[subject] = _brake(kind, name, share, len(seen))
        return self._set.get(subject)


def _recent(
    subjects: Iterable[Subject], lifted: Mapping[Subject, datetime]
) -> dict[Subject, deque[bool]]:
    """Of the newest records of each tablet and enumerator, since a brake was last lifted, which
    were duplicates; the oldest first. A batch begins with nothing."""
    found: dict[Subject, deque[bool]] = {subject: deque(maxlen=LAST) for subject in subjects}
    asked = [(*s, lifted.get(s, _EVER)) for s in found if s[0] != Kind.BATCH]
    if asked:
        with connection.cursor() as cursor:
            kinds, names, since = (list(column) for column in zip(*asked, strict=True))
            values: dict[str, Any] = {"kinds": kinds, "names": names, "since": since, "last": LAST}
            cursor.execute(RECENT, values)
            for kind, name, duplicates in cursor.fetchall():
                found[kind, name].extend(reversed(duplicates or []))
    return found


def _subjects(row: LinkFeature) -> list[Subject]:
    named = [
        (Kind.DEVICE, row.device),
        (Kind.ENUMERATOR, row.enumerator),
        (Kind.BATCH, row.district or "-"),
        (Kind.RECORD, str(row.record_id)),
    ]
    return [(kind.value, name) for kind, name in named if name]


def same_wave(left: Features, right: Features) -> bool:
    """The same round; or, where none is named, within two months."""
    if left.round or right.round:
        return left.round == right.round
    try:
        first, second = (date.fromisoformat(each.submitted_at[:10]) for each in (left, right))
    except ValueError:
        return True
    return abs((first - second).days) <= _ONE_WAVE_DAYS


def _brake(kind: str, name: str, share: float | None, records: int) -> LinkBrake:
    brake = LinkBrake.objects.create(
        kind=kind, subject=name, why=WHY[Kind(kind)], share=share, records=records
    )
    log_event("link.braked", target=brake, kind=kind, why=brake.why, records=records)
    return brake


@transaction.atomic
def lift_brake(*, brake: LinkBrake, by: User | None, reason: str) -> int:
    """Lets the rule merge again for whom a brake held; what it held is linked again, unbraked.

    Gives how many records that are. Raises `Problem("brake_lifted")`.
    """
    lifted = LinkBrake.objects.filter(pk=brake.pk, lifted_at=None).update(
        lifted_at=timezone.now(), lifted_by=by, lifted_because=reason
    )
    if not lifted:
        raise Problem("brake_lifted")
    pairs = CandidateLink.objects.filter(brake=brake).values_list("a", "b")
    held = {end for pair in pairs for end in pair}
    records = LinkFeature.objects.filter(record_id__in=held).update(
        state=LinkFeature.State.WAITING, attempts=0, try_after=None, trusted=True
    )
    log_event("link.brake_lifted", by=by, target=brake, records=records)
    return records
