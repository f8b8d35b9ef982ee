"""fresh_snapshot: the snapshot of a form that groups are counted in, never older than a minute.

A base holds all rows as of one moment. Beside it stand the rows of all records that changed since,
written anew when somebody asks and the last time is half a minute ago; what has not changed is only
said to hold still. A base is made anew by the exports worker when much has changed, a question has
become private or open, or a day has passed; of a small form whoever asks makes it at once.
"""

import errno
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from backend.problems import Problem
from surveys.cleaning.models import CleanRow
from surveys.datasets.columns import Dataset
from surveys.datasets.snapshots import engine, reading, store
from surveys.datasets.snapshots.parquet import write_ids, write_rows
from surveys.datasets.snapshots.plan import Plan, fits, plan_of
from surveys.datasets.snapshots.store import Base, Beside, Manifest
from surveys.datasets.tables import dataset_of_form, published_forms
from surveys.privacy.access import private_keys
from surveys.xforms.models import Form, FormVersion, schema_of_version

RENEWED_AFTER, OLDEST = timedelta(seconds=30), timedelta(seconds=60)
BASE_FOR = timedelta(days=1)
MOST_AT_ONCE = 20_000  # rows that are written while somebody waits
MOST_BESIDE = 50_000  # records
RETRY_AFTER = 30  # seconds
PATIENCE = 10.0  # seconds to wait for another who renews
_LOCKS = {"renew": 7041, "base": 7042}  # the first half of our advisory locks


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Files to read, and what they hold."""

    folder: Path
    manifest: Manifest
    plan: Plan


def fresh_snapshot(form: Form, dataset: Dataset) -> Snapshot:
    """The form as of half a minute ago at most, or of a minute while another renews it.

    Raises `Problem`: `snapshot_waiting` where it must be made first, `disk_full`.
    """
    plan, folder = _plan(form, dataset), folder_of(form)
    manifest = store.read_manifest(folder)
    if manifest is not None and _is_fresh(manifest, plan, RENEWED_AFTER):
        return Snapshot(folder, manifest, plan)
    patience = 0.0 if manifest and _is_fresh(manifest, plan, OLDEST) else PATIENCE
    with _turn("renew", form, patience=patience) as mine:
        known = store.read_manifest(folder)
        if known is not None and _is_fresh(known, plan, RENEWED_AFTER if mine else OLDEST):
            return Snapshot(folder, known, plan)
        if not mine:
            raise waiting_for(form)
        return Snapshot(folder, _renewed(form, dataset, plan, known), plan)


def keep_snapshots() -> int:
    """Makes the bases that large forms lack or that have served their time; gives how many."""
    made = 0
    for form in published_forms():
        dataset = dataset_of_form(form)
        plan = _plan(form, dataset)
        with _turn("base", form, patience=0) as mine:
            if mine and _needs_base(form, plan):
                base = _write_base(form, plan)
                with _turn("renew", form, patience=PATIENCE) as ours:
                    if ours:
                        _write_beside(form, dataset, plan, base)
                        made += 1
    return made


def folder_of(form: Form) -> Path:
    return settings.SNAPSHOT_DIR / str(form.pk)


def _plan(form: Form, dataset: Dataset) -> Plan:
    versions = FormVersion.objects.filter(form=form).values_list("pk", flat=True)
    private = {t.path: private_keys(c.field for c in t.columns) for t in dataset.tables}
    return plan_of(dataset, [schema_of_version(pk) for pk in versions], private)


def _is_fresh(manifest: Manifest, plan: Plan, limit: timedelta) -> bool:
    age = timezone.now() - manifest.as_of
    return timedelta(0) <= age < limit and manifest.beside.kept == plan.positions


def _renewed(form: Form, dataset: Dataset, plan: Plan, known: Manifest | None) -> Manifest:
    base = known.base if known and fits(plan, known.base.kept, known.base.known) else None
    if base is None:
        if CleanRow.objects.filter(form=form)[: MOST_AT_ONCE + 1].count() > MOST_AT_ONCE:
            raise waiting_for(form)
        return _write_beside(form, dataset, plan, _write_base(form, plan))
    if known and known.beside.kept == plan.positions:
        as_of = timezone.now()
        if reading.changes_since(form.pk, plan, base.watermark).mark == known.beside.mark:
            manifest = replace(known, as_of=as_of)
            store.write_manifest(folder_of(form), manifest)
            return manifest
    return _write_beside(form, dataset, plan, base)


def _write_base(form: Form, plan: Plan) -> Base:
    """All rows as of one moment. Nobody reads the files before a manifest names them."""
    folder = folder_of(form)
    made_at, since = timezone.now(), reading.watermark()
    files, records = {}, 0
    with _enough_room(), _one_moment():
        for table, kept in plan.tables.items():
            path = store.new_file(folder, "base")
            rows = write_rows(path, kept, reading.blocks(form.pk, table))
            files[table] = path.name
            records = records or rows
    known = {table: list(positions) for table, positions in plan.known.items()}
    return Base(files, made_at, since, records, plan.positions, known)


def _write_beside(form: Form, dataset: Dataset, plan: Plan, base: Base) -> Manifest:
    folder, as_of = folder_of(form), timezone.now()
    files = {}
    with _enough_room(), _one_moment():
        changes = reading.changes_since(form.pk, plan, base.watermark)
        if changes.records > MOST_BESIDE:
            raise waiting_for(form)
        records = reading.changed_records(form.pk, plan, base.watermark)
        for table, kept in plan.tables.items():
            path = store.new_file(folder, "beside")
            write_rows(path, kept, reading.blocks(form.pk, table, records=records))
            files[table] = path.name
        changed = store.new_file(folder, "changed")
        write_ids(changed, [each.bytes for each in records])
        beside = Beside(files, changed.name, len(records), changes.mark, plan.positions)
        manifest = Manifest(base, beside, as_of)
        if dataset.root.registers:
            manifest = replace(manifest, beside=_with_superseded(folder, dataset, manifest))
        store.write_manifest(folder, manifest)
    store.remove_left(folder, manifest, now=time.time())
    return manifest


def _with_superseded(folder: Path, dataset: Dataset, manifest: Manifest) -> Beside:
    ids = engine.find_superseded(settings.SNAPSHOT_DIR, folder, manifest, dataset.root.path)
    path = store.new_file(folder, "superseded")
    write_ids(path, ids)
    return replace(manifest.beside, superseded=path.name)


def _needs_base(form: Form, plan: Plan) -> bool:
    known = store.read_manifest(folder_of(form))
    if known is None:
        return CleanRow.objects.filter(form=form)[: MOST_AT_ONCE + 1].count() > MOST_AT_ONCE
    base = known.base
    if base.kept != plan.positions or timezone.now() - base.made_at > BASE_FOR:
        return True
    changed = reading.changes_since(form.pk, plan, base.watermark).records
    return changed > min(MOST_BESIDE // 2, max(MOST_AT_ONCE // 4, base.records // 20))


def waiting_for(form: Form) -> Problem:
    return Problem("snapshot_waiting", form_id=form.form_id, retry_after=RETRY_AFTER)


@contextmanager
def _turn(what: str, form: Form, *, patience: float) -> Iterator[bool]:
    """Whether it is ours to do `what` now: one at a time for each form, in all processes."""
    words, until = (_LOCKS[what], form.pk), time.monotonic() + patience
    while not (mine := _ask("SELECT pg_try_advisory_lock(%s, %s)", words)):
        if time.monotonic() >= until:
            break
        time.sleep(0.05)
    try:
        yield mine
    finally:
        if mine:
            _ask("SELECT pg_advisory_unlock(%s, %s)", words)


def _ask(sql: str, words: tuple[int, int]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, words)
        return bool(cursor.fetchone()[0])


@contextmanager
def _one_moment() -> Iterator[None]:
    """All tables are read as of one moment, unless a transaction is open already."""
    nested = connection.in_atomic_block
    with transaction.atomic():
        if not nested:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield


@contextmanager
def _enough_room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise Problem("disk_full") from error
        raise
