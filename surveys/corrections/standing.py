"""A record as its corrections leave it, from the log in the database."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from io import StringIO
from itertools import groupby
from uuid import UUID

from django.utils import timezone

from surveys.cleaning.answers import make_plan
from surveys.cleaning.clean import Reading
from surveys.cleaning.corrected import Change, Form, Standing, correct
from surveys.cleaning.fill import Frame
from surveys.cleaning.outline import Outline
from surveys.cleaning.write import row_ids
from surveys.corrections import states
from surveys.corrections.models import Correction
from surveys.xforms.models import FormMedia, FormVersion
from surveys.xforms.questionnaire import Element, Questionnaire, as_list


def live_corrections(record_ids: Iterable[UUID]) -> list[Correction]:
    """What was approved and not taken back, in the order of approval; then what waits.

    Of answers only: a record that is dropped has none.
    """
    live = (*states.IN_FORCE, *states.WAITING)
    found = Correction.objects.filter(record_id__in=list(record_ids), state__in=live)
    found = found.exclude(path="")
    waiting = sorted(found, key=lambda c: (c.proposed_at, str(c.pk)))
    return sorted(waiting, key=lambda c: (c.turn is None, c.turn or 0))


def stand(reading: Reading, record_id: UUID, corrections: Sequence[Correction]) -> Standing:
    """The record with these corrections, groups of one bundle in the order they are given.

    `reading` is of its head and not encrypted, and its form has a version.
    """
    assert reading.root is not None
    assert reading.version_pk is not None
    numbers = row_numbers(reading, record_id)
    groups = [
        [change_of(correction, numbers) for correction in group]
        for _, group in groupby(corrections, key=lambda c: c.bundle)
    ]
    form = form_of_version(reading.version_pk)
    return correct(form, reading.root, reading.answers, groups, _frame_of(reading, form))


def change_of(correction: Correction, numbers: Mapping[UUID, int]) -> Change:
    return Change(
        key=correction.pk,
        row=numbers.get(correction.row_id),
        path=correction.path,
        old=correction.old,
        new=correction.new,
    )


def row_numbers(reading: Reading, record_id: UUID) -> dict[UUID, int]:
    """Id of each row → its number among the rows of the answers."""
    ids = row_ids(reading.answers.rows, record_id)
    return {row_id: number for number, (row_id, _) in enumerate(ids)}


@lru_cache(maxsize=32)
def form_of_version(version_pk: int) -> Form:
    """Published versions never change."""
    version = FormVersion.objects.get(pk=version_pk)
    questionnaire = Questionnaire(bytes(version.xform))
    schema = version.schema
    return Form(questionnaire, Outline(questionnaire, schema), make_plan(schema))


def _frame_of(reading: Reading, form: Form) -> Frame:
    """As when it arrived: the same record is worked out the same at any time.

    An edit, so that nothing is preset anew.
    """
    head = reading.submission
    arrived = timezone.localtime(head.received_at)
    return Frame(
        instance_id=head.instance_id,
        version=head.version,
        deprecated_id=head.instance_id,
        today=arrived.date().isoformat(),
        now=arrived.isoformat(timespec="milliseconds"),
        lists=_lists(reading, form),
    )


def _lists(reading: Reading, form: Form) -> dict[str, Element]:
    """CSV files beside the form; an entity list is not here, and nothing is judged by it."""
    files = {n: src.rpartition("/")[2] for n, src in form.questionnaire.files.items()}
    if not files:
        return {}
    media = FormMedia.objects.filter(
        form_id=reading.submission.form_id, name__in=files.values(), name__endswith=".csv"
    )
    known = dict(media.values_list("name", "md5"))
    return {
        name: _media_list(reading.version_pk, reading.submission.form_id, file, known[file])
        for name, file in files.items()
        if file in known
    }


@lru_cache(maxsize=32)
def _media_list(version_pk: int | None, form_pk: int, name: str, md5: str) -> Element:
    """A copy for each version, as its questionnaire is locked alone."""
    content = FormMedia.objects.values_list("content", flat=True).get(form=form_pk, name=name)
    return as_list(list(csv.DictReader(StringIO(bytes(content).decode("utf-8-sig")))))
