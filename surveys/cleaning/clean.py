"""Records → typed answers and quality flags, a batch at a time; `write.py` stores them.

Reading needs a handful of queries for the whole batch, whatever its size.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

from lxml import etree

from surveys.cleaning.answers import Answers, Flag, Plan, Row, make_plan, read_answers
from surveys.cleaning.checks import Checked, run_checks
from surveys.places.models import Place
from surveys.rounds.models import Communities
from surveys.submissions.editions import Lineage
from surveys.submissions.instance import parse_instance
from surveys.submissions.models import Attachment, Submission
from surveys.xforms.models import Form, FormVersion, schema_of_version
from surveys.xforms.schema import Schema

NO_SCHEMA = Schema("", "", "", ("",), (), ())  # of a form without any version: all is verbatim


@dataclass(slots=True)
class Reading:
    """One submission and its answers. `root` is None where it is encrypted: nothing can be read."""

    submission: Submission
    schema: Schema
    root: "etree._Element | None"
    answers: Answers


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
    places = _places({code for record in records for code in _choices_made(record)})
    communities = _communities({lineage.head.form_id for lineage in lineages})
    files = _file_names([r.lineage for r in records if r.reading.answers.media])
    for record in records:
        lineage, reading = record.lineage, record.reading
        found = [places[code] for code in _choices_made(record) if code in places]
        record.place = max(found, key=lambda place: place.level, default=None)
        record.flags = run_checks(
            Checked(
                schema=reading.schema,
                answers=reading.answers,
                received_at=lineage.head.received_at,
                version_known=lineage.head.form_version_id is not None,
                encrypted=lineage.head.encrypted,
                edit_conflict=lineage.branched,
                inside_round=record.place is None
                or communities[lineage.head.form_id].cover(record.place),
                files=files.get(lineage.record_id, frozenset()),
            )
        )
    return records


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
        return Reading(submission, schema, None, Answers([Row()], restricted=restricted))
    root = parse_instance(bytes(submission.raw_xml)).root
    return Reading(submission, schema, root, read_answers(root, _plan_of_version(version_pk)))


def _newest_versions(form_ids: set[int]) -> dict[int, int]:
    if not form_ids:
        return {}
    versions = FormVersion.objects.filter(form_id__in=form_ids).order_by("published_at", "pk")
    return dict(versions.values_list("form_id", "pk"))


def _choices_made(record: CleanRecord) -> Iterator[str]:
    """The root row's answers that choose one; a place is always chosen, never typed."""
    values = record.reading.answers.root.values
    for each in record.reading.schema.fields:
        if each.type == "select_one" and each.key in values and each.repeat == "":
            yield values[each.key]


def _places(codes: set[str]) -> dict[str, Place]:
    wanted = Place.objects.filter(code__in=codes).only("code", "level", "path").order_by()
    return {place.code: place for place in wanted}


def _communities(form_ids: set[int]) -> dict[int, Communities]:
    """What the round of each form is for."""
    paths: dict[int, set[str]] = {form_id: set() for form_id in form_ids}
    rows = Form.objects.filter(pk__in=form_ids, round__places__isnull=False).order_by()
    for form_id, path in rows.values_list("pk", "round__places__path"):
        paths[form_id].add(path)
    return {form_id: Communities(frozenset(found)) for form_id, found in paths.items()}


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
