"""draw_back_checks, link_back_check: interviews asked again, held beside the first ones."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from secrets import randbelow
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.problems import Problem
from backend.said import Said
from surveys.cleaning.models import CleanRow
from surveys.datasets.tables import find_form
from surveys.quality.comparing import VARIABLES, Compared, Rate, compare, rates
from surveys.quality.drawing import draw
from surveys.quality.facts import YES, Record
from surveys.quality.load import load_records
from surveys.quality.models import BackCheck, BackCheckDraw
from surveys.quality.reading import masked_names, visible_records, with_enumerator
from surveys.quality.repeated import Repeat, repeats_of
from surveys.submissions.models import Submission

MOST_SEED = 2**31
MOST_CANDIDATES = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which interviews to draw from, and how many percent of each enumerator's."""

    form_id: str
    percent: int
    since: date | None = None
    until: date | None = None
    seed: int | None = None


@transaction.atomic
def draw_back_checks(wanted: Wanted, *, by: User) -> BackCheckDraw:
    """Draws among the interviews that the user sees; without a seed one is thrown, and kept.

    Raises `Problem`: `value_invalid`, `not_found`, `nothing_to_draw`.
    """
    form = find_form(wanted.form_id)
    if wanted.form_id not in VARIABLES:
        raise Problem(
            "value_invalid",
            field="form",
            reason=Said("one of {allowed}", allowed=", ".join(VARIABLES)),
        )
    if not 1 <= wanted.percent <= 100:
        raise Problem("value_invalid", field="percent", reason=Said("a number from 1 to 100"))
    asked, places = _interviews(wanted, by)
    if not asked:
        raise Problem("nothing_to_draw")
    seed = randbelow(MOST_SEED) if wanted.seed is None else wanted.seed
    made = BackCheckDraw.objects.create(
        form=form,
        percent=wanted.percent,
        since=wanted.since,
        until=wanted.until,
        seed=seed,
        population=len(places),
        by=by,
    )
    BackCheck.objects.bulk_create(
        BackCheck(draw=made, record_id=record, enumerator=name, place_id=places[record])
        for name, records in draw(asked, percent=wanted.percent, seed=seed).items()
        for record in records
    )
    log_event("back_checks.drawn", by=by, target=made, percent=made.percent, seed=seed)
    return made


def _interviews(wanted: Wanted, by: User) -> tuple[dict[str, list[UUID]], dict[UUID, int | None]]:
    """By enumerator, those that agreed and were not rejected; the place of each."""
    zone = timezone.get_current_timezone()
    rows = visible_records(by).filter(form__form_id=wanted.form_id, restricted=False)
    rows = rows.filter(values__consent=YES)
    rows = rows.exclude(submission__review_state=Submission.ReviewState.REJECTED)
    if wanted.since:
        rows = rows.filter(received_at__gte=datetime.combine(wanted.since, time(), zone))
    if wanted.until:
        end = datetime.combine(wanted.until + timedelta(days=1), time(), zone)
        rows = rows.filter(received_at__lt=end)
    asked: dict[str, list[UUID]] = defaultdict(list)
    places = {}
    for pk, name, place in with_enumerator(rows).values_list("pk", "enumerator", "place"):
        asked[name].append(pk)
        places[pk] = place
    return asked, places


@transaction.atomic
def link_back_check(*, check_id: int, again: UUID | None, by: User) -> BackCheck:
    """Says which record is the second interview; None takes that back.

    Raises `Problem`: `not_found`, `back_check_invalid`.
    """
    check = BackCheck.objects.select_for_update(no_key=True).filter(pk=check_id).first()
    seen = visible_records(by)
    if check is None or not seen.filter(pk=check.record_id).exists():
        raise Problem("not_found")
    if again is not None:
        _check_second(check, again, by)
    check.again_id, check.linked_by = again, by
    check.linked_at = timezone.now()
    try:
        with transaction.atomic():
            check.save(update_fields=["again_id", "linked_by", "linked_at"])
    except IntegrityError:
        raise Problem(
            "back_check_invalid", reason=Said("The record is linked to another interview.")
        ) from None
    log_event("back_check.linked", by=by, target=check, again=str(again or ""))
    return check


