"""tables_of: what a night tells beside its flags, as rows of plain values, by place."""

from collections import Counter, defaultdict
from dataclasses import asdict
from typing import Any

from surveys.datasets.missing import missing_codes
from surveys.quality.effects import effects_of
from surveys.quality.facts import NO, REGISTRATION, Record, district_of
from surveys.quality.load import Loaded
from surveys.quality.question_times import question_times_of
from surveys.quality.time_use import time_use_of
from surveys.quality.variables import Asked, variables_of

Row = dict[str, Any]
ENUMERATORS, VARIABLES, HOURS, PROGRESS = "enumerators", "variables", "hours", "progress"
QUESTION_TIMES, TIME_USE = "question_times", "time_use"


def tables_of(loaded: Loaded) -> dict[str, list[Row]]:
    """Without legal-aid records, which only named people may know of."""
    records = [record for record in loaded.records if not record.restricted]
    return {
        ENUMERATORS: [asdict(line) for line in effects_of(records)],
        VARIABLES: _variables(loaded, records),
        HOURS: _hours(records),
        PROGRESS: _progress(records),
        TIME_USE: [asdict(line) for line in time_use_of(records)],
        QUESTION_TIMES: [asdict(line) for line in question_times_of(records, _told_of(loaded))],
    }


def _variables(loaded: Loaded, records: list[Record]) -> list[Row]:
    """Of each form, over those who agreed; without questions of restricted groups."""
    by_form: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if record.code("consent") != NO:
            by_form[record.form].append(record)
    return [
        {"form": form, **asdict(line)}
        for form, dataset in loaded.datasets.items()
        for line in variables_of(
            [record.answers for record in by_form[form]],
            [
                Asked(c.field.name, c.field.path, missing_codes(c))
                for c in dataset.root.columns
                if not c.field.restricted
            ],
        )
    ]


def _told_of(loaded: Loaded) -> dict[str, list[str]]:
    """Form → paths of its questions, without those of restricted groups."""
    return {
        form: [
            column.field.path
            for each in (dataset.root, *dataset.repeats)
            for column in each.columns
            if not column.field.restricted
        ]
        for form, dataset in loaded.datasets.items()
    }


def _hours(records: list[Record]) -> list[Row]:
    """Interviews begun in each hour of each day, by district."""
    counts = Counter(
        (district_of(record), record.started.date().isoformat(), record.started.hour)
        for record in records
        if record.started is not None
    )
    rows: dict[tuple[str, str], Row] = {}
    for (place, day, hour), count in sorted(counts.items()):
        row = rows.setdefault((place, day), {"place": place, "day": day, "hours": [0] * 24})
        row["hours"][hour] = count
    return list(rows.values())


def _progress(records: list[Record]) -> list[Row]:
    """Registrations and refusals by district, enumerator and week, and follow-ups."""
    counts: Counter[tuple[str, str]] = Counter()
    for record in records:
        kind = "registered" if record.form == REGISTRATION else record.form.removeprefix("rmp_")
        counts[district_of(record), "refused" if record.code("consent") == NO else kind] += 1
    found: dict[str, Row] = {}
    for (place, kind), count in sorted(counts.items()):
        found.setdefault(place, {"place": place})[kind] = count
    return list(found.values())
