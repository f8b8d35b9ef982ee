"""check_arrived: the checks of one record each, over records that were just cleaned."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from backend.accounts.models import User
from surveys.cleaning.clean import CleanRecord
from surveys.cleaning.models import CleanRow
from surveys.datasets.columns import Dataset, Table
from surveys.datasets.tables import dataset_of_form
from surveys.quality.catalog import ARRIVAL
from surveys.quality.check import findings_of
from surveys.quality.facts import Answers
from surveys.quality.keep import keep_findings
from surveys.quality.load import (
    INCOMES,
    MEMBERS,
    Context,
    Held,
    Loaded,
    by_name,
    checked_forms,
    merged_households,
    renamed,
)
from surveys.quality.setting import checks_in_force
from surveys.submissions.models import Submission

log = logging.getLogger(__name__)


def check_arrived(
    records: Sequence[CleanRecord], homes: Mapping[UUID, UUID], *, now: datetime
) -> None:
    """Inside the caller's transaction, after the records were written as of `now`.

    `homes`: record → household. A check that breaks leaves its flags as they are.
    """
    before = [record.lineage for record in records if not record.lineage.first_time]
    flagged = {key for lineage in before for key in lineage.ids}
    check_loaded(at_hand(records, homes, now=now), flagged=flagged)


def check_loaded(loaded: Loaded, *, flagged: set[UUID]) -> None:
    """Makes the flags of these records what is found; of `flagged` there may be some already."""
    checks = [check for check in checks_in_force().values() if check.when == ARRIVAL]
    found = findings_of(loaded, checks)
    if found.broken:
        log.error("quality checks broke", extra={"checks": found.broken})
    codes = {check.code for check in checks} - found.broken.keys()
    keep_findings(found.findings, codes=codes, held=loaded.held, only=flagged)


def at_hand(records: Sequence[CleanRecord], homes: Mapping[UUID, UUID], *, now: datetime) -> Loaded:
    """As `load_records` would read them back, from the answers at hand."""
    told = Loaded()
    forms = {form.pk: form for form in checked_forms()}
    here = [r for r in records if r.lineage.head.form_id in forms and _counts(r)]
    if not here:
        return told
    context = Context(merged_households(homes.values()), timezone.get_current_timezone())
    accounts, written = _accounts(here), _written(here)
    for form in forms.values():
        dataset = told.datasets[form.form_id] = dataset_of_form(form)
        rows_of = _Rows(dataset)
        for record in here:
            lineage, answers = record.lineage, record.reading.answers
            if lineage.head.form_id != form.pk:
                continue
            pk, head = lineage.record_id, lineage.head
            told.held[pk] = Held(head.pk, form.form_id, written.get(pk, now))
            told.records.append(
                context.record(
                    pk,
                    form.form_id,
                    by_name(answers.root.values, rows_of.root),
                    members=rows_of(record, MEMBERS),
                    incomes=rows_of(record, INCOMES),
                    account=accounts.get(head.submitted_by_id, ""),
                    received=head.received_at,
                    household=homes.get(pk),
                    place=record.place.path if record.place else "",
                    restricted=answers.restricted,
                )
            )
    return told


class _Rows:
    """The rows of a repeat, by the names of their questions."""

    def __init__(self, dataset: Dataset) -> None:
        self.root = renamed(dataset.root)
        self._tables = {name: _named(dataset.repeat(name)) for name in (MEMBERS, INCOMES)}

    def __call__(self, record: CleanRecord, name: str) -> list[Answers]:
        path, names = self._tables[name]
        rows = record.reading.answers.rows[1:]
        return [by_name(row.values, names) for row in rows if row.repeat == path]


def _named(table: Table | None) -> tuple[str, dict[str, str]]:
    return ("", {}) if table is None else (table.path, renamed(table))


def _counts(record: CleanRecord) -> bool:
    head = record.lineage.head
    return not record.lineage.deleted and head.review_state != Submission.ReviewState.REJECTED


def _accounts(records: Iterable[CleanRecord]) -> dict[int | None, str]:
    heads = (record.lineage.head for record in records)
    users = {head.submitted_by_id for head in heads if head.submitted_by_id is not None}
    return dict(User.objects.filter(pk__in=users).values_list("pk", "username"))


def _written(records: Iterable[CleanRecord]) -> dict[UUID, datetime]:
    """Since when a record stands that was there before, and perhaps did not change."""
    again = [r.lineage.record_id for r in records if not r.lineage.first_time]
    rows = CleanRow.objects.filter(pk__in=again)
    return dict(rows.values_list("pk", "updated_at")) if again else {}
