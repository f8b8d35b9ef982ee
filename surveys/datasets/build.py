"""Exports: asked for at once, built by a worker, offered only when their rows are verified.

The `Export` row is the queue. A worker takes the oldest that waits, or one whose worker fell
silent, writes the file beside its place, reads it back, counts, and only then moves it there.
"""

import logging
import os
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.problems import Problem
from backend.said import Said
from surveys.datasets.export_files import KINDS, Job
from surveys.datasets.export_sheets import open_reading
from surveys.datasets.export_tables import Written
from surveys.datasets.files.sheets import CannotHold
from surveys.datasets.heart import Heart, TakenOver
from surveys.datasets.layers import LAYERS
from surveys.datasets.models import KEPT_FOR, Export
from surveys.datasets.tables import find_form
from surveys.privacy.access import dataset_reader, recipient_of, unmask

log = logging.getLogger(__name__)
SEPARATORS = (",", ";")
MOST_TRIES = 5
STOPPED = _("The worker was stopped each time.")
NOT_WRITTEN = _("The server's disk is full or cannot be written to.")
NOT_VERIFIED = _("The file, read back, did not hold what had been written.")
UNFINISHED = (Export.State.WAITING, Export.State.RUNNING)
SILENT_AFTER = timedelta(minutes=2)


class NotVerified(Exception):
    """The file read back does not hold what the database gave."""


def request_export(
    *,
    form_id: str,
    kind: str,
    by: User,
    layer: str = "corrected",
    language: str = "",
    labels: bool = False,
    separator: str = ",",
    filter: Mapping[str, str] | None = None,
    purpose: str = "",
    recipient: str = "",
    unmask_reason: str = "",
) -> Export:
    """Puts an export in the queue; the edge rings the worker after the commit.

    Raises `Problem`: `not_found`, `export_kind_unknown`, `value_invalid`, and what the same filter
    or unmasking would raise in the records API: what is asked is checked now, not by the worker.
    """
    _check_choice(kind, layer, separator)
    if layer == "raw" and labels:
        raise Problem("value_invalid", field="labels", reason=Said("raw answers have codes only"))
    if recipient and unmask_reason:
        raise Problem("value_invalid", field="unmask", reason=Said("goes to nobody outside"))
    dataset_reader(by, form_id)
    form = find_form(form_id)
    export = Export(
        form=form,
        kind=kind,
        layer=layer,
        language=language,
        labels=labels,
        separator=separator,
        filter=dict(filter or {}),
        purpose=(by.token.purpose if by.token else "") or purpose,
        recipient=recipient.strip(),
        unmask=unmask_reason,
        asked_by=by,
    )
    with transaction.atomic():
        if unmask_reason:
            unmask(user=by, reason=unmask_reason, target=export.unmask_target)
        open_reading(export)
        export.save()
        log_event(
            "export.asked",
            by=by,
            target=export,
            kind=kind,
            form_id=form_id,
            recipient=recipient_of(by, export.recipient),
        )
    return export


def build_waiting_exports(*, only: UUID | None = None) -> int:
    """Builds what waits, oldest first, until nothing does; returns how many it took."""
    taken = 0
    while (export := _take_next(only)) is not None:
        taken += 1
        try:
            build_export(export)
        except (OperationalError, InterfaceError):
            raise  # the database is away: not the export's fault
        except Problem as problem:
            _put_back(export, problem.words, for_good=True)
        except CannotHold as error:
            log.warning("file cannot hold it: %s", error, extra={"export_id": str(export.pk)})
            _put_back(export, Problem("export_too_large").words, for_good=True)
        except TakenOver:
            log.warning("export taken over", extra={"export_id": str(export.pk)})
        except Exception as error:
            log.exception("export failed", extra={"export_id": str(export.pk)})
            _put_back(export, _words_of(error), for_good=export.attempts >= MOST_TRIES)
    return taken


def build_export(export: Export) -> None:
    """Writes one export's file from a single snapshot and offers it once it is verified.

    Safe to run twice: the file gets its name only when it is whole.
    """
    settings.EXPORT_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
    _remove_unfinished(export)
    unfinished = export.path.with_name(f".{export.pk}.{export.attempts}{export.path.suffix}")
    try:
        with transaction.atomic(), closing(connection.copy()) as beside:
            as_of = _open_snapshot()
            reading = open_reading(export)
            heart = Heart(export, beside, reading)
            job = Job(export, reading, unfinished, as_of, heart.watch, heart.beat)
            written = KINDS[export.kind].write(job)
            tables = _verified(job, written, heart)
        _fsync(unfinished)
        unfinished.replace(export.path)
        _fsync(export.path.parent)
    finally:
        _remove(unfinished.parent.glob(f"{unfinished.name}*"))
    _offer(export, tables, as_of, written.notes)


