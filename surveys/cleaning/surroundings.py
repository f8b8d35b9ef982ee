"""What a batch of records is checked against: places, rounds, editions of the form, files.

A handful of queries, however many records there are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID

from django.utils import timezone

from surveys.cleaning.checks import Lifetimes
from surveys.places.models import Place
from surveys.rounds.models import Communities, Round
from surveys.submissions.editions import Lineage
from surveys.submissions.models import Attachment
from surveys.xforms.models import Form, FormVersion


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A place as an answer names it: which one that is today, and since when."""

    today: Place
    merged_on: date | None = None

    def was_merged(self, at: datetime) -> bool:
        return self.merged_on is not None and timezone.localdate(at) >= self.merged_on


@dataclass(slots=True)
class Surroundings:
    """Of the forms and files of a batch. An unknown version has the lifetime of its form."""

    communities: dict[int, Communities] = field(default_factory=dict)
    forms: dict[int, Lifetimes] = field(default_factory=dict)
    versions: dict[int, Lifetimes] = field(default_factory=dict)
    files: dict[UUID, frozenset[str]] = field(default_factory=dict)

    def lifetimes(self, form_id: int, version_id: int | None) -> Lifetimes:
        return self.versions.get(version_id or 0, self.forms[form_id])


def surroundings(lineages: Sequence[Lineage], with_files: Sequence[Lineage]) -> Surroundings:
    """`with_files` are those whose answers name a file."""
    form_ids = {lineage.head.form_id for lineage in lineages}
    forms = Form.objects.select_related("round").in_bulk(form_ids)
    lifetimes = {pk: _lifetimes(form) for pk, form in forms.items()}
    return Surroundings(
        communities=_communities({pk: form.round_id for pk, form in forms.items()}),
        forms=lifetimes,
        versions=_versions(lifetimes),
        files=_file_names(with_files),
    )


def named_places(codes: Iterable[str]) -> dict[str, NamedPlace]:
    """Those of the codes that are places."""
    named = Place.objects.filter(code__in=set(codes)).order_by()
    named = named.only("code", "level", "path", "merged_into", "merged_on")
    today = named.today()
    return {place.code: NamedPlace(today[place.pk], place.merged_on) for place in named}


def _lifetimes(form: Form) -> Lifetimes:
    """A round is open on the day it closes, to midnight where the programme works."""
    opens_on, closes_on = (form.round.opens_on, form.round.closes_on) if form.round else (None,) * 2
    return Lifetimes(
        round_opened_at=_midnight(opens_on),
        round_closed_at=_midnight(closes_on and closes_on + timedelta(days=1)),
        form_retired_at=form.retired_at,
    )


def _midnight(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time())) if day else None


def _versions(forms: dict[int, Lifetimes]) -> dict[int, Lifetimes]:
    rows = FormVersion.objects.filter(form_id__in=forms).order_by("form_id", "published_at", "pk")
    versions = list(rows.values_list("pk", "form_id", "published_at", "retired_at"))
    replaced = {old[0]: new[2] for old, new in pairwise(versions) if old[1] == new[1]}
    return {
        pk: forms[form_id].of_version(retired_at=retired_at, replaced_at=replaced.get(pk))
        for pk, form_id, _, retired_at in versions
    }


def _communities(round_of: dict[int, int | None]) -> dict[int, Communities]:
    """What the round of each form is for, by the places of today."""
    wanted = {round_id for round_id in round_of.values() if round_id}
    through = Round.places.through.objects.filter(round_id__in=wanted).order_by()
    targets = list(through.values_list("round_id", "place_id"))
    today = Place.objects.filter(pk__in={pk for _, pk in targets}).defer("boundary").today()
    paths: dict[int | None, set[str]] = {}
    for round_id, place_id in targets:
        paths.setdefault(round_id, set()).add(today[place_id].path)
    return {pk: Communities(frozenset(paths.get(r, ()))) for pk, r in round_of.items()}


def _file_names(lineages: Sequence[Lineage]) -> dict[UUID, frozenset[str]]:
    """Names of the files that came with any edition: an edit sends only what changed (S14)."""
    record_of = {s.pk: lineage.record_id for lineage in lineages for s in lineage.editions}
    if not record_of:
        return {}
    names: dict[UUID, set[str]] = {}
    rows = Attachment.objects.filter(submission_id__in=record_of).order_by()
    for submission_id, name in rows.values_list("submission_id", "name"):
        names.setdefault(record_of[submission_id], set()).add(name)
    return {record_id: frozenset(found) for record_id, found in names.items()}
