"""What was sent back, by enumerator: for those whose tablets cannot be told (`sync.md` 5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Q
from django.db.models.functions import Coalesce

from backend.accounts.models import User
from backend.alphabets import alphabetical
from surveys.cleaning.models import CleanRow
from surveys.datasets.columns import Dataset
from surveys.datasets.labels import label_of
from surveys.datasets.tables import dataset_of_form
from surveys.households.models import Membership
from surveys.places.models import Place
from surveys.privacy.access import masked_keys, rows_for
from surveys.submissions.models import ReviewStep, Submission
from sync.models import Device

MOST_RECORDS = 500  # on paper; the rest after these are corrected
_NAMING = ("enum_code", "username")  # questions that say who asked, the best first
_TAKES_VERDICTS = Q(health_at__isnull=False) | Q(codes__used_at__isnull=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """One record to correct, by what the enumerator's own papers call it."""

    form: str
    card: str
    place: str
    place_code: str
    filled_at: datetime
    sent_back_at: datetime
    comment: str
    comments: Sequence[tuple[str, str]]  # label of the question, text


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that one enumerator has to correct, the oldest first."""

    enumerator: str
    entries: Sequence[Entry]


def sent_back_rows(user: User, *, place: Place | None, everybody: bool) -> list[CleanRow]:
    """The records that wait for an edit; those of tablets that hear it themselves only if asked."""
    rows = CleanRow.objects.filter(
        rows_for(user), repeat="", submission__review_state=Submission.ReviewState.HAS_ISSUES
    )
    if place is not None:
        rows = rows.filter(place__in=Place.objects.at_or_below(place).values("pk"))
    if not everybody:
        hear = Device.objects.filter(_TAKES_VERDICTS).values("pk")
        rows = rows.exclude(submission__device_id__isnull=False, submission__device_id__in=hear)
    rows = rows.select_related("form", "place", "submission__submitted_by")
    rows = rows.defer("verbatim", "submission__raw_xml", "submission__answers")
    return list(rows.order_by(Coalesce("submitted_at", "received_at"), "pk")[:MOST_RECORDS])


def sheets_of(rows: Sequence[CleanRow], user: User, language: str, nobody: str) -> list[Sheet]:
    """A sheet for each enumerator, by name; `nobody` heads the sheet of those we cannot name."""
    steps = _steps(rows)
    cards = _cards(rows)
    devices = dict(
        Device.objects.filter(pk__in={r.submission.device_id for r in rows}).values_list(
            "pk", "name"
        )
    )
    datasets = {form: dataset_of_form(form) for form in {row.form for row in rows}}
    by_name: dict[str, list[Entry]] = {}
    for row in rows:
        device = devices.get(row.submission.device_id or 0, "")
        name = _enumerator(row, datasets[row.form], user) or device or nobody
        step = steps.get(row.submission_id)
        entry = _entry(row, step, cards, datasets[row.form], language)
        by_name.setdefault(name, []).append(entry)
    order = partial(alphabetical, language=language)
    return [Sheet(name, by_name[name]) for name in sorted(by_name, key=order)]


def _steps(rows: Iterable[CleanRow]) -> dict[int, ReviewStep]:
    """The last time each was sent back."""
    steps = ReviewStep.objects.filter(
        submission__in=[row.submission_id for row in rows], step=ReviewStep.Step.SENT_BACK
    )
    return {step.submission_id: step for step in steps.order_by("pk")}


def _cards(rows: Iterable[CleanRow]) -> dict[Any, str]:
    households = {row.household_id for row in rows} - {None}
    cards = Membership.objects.cards(households)
    return {household: numbers[0] for household, numbers in cards.items()}


def _enumerator(row: CleanRow, dataset: Dataset, user: User) -> str:
    """As the record says it, in an answer that this reader may see; or the account it came by."""
    masked = masked_keys(user, (column.field for column in dataset.root.columns))
    keys = {c.field.name: c.field.key for c in dataset.root.columns if c.field.key not in masked}
    said = (row.values.get(keys.get(name, "")) for name in _NAMING)
    by = row.submission.submitted_by
    return str(next(filter(None, said), "")) or (by.get_full_name() or by.username if by else "")


def _entry(
    row: CleanRow,
    step: ReviewStep | None,
    cards: dict[Any, str],
    dataset: Dataset,
    language: str,
) -> Entry:
    labels = dataset.language(language) or dataset.languages[0]
    comments = step.comments if step else []
    return Entry(
        form=dataset.title,
        card=cards.get(row.household_id, ""),
        place=_place_name(row.place, language),
        place_code=row.place.code if row.place else "",
        filled_at=row.submitted_at or row.received_at,
        sent_back_at=step.at if step else row.updated_at,
        comment=step.comment if step else "",
        comments=[(label_of(dataset, c["path"], labels), c["text"]) for c in comments],
    )


def _place_name(place: Place | None, language: str) -> str:
    if place is None:
        return ""
    names = {"ru": place.name_ru, "ky": place.name_local, "tg": place.name_local}
    return names.get(language) or place.name_en