def stop_export(export: Export, *, by: User) -> None:
    """Withdraws an export that waits or runs; its worker notices within a second.

    Raises `Problem("export_not_stoppable")` once it is ready, failed or stopped.
    """
    unfinished = Export.objects.filter(pk=export.pk, state__in=UNFINISHED)
    with transaction.atomic():
        if not unfinished.update(state=Export.State.STOPPED):
            raise Problem("export_not_stoppable", state=export.state)
        log_event("export.stopped", by=by, target=export)


def remove_old_exports() -> int:
    """Removes the files of exports older than 30 days; the row stays and says what was given."""
    old = Export.objects.filter(
        state=Export.State.READY, size__gt=0, asked_at__lt=timezone.now() - KEPT_FOR
    )
    for export in old:
        export.path.unlink(missing_ok=True)
        Export.objects.filter(pk=export.pk).update(size=0, state=Export.State.EXPIRED)
    return len(old)


def _check_choice(kind: str, layer: str, separator: str) -> None:
    if kind not in KINDS:
        raise Problem("export_kind_unknown", allowed=" or ".join(KINDS))
    for name, value, allowed in (("layer", layer, LAYERS), ("separator", separator, SEPARATORS)):
        if value not in allowed:
            raise Problem(
                "value_invalid",
                field=name,
                reason=Said("one of {allowed}", allowed=", ".join(allowed)),
            )


def _take_next(only: UUID | None) -> Export | None:
    unfinished = Q(state__in=UNFINISHED)
    unfinished &= Q(pk=only) if only else Q()
    silent = Q(heartbeat_at=None) | Q(heartbeat_at__lt=timezone.now() - SILENT_AFTER)
    with transaction.atomic():
        export = (
            Export.objects.filter(unfinished, silent)
            .select_for_update(skip_locked=True)
            .order_by("asked_at")
            .first()
        )
        if export is None:
            return None
        export.attempts += 1
        export.state = Export.State.RUNNING
        export.heartbeat_at = timezone.now()
        export.progress = 0
        if export.attempts > MOST_TRIES:  # its worker died each time
            export.state, export.error = Export.State.FAILED, STOPPED
        export.save()
    return export if export.state == Export.State.RUNNING else _take_next(only)


def _open_snapshot() -> datetime:
    """All tables are read as of one moment, however long the writing takes.

    Between two tables, and while a workbook is closed, nothing is read for minutes; the heartbeat
    watches the worker meanwhile, and not PostgreSQL's clock for idle transactions.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT now()")
        (as_of,) = cursor.fetchone()
    return as_of  # type: ignore[no-any-return]


def _verified(job: Job, written: Written, heart: Heart) -> dict[str, int]:
    """Rows by table, when all that was counted was read, and the file read back holds what was
    written. Else NotVerified."""
    found = KINDS[job.export.kind].count(job.path)
    if found != written.found or heart.done != sum(job.reading.counts.values()):
        raise NotVerified
    return written.tables or job.reading.counts


def _offer(export: Export, tables: dict[str, int], as_of: datetime, notes: list[Said]) -> None:
    with transaction.atomic():
        mine = Export.objects.filter(
            pk=export.pk, attempts=export.attempts, state=Export.State.RUNNING
        )
        if mine.update(
            state=Export.State.READY,
            progress=1,
            tables=tables,
            notes=[note.as_json() for note in notes],
            as_of=as_of,
            file_name=f"{export.form.form_id}-{as_of:%Y%m%d-%H%M}{export.path.suffix}",
            size=export.path.stat().st_size,
            error="",
        ):
            log_event("export.ready", target=export, rows=sum(tables.values()))


def _words_of(error: Exception) -> str:
    """For people; whoever runs the server finds the rest in the log."""
    if isinstance(error, OSError):
        return NOT_WRITTEN
    return NOT_VERIFIED if isinstance(error, NotVerified) else type(error).__name__


def _put_back(export: Export, error: str, *, for_good: bool) -> None:
    """Its heartbeat keeps it from being taken up again before two minutes have gone."""
    mine = Export.objects.filter(pk=export.pk, attempts=export.attempts, state__in=UNFINISHED)
    mine.update(state=Export.State.FAILED if for_good else Export.State.WAITING, error=error)


def _remove_unfinished(export: Export) -> None:
    """What a worker that was killed left behind."""
    _remove(export.path.parent.glob(f".{export.pk}.*"))


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
