"""Registrations on the programme's own form, as tablets send them."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random

from surveys.cleaning.models import CleanRow
from surveys.xforms.models import Form, FormVersion
from surveys.xforms.questionnaire import Questionnaire
from surveys.xforms.schema import read_schema, schema_to_json
from surveys.xforms.xlsform import xlsform_to_xform
from sync.fieldwork.family import make_family
from sync.fieldwork.interview import hold_interview, villages_of
from tests.surveys.household_forms import arrive, drain

WORKBOOK = Path("data/forms/registration.xlsx")
STARTED = datetime(2014, 6, 2, 9, 14, tzinfo=UTC)
INCOME, MEMBER = "main/income_module/income", "main/roster/member"


@cache
def xform() -> bytes:
    return xlsform_to_xform(WORKBOOK.read_bytes()).xform


@cache
def registration() -> Questionnaire:
    return Questionnaire(xform())


def interview(seed: int, **given: str) -> bytes:
    """One family's registration; the same seed gives the same bytes."""
    form, rng = registration(), Random(seed)
    family = make_family(rng, village=rng.choice(villages_of(form)), number=seed)
    return hold_interview(
        form, family, key=f"c{seed}", started=STARTED, device_id="collect:x", given=given
    ).xml


@cache
def with_income() -> int:
    """A seed whose family earns something in som, from its first source."""
    return next(
        s
        for s in range(1000)
        if b"<inc_kgs>0<" not in interview(s) and b"<inc_kgs>" in interview(s)
    )


def register(*seeds: int) -> list[CleanRow]:
    """Publishes the form, sends the interviews, processes them; the root row of each."""
    publish()
    return [sent(interview(seed)) for seed in seeds]


def sent(xml: bytes) -> CleanRow:
    """The root row of a record that arrived and was processed."""
    submission = arrive(xml)
    drain()
    return CleanRow.objects.get(pk=submission.record_id)


def publish() -> Form:
    """As `publish_form` does, but the workbook is read once for all tests."""
    schema = read_schema(xform())
    form = Form.objects.create(form_id=schema.form_id, title=schema.title)
    form.current = FormVersion.objects.create(
        form=form,
        version=schema.version,
        title=schema.title,
        xlsform=b"",
        xform=xform(),
        md5="",
        schema_json=schema_to_json(schema),
    )
    form.save()
    return form


def rows_of(record: CleanRow, repeat: str) -> list[CleanRow]:
    return list(
        CleanRow.objects.filter(record_id=record.record_id, repeat=repeat).order_by("index")
    )


def publish_moved(name: str, to: str) -> None:
    """The next version, in which a question stands elsewhere in its repeat under the same key."""
    form = Form.objects.get()
    assert form.current
    schema = read_schema(xform())
    fields = [replace(f, path=f"{f.repeat}/{to}") if f.name == name else f for f in schema.fields]
    form.current = FormVersion.objects.create(
        form=form,
        version="2",
        title=schema.title,
        xlsform=b"",
        xform=xform(),
        md5="2",
        schema_json=schema_to_json(replace(schema, version="2", fields=tuple(fields))),
    )
    form.save()
