"""Records → typed answers and quality flags, a batch at a time; `write.py` stores them.

Reading needs a handful of queries for the whole batch, whatever its size.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from lxml import etree

from surveys.cleaning.answers import Answers, Flag, Plan, Row, make_plan, read_answers
from surveys.cleaning.checks import Checked, run_checks
from surveys.cleaning.surroundings import Surroundings, named_places, surroundings
from surveys.places.models import Place
from surveys.submissions.editions import Lineage
from surveys.submissions.instance import parse_instance
from surveys.submissions.models import Submission
from surveys.xforms.models import FormVersion, schema_of_version
from surveys.xforms.schema import Schema

NO_SCHEMA = Schema("", "", "", ("",), (), ())  # of a form without any version: all is verbatim


@dataclass(slots=True)
class Reading:
    """One submission and its answers. `root` is None where it is encrypted: nothing can be read."""

    submission: Submission
    schema: Schema
    root: "etree._Element | None"
    answers: Answers
    version_pk: int | None = None  # of the schema; None where the form has no version


@dataclass(slots=True)
class CleanRecord:
    """A record as its head tells it: answers, place, flags. `answers` is empty when deleted."""

    lineage: Lineage
    reading: Reading
    place: Place | None = None
    flags: list[Flag] = field(default_factory=list)


def read_submissions(submissions: Iterable[Submission]) -> dict[int, Reading]:
    """Every submission's answers by the schema of its version, or of the form's newest one."""
    submissions = list(submissions)
    newest = _newest_versions({s.form_id for s in submissions if s.form_version_id is None})
    return {s.pk: _read(s, s.form_version_id or newest.get(s.form_id)) for s in submissions}


def clean_records(lineages: Sequence[Lineage], readings: dict[int, Reading]) -> list[CleanRecord]:
    """The records of these lineages, each with its place and with what the checks found."""
    records = [CleanRecord(lineage, readings[lineage.head.pk]) for lineage in lineages]
    places = named_places(code for record in records for _, code in _choices_made(record))
    around = surroundings(lineages, [r.lineage for r in records if r.reading.answers.media])
    for record in records:
        found = [(path, places[c]) for path, c in _choices_made(record) if c in places]
        record.place = max((p.today for _, p in found), key=lambda p: p.level, default=None)
        received_at = record.lineage.head.received_at
        merged = tuple(path for path, place in found if place.was_merged(received_at))
        record.flags = run_checks(_checked(record, around, merged))
    return records


def _checked(record: CleanRecord, around: Surroundings, merged: tuple[str, ...]) -> Checked:
    lineage, head = record.lineage, record.lineage.head
    communities = around.communities[head.form_id]
    return Checked(
        schema=record.reading.schema,
        answers=record.reading.answers,
        received_at=head.received_at,
        version_known=head.form_version_id is not None,
        encrypted=head.encrypted,
        edit_conflict=lineage.branched,
        inside_round=record.place is None or communities.cover(record.place),
        files=around.files.get(lineage.record_id, frozenset()),
        lifetimes=around.lifetimes(head.form_id, head.form_version_id),
        merged=merged,
    )


@lru_cache(maxsize=256)
def _plan_of_version(version_pk: int | None) -> Plan:
    return make_plan(_schema(version_pk))


def _schema(version_pk: int | None) -> Schema:
    return NO_SCHEMA if version_pk is None else schema_of_version(version_pk)


def _read(submission: Submission, version_pk: int | None) -> Reading:
    schema = _schema(version_pk)
    if submission.encrypted:
        # It may hold what only named people should know to exist.
        restricted = any(each.restricted for each in schema.fields)
        return Reading(
            submission, schema, None, Answers([Row()], restricted=restricted), version_pk
        )
    root = parse_instance(bytes(submission.raw_xml)).root
    answers = read_answers(root, _plan_of_version(version_pk))
    return Reading(submission, schema, root, answers, version_pk)


def _newest_versions(form_ids: set[int]) -> dict[int, int]:
    if not form_ids:
        return {}
    versions = FormVersion.objects.filter(form_id__in=form_ids).order_by("published_at", "pk")
    return dict(versions.values_list("form_id", "pk"))


def _choices_made(record: CleanRecord) -> Iterator[tuple[str, str]]:
    """Path and code of the root row's answers that choose one; a place is always chosen."""
    values = record.reading.answers.root.values
    for each in record.reading.schema.fields:
        if each.type == "select_one" and each.key in values and each.repeat == "":
            yield each.path, values[each.key]
