"""load_records: clean rows → records as checks see them, of all that count or of a few.

Read for the programme as a whole, by no user: who sees what of it, `reading.py` says.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

import orjson
from django.db.models import F, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from surveys.cleaning.enumerators import ASKED_AS
from surveys.cleaning.models import CleanRow
from surveys.datasets.columns import Dataset, Table
from surveys.datasets.tables import dataset_of_form, published_forms
from surveys.households.models import Household
from surveys.places.days import ZONES
from surveys.quality.facts import Answers, Record, as_code
from surveys.submissions.models import Submission
from surveys.xforms.models import Form

CHUNK = 2000
MEMBERS, INCOMES = "member", "income"  # names of repeats, as indicators read them
FORMS = ("rmp_registration", "rmp_followup", "rmp_service")
COUNTRY = ("country", "p_country")
Rows = Mapping[UUID, list[Answers]]


@dataclass(frozen=True, slots=True)
class Held:
    """What the engine needs to keep a flag: the edition that counts, and since when it stands."""

    submission: int
    form_id: str
    updated_at: datetime


@dataclass(slots=True)
class Loaded:
    """Records in a fixed order; what each hangs on; where each form has its questions."""

    records: list[Record] = field(default_factory=list)
    held: dict[UUID, Held] = field(default_factory=dict)
    datasets: dict[str, Dataset] = field(default_factory=dict)


def load_records(only: Collection[UUID] | None = None) -> Loaded:
    """The programme's records that were not rejected; with `only`, these among them."""
    told = Loaded()
    if only is not None and not only:
        return told
    context = Context(_moved(only), timezone.get_current_timezone())
    for form in checked_forms():
        _load_form(form, told, context, only)
    return told


def checked_forms() -> list[Form]:
    """In the order in which their records are looked at."""
    found = {form.form_id: form for form in published_forms().filter(form_id__in=FORMS)}
    return [found[form_id] for form_id in FORMS if form_id in found]


def changed_since(loaded: Loaded) -> set[UUID]:
    """Records that came or changed after they were loaded: what we know of them is not so now."""
    rows = CleanRow.objects.filter(repeat="", form__form_id__in=FORMS)
    rows = rows.exclude(submission__review_state=Submission.ReviewState.REJECTED)
    told = rows.values_list("pk", "submission_id", "updated_at")
    return {
        pk
        for pk, submission, updated in told.iterator(chunk_size=CHUNK)
        if (known := loaded.held.get(pk)) is None
        or (known.submission, known.updated_at) != (submission, updated)
    }


def _moved(only: Collection[UUID] | None) -> dict[UUID, UUID]:
    """Household → the one it was merged into; of a few records only theirs."""
    if only is None:
        return merged_households()
    homes = CleanRow.objects.filter(pk__in=only, household_id__isnull=False)
    return merged_households(homes.values("household_id"))


def merged_households(among: Any = None) -> dict[UUID, UUID]:
    merged = Household.objects.filter(redirect_to__isnull=False)
    if among is not None:
        merged = merged.filter(pk__in=among)
    return dict(merged.values_list("pk", "redirect_to_id"))


@dataclass(frozen=True, slots=True)
class Context:
    """What makes a record of its answers: which household became which, and the zone of records
    from neither country.
    """

    moved: Mapping[UUID, UUID]
    zone: tzinfo

    def record(
        self,
        pk: UUID,
        form_id: str,
        answers: Answers,
        *,
        members: Sequence[Answers],
        incomes: Sequence[Answers],
        account: str,
        received: datetime,
        household: UUID | None,
        place: str,
        restricted: bool,
    ) -> Record:
        """`account`: who sent it, where the answers do not say who asked. `place`: its path."""
        country = place.split("/")[0] or first_code(answers, COUNTRY)
        zone = ZONES.get(country, self.zone)
        return Record(
            id=pk,
            form=form_id,
            answers=answers,
            members=members,
            incomes=incomes,
            enumerator=first_code(answers, ASKED_AS) or account,
            started=_moment(answers.get("start"), zone),
            ended=_moment(answers.get("end"), zone),
            received=received.astimezone(zone),
            household=None if household is None else self.moved.get(household, household),
            place=place,
            country=country,
            restricted=restricted,
        )