def _check_second(check: BackCheck, again: UUID, by: User) -> None:
    rows = {row.pk: row for row in visible_records(by).filter(pk__in=(check.record_id, again))}
    if again == check.record_id:
        raise Problem("back_check_invalid", reason=Said("An interview does not check itself."))
    if again not in rows:
        raise Problem("not_found")
    if rows[again].form_id != rows[check.record_id].form_id:
        raise Problem("back_check_invalid", reason=Said("The record is of another form."))


@dataclass(frozen=True, slots=True)
class Checked:
    """A drawn interview; what was compared, or which records may be the second interview."""

    check: BackCheck
    enumerator_again: str
    days: int | None
    compared: list[Compared]
    candidates: list[dict[str, Any]]

    @property
    def rates(self) -> dict[int, Rate]:
        return rates(self.compared)


def checked(draw_: BackCheckDraw, user: User) -> list[Checked]:
    """The drawn interviews that the user sees, in a constant number of queries."""
    checks = _visible(draw_.checks.select_related("place"), user)
    records = _records(checks)
    candidates = _candidates([c for c in checks if c.again_id is None], user)
    return [_checked(check, records, candidates.get(check.record_id, [])) for check in checks]


def rates_by_enumerator(user: User) -> dict[str, dict[int, Rate]]:
    """Of all second interviews of records that the user sees, by who asked first."""
    checks = _visible(BackCheck.objects.filter(again_id__isnull=False), user)
    records = _records(checks)
    found: dict[str, list[Compared]] = defaultdict(list)
    for check in checks:
        found[check.enumerator] += _compared(check, records)
    return {name: rates(compared) for name, compared in found.items()}


def repeats_seen(user: User) -> dict[str, list[Repeat]]:
    """Form → numbers asked twice in all second interviews of records that the user sees."""
    checks = _visible(BackCheck.objects.filter(again_id__isnull=False), user)
    records = _records(checks)
    found: dict[str, list[Compared]] = defaultdict(list)
    for check in checks:
        if check.record_id in records:
            found[records[check.record_id].form] += _compared(check, records)
    return {
        form: [each for each in repeats_of(compared) if each.name not in masked_names(user, form)]
        for form, compared in sorted(found.items())
    }


def _visible(checks: Iterable[BackCheck], user: User) -> list[BackCheck]:
    told = list(checks)
    ids = {pk for check in told for pk in (check.record_id, check.again_id) if pk}
    seen = set(visible_records(user).filter(pk__in=ids).values_list("pk", flat=True))
    return [c for c in told if {c.record_id, c.again_id} - {None} <= seen]


def _records(checks: Iterable[BackCheck]) -> Mapping[UUID, Record]:
    linked = [check for check in checks if check.again_id]
    ids = {pk for check in linked for pk in (check.record_id, check.again_id) if pk}
    return {record.id: record for record in load_records(ids).records}


def _compared(check: BackCheck, records: Mapping[UUID, Record]) -> list[Compared]:
    first = records.get(check.record_id)
    again = records.get(check.again_id) if check.again_id else None
    return compare(first, again) if first and again else []


def _checked(
    check: BackCheck, records: Mapping[UUID, Record], candidates: list[dict[str, Any]]
) -> Checked:
    again = records.get(check.again_id) if check.again_id else None
    first = records.get(check.record_id)
    days = None
    if first and again and first.started and again.started:
        days = (again.started - first.started).days
    name = again.enumerator if again else ""
    return Checked(check, name, days, _compared(check, records), candidates)


def _candidates(checks: list[BackCheck], user: User) -> dict[UUID, list[dict[str, Any]]]:
    """For each first interview, later records of its form about the same household."""
    ids = [check.record_id for check in checks]
    firsts = CleanRow.objects.filter(pk__in=ids, household_id__isnull=False)
    of = {(row.household_id, row.form_id): row for row in firsts.only("household_id", "form_id")}
    homes = {home for home, _ in of}
    rows = with_enumerator(visible_records(user).filter(household_id__in=homes))
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    told = rows.order_by("received_at").values(
        "pk", "household_id", "form_id", "received_at", "enumerator"
    )
    for row in told:
        first = of.get((row["household_id"], row["form_id"]))
        if first is not None and row["pk"] != first.pk:
            found[first.pk].append(row)
    return {pk: rows[:MOST_CANDIDATES] for pk, rows in found.items()}
