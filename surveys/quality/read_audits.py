"""with_timing: reads the audit logs that are new and gives each record its timing.

At night and not on arrival: a log may come days after its record, and costs time to read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import F

from surveys.quality.audit import MOST_BYTES, Timing, read_audit, timing_of
from surveys.quality.checks.asking import AUDIT
from surveys.quality.facts import Record
from surveys.quality.load import CHUNK, Loaded
from surveys.quality.models import AuditTiming
from surveys.submissions.models import Attachment

_KEPT = ("sha256", "active", "paused", "longest_pause", "first", "visits", "bad_lines")


def with_timing(loaded: Loaded) -> Loaded:
    """The same records, each with its timing where its log has come and can be read.

    What was read is kept by the log's SHA-256: another night reads only what is new.
    """
    logs = _logs(loaded)
    kept = dict(AuditTiming.objects.values_list("record_id", "sha256").iterator(chunk_size=CHUNK))
    gone = [record for record in kept if record not in logs]
    for start in range(0, len(gone), CHUNK):
        AuditTiming.objects.filter(record_id__in=gone[start : start + CHUNK]).delete()
    new = [(record, log) for record, log in logs.items() if kept.get(record) != log.sha256]
    for start in range(0, len(new), CHUNK):
        _keep(new[start : start + CHUNK])
    timings = _timings()
    records = [_timed(record, timings) for record in loaded.records]
    return Loaded(records, loaded.held, loaded.datasets)


def _logs(loaded: Loaded) -> dict[UUID, Attachment]:
    """The log of each record that names one: of the edition that counts, or else the newest."""
    names = {r.id: name for r in loaded.records if (name := r.code(AUDIT))}
    editions = {record: loaded.held[record].submission for record in names}
    found: dict[UUID, Attachment] = {}
    files = Attachment.objects.filter(name__in=set(names.values()), alternate=0)
    files = files.annotate(record=F("submission__record_id")).order_by("pk")
    for file in files.iterator(chunk_size=CHUNK):
        record = file.record
        if names.get(record) != file.name:
            continue
        before = found.get(record)
        if before is None or before.submission_id != editions[record]:
            found[record] = file
    return found


def _keep(logs: Iterable[tuple[UUID, Attachment]]) -> None:
    rows = [row for record, log in logs if (row := _read(record, log)) is not None]
    AuditTiming.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["record_id"], update_fields=_KEPT
    )


def _read(record: UUID, log: Attachment) -> AuditTiming | None:
    """None where the file cannot be opened: it is tried again the next night."""
    try:
        with (Path(settings.MEDIA_ROOT) / log.relative_path).open("rb") as file:
            audit = read_audit(file.read(MOST_BYTES + 1))
    except OSError:
        return None
    timing = timing_of(audit) or Timing(0, 0, 0)
    return AuditTiming(
        record_id=record,
        sha256=log.sha256,
        active=timing.active,
        paused=timing.paused,
        longest_pause=timing.longest_pause,
        first=timing.first,
        visits=timing.visits,
        bad_lines=audit.bad_lines,
    )


def _timings() -> dict[UUID, Timing]:
    """Of the logs in which a question was on the screen."""
    rows = AuditTiming.objects.filter(active__gt=0)
    told = rows.values_list("record_id", "active", "paused", "longest_pause", "visits")
    return {
        record: Timing(active, paused, longest, visits=visits)
        for record, active, paused, longest, visits in told.iterator(chunk_size=CHUNK)
    }


def _timed(record: Record, timings: Mapping[UUID, Timing]) -> Record:
    timing = timings.get(record.id)
    return record if timing is None else replace(record, timing=timing)