def _load_form(form: Form, told: Loaded, context: Context, only: Collection[UUID] | None) -> None:
    dataset = told.datasets[form.form_id] = dataset_of_form(form)
    roots = _rows(form, "", only).exclude(submission__review_state=Submission.ReviewState.REJECTED)
    members = _repeat(form, dataset.repeat(MEMBERS), only)
    incomes = _repeat(form, dataset.repeat(INCOMES), only)
    names = renamed(dataset.root)
    columns = ("pk", "submission_id", "household_id", "place__path", "received_at")
    told_of = roots.order_by("received_at", "pk").values_list(
        *columns, "updated_at", "restricted", "submission__submitted_by__username", "text"
    )
    for (
        pk,
        submission,
        home,
        path,
        received,
        updated,
        restricted,
        account,
        text,
    ) in told_of.iterator(chunk_size=CHUNK):
        told.held[pk] = Held(submission, form.form_id, updated)
        told.records.append(
            context.record(
                pk,
                form.form_id,
                by_name(orjson.loads(text), names),
                members=members.get(pk, ()),
                incomes=incomes.get(pk, ()),
                account=account or "",
                received=received,
                household=home,
                place=path or "",
                restricted=restricted,
            )
        )


def _rows(form: Form, repeat: str, only: Collection[UUID] | None) -> QuerySet[Any]:
    rows = CleanRow.objects.filter(form=form, repeat=repeat)
    rows = rows if only is None else rows.filter(record_id__in=only)
    return rows.annotate(text=Cast(F("values"), TextField()))


def _repeat(form: Form, table: Table | None, only: Collection[UUID] | None) -> Rows:
    found: dict[UUID, list[Answers]] = defaultdict(list)
    if table is None:
        return found
    names = renamed(table)
    rows = _rows(form, table.path, only).order_by("record_id", "index")
    for record, text in rows.values_list("record_id", "text").iterator(chunk_size=CHUNK):
        found[record].append(by_name(orjson.loads(text), names))
    return found


def renamed(table: Table) -> dict[str, str]:
    """Key → name of the question, of those whose key is not their name."""
    return {c.field.key: c.field.name for c in table.columns if c.field.key != c.field.name}


def by_name(answers: Answers, names: Mapping[str, str]) -> Answers:
    """Answers by key → by name too, of keys that are `renamed`."""
    if not names:
        return answers
    known = {
        name: answers[key]
        for key, name in names.items()
        if answers.get(key) is not None and answers.get(name) is None
    }
    return {**answers, **known} if known else answers


def first_code(answers: Answers, names: Collection[str]) -> str:
    return next((code for name in names if (code := as_code(answers.get(name)))), "")


def _moment(value: Any, zone: tzinfo) -> datetime | None:
    """A time stamp where the interview was; None of what is none, or names no zone."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        return at.astimezone(zone) if at is not None and at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


class Paths:
    """Where questions stand: (form, name, row) → the path of an answer."""

    def __init__(self, datasets: Mapping[str, Dataset]) -> None:
        self._at = {form: dict(_places(dataset)) for form, dataset in datasets.items()}

    def of(self, form: str, question: str, row: int) -> str:
        """`main/roster/member[2]/m_age`; the bare name of a question that no version has."""
        repeat, path = self._at.get(form, {}).get(question, ("", question))
        if not repeat or not row:
            return path
        return f"{repeat}[{row}]{path.removeprefix(repeat)}"


def _places(dataset: Dataset) -> Iterator[tuple[str, tuple[str, str]]]:
    for table in (dataset.root, *dataset.repeats):
        for column in table.columns:
            yield column.field.name, (table.path, column.field.path)
