"""The database → a Snapshot: canonical households, each with the records that count.

Read for the programme as a whole, by no user: who sees what of the figures, `read.py` says.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from django.db import models
from django.db.models import F
from django.db.models.functions import Cast

from surveys.cleaning.models import CleanRow
from surveys.datasets.columns import Table
from surveys.datasets.tables import dataset_of_form, published_forms
from surveys.households.models import CandidateLink, Household
from surveys.indicators import facts
from surveys.indicators.models import VulnerableOverride
from surveys.indicators.questions import (
    ENDLINE_ROUND,
    FOLLOWUP,
    FOUND,
    INCOMES,
    MEMBERS,
    MID_ROUND,
    REGISTRATION,
    SERVICE,
    SIZE,
    YES,
)
from surveys.indicators.reading import (
    Answers,
    baseline_of,
    interview_day,
    interview_of,
    service_of,
)
from surveys.places.models import Place
from surveys.xforms.models import Form

CHUNK = 2000


@dataclass(frozen=True, slots=True)
class _Record:
    """The root row of a record that counts."""

    id: UUID
    household: UUID
    place: int | None
    answers: Answers
    order: int


@dataclass(slots=True)
class _Read:
    """What was read so far: rows by household, what was left out, and the digest of it all.

    Households and records are keys by the integers of their UUIDs: of these, Python makes the hash
    anew each time.
    """

    states: Collection[str]
    redirects: Mapping[int, UUID]
    left_out: Counter[str] = field(default_factory=Counter)
    records: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)


def load_snapshot(states: Collection[str], *, as_of: date) -> facts.Snapshot:
    """What stands in the database now, of records in these review states."""
    redirects = Household.objects.filter(redirect_to__isnull=False)
    pairs = redirects.values_list("pk", "redirect_to_id")
    read = _Read(states, {pk.int: there for pk, there in pairs})
    forms = {form.form_id: form for form in published_forms()}
    registrations = _by_household(forms.get(REGISTRATION), read)
    visits = _by_household(forms.get(FOLLOWUP), read)
    services = _by_household(forms.get(SERVICE), read)
    members = _rows_of(forms.get(REGISTRATION), MEMBERS, read)
    incomes = _rows_of(forms.get(REGISTRATION), INCOMES, read)
    incomes |= _rows_of(forms.get(FOLLOWUP), INCOMES, read)
    overrides = _overrides(read)
    paths = dict(Place.objects.values_list("pk", "path"))
    open_links = CandidateLink.objects.filter(
        state=CandidateLink.State.OPEN, kind=CandidateLink.Kind.RECORDS
    ).count()
    households = []
    for pk in sorted({*registrations, *visits, *services}):
        records = registrations.get(pk) or services.get(pk) or visits[pk]
        first = _baseline_record(registrations.get(pk, ()))
        served = tuple(service_of(r.id, r.answers, r.order) for r in services.get(pk, ()))
        endline, trace = _visit(visits.get(pk, ()), ENDLINE_ROUND, incomes)
        midline, _ = _visit(visits.get(pk, ()), MID_ROUND, incomes)
        country, oblast, district, village = _where(first, paths)
        households.append(
            facts.Household(
                id=records[0].household,
                country=country,
                oblast=oblast,
                district=district,
                village=village,
                baseline=_judged(_baseline(first, members, incomes), overrides.get(pk)),
                midline=midline,
                endline=endline,
                trace=trace,
                services=served,
            )
        )
    return facts.Snapshot(
        households=tuple(households),
        as_of=as_of,
        open_links=open_links,
        records=read.records,
        left_out=dict(read.left_out),
        digest=read.digest.hexdigest(),
    )


def _by_household(form: Form | None, read: _Read) -> dict[int, list[_Record]]:
    """The records of a form that count, by canonical household, in the order of their arrival."""
    found: dict[int, list[_Record]] = defaultdict(list)
    if form is None:
        return found
    rows = CleanRow.objects.filter(form=form, repeat="").order_by("received_at", "pk")
    columns = ("pk", "household_id", "place_id", "submission__review_state")
    moved = _renamed(dataset_of_form(form).root)
    for order, (pk, home, place, state, text) in enumerate(
        rows.annotate(text=Cast("values", models.TextField()))
        .values_list(*columns, "text")
        .iterator(chunk_size=CHUNK)
    ):
        read.records += 1
        read.digest.update(f"{pk.hex}{home and home.hex}{place}{state}{text}".encode())
        if state not in read.states:
            read.left_out[f"review_state_{state}"] += 1
            continue
        answers = orjson.loads(text)
        if moved:
            answers = _named(answers, moved)
        if home is None:
            refused = answers.get("consent") == "no"
            read.left_out["refused" if refused else "household_missing"] += 1
            continue
        home = read.redirects.get(home.int, home)
        found[home.int].append(_Record(pk, home, place, answers, order))
    return found


def _rows_of(form: Form | None, repeat: str, read: _Read) -> dict[int, list[Answers]]:
    """The rows of a repeat by record, in their order."""
    found: dict[int, list[Answers]] = defaultdict(list)
    table = dataset_of_form(form).repeat(repeat) if form else None
    if table is None:
        return found
    rows = CleanRow.objects.filter(form=form, repeat=table.path).order_by("record_id", "index")
    texts = rows.annotate(text=Cast(F("values"), models.TextField()))
    moved = _renamed(table)
    for record, text in texts.values_list("record_id", "text").iterator(chunk_size=CHUNK):
        read.digest.update(text.encode())
        answers = orjson.loads(text)
        found[record.int].append(_named(answers, moved) if moved else answers)
    return found


def _renamed(table: Table) -> dict[str, str]:
    """Key → name of the question, of those whose key is not their name."""
    return {c.field.key: c.field.name for c in table.columns if c.field.key != c.field.name}


def _named(answers: dict[str, Any], moved: Mapping[str, str]) -> dict[str, Any]:
    """Answers by the names of their questions, wherever in the form these have stood."""
    for key, name in moved.items():
        if answers.get(key) is not None and answers.get(name) is None:
            answers[name] = answers[key]
    return answers


def _baseline_record(registrations: Collection[_Record]) -> _Record | None:
    """Of several registrations of one household, that of the earliest interview."""
    agreed = [r for r in registrations if r.answers.get("consent") == YES]
    return min(agreed, key=lambda r: (interview_day(r.answers) or date.max, r.order), default=None)


def _baseline(
    record: _Record | None,
    members: Mapping[int, list[Answers]],
    incomes: Mapping[int, list[Answers]],
) -> facts.Baseline | None:
    on = interview_day(record.answers) if record else None
    if record is None or on is None:
        return None
    told = interview_of(record.answers, incomes.get(record.id.int, ()), on, SIZE[REGISTRATION])
    return baseline_of(record.id, record.answers, told, members.get(record.id.int, ()))


def _overrides(read: _Read) -> dict[int, bool]:
    """Household → whether a person says that it is vulnerable; of merged ones the newest counts."""
    rows = VulnerableOverride.objects.filter(revoked_at=None).order_by("pk")
    found: dict[int, bool] = {}
    for pk, home, vulnerable in rows.values_list("pk", "household_id", "vulnerable"):
        read.digest.update(f"{pk}{home.hex}{vulnerable}".encode())
        found[read.redirects.get(home.int, home).int] = vulnerable
    return found


def _judged(baseline: facts.Baseline | None, vulnerable: bool | None) -> facts.Baseline | None:
    """As a person overrode it."""
    if baseline is None or vulnerable is None:
        return baseline
    return replace(baseline, vulnerable=vulnerable)


def _visit(
    visits: Collection[_Record], name: str, incomes: Mapping[int, list[Answers]]
) -> tuple[facts.Interview | None, str]:
    """The last interview of a round, and what its last visit found."""
    ends = sorted(_of_round(visits, name), key=lambda pair: (pair[0], pair[1].order))
    trace = str(ends[-1][1].answers.get("trace") or "") if ends else ""
    for on, record in reversed(ends):
        answers = record.answers
        if answers.get("trace") == FOUND and answers.get("consent") == YES:
            rows = incomes.get(record.id.int, ())
            return interview_of(answers, rows, on, SIZE[FOLLOWUP]), trace
    return None, trace


def _of_round(visits: Collection[_Record], name: str) -> Iterator[tuple[date, _Record]]:
    for record in visits:
        on = interview_day(record.answers)
        if record.answers.get("round") == name and on is not None:
            yield on, record


def _where(record: _Record | None, paths: Mapping[int, str]) -> tuple[str, str, str, str]:
    """Country, oblast, district and village of the baseline: its place today, else as answered."""
    if record is None:
        return "", "", "", ""
    answers = record.answers
    codes = paths.get(record.place or 0, "").split("/")
    told = (*codes, "", "", "")[:4] if codes[0] else ("", "", "", "")
    asked = [str(answers.get(name) or "") for name in ("country", "oblast", "district")]
    country, oblast, district = (code or said for code, said in zip(told, asked, strict=False))
    village = told[3] or str(answers.get("village") or "")
    if village in {"", "other"}:
        village = f"{district} {str(answers.get('village_other') or '').strip().casefold()}"
    return country, oblast, district, village
