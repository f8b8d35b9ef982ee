"""A form of a few questions of each type, and clean rows made by hand."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from surveys.cleaning.models import CleanRow
from surveys.places.models import Place
from surveys.submissions.models import Submission
from surveys.xforms.models import Form, FormVersion
from surveys.xforms.schema import Choice, Field, Repeat, Schema, schema_to_json

RU, EN = "Русский (ru)", "English (en)"
START = datetime(2014, 6, 1, 9, tzinfo=UTC)


def labels(en: str, ru: str) -> dict[str, str]:
    return {RU: ru, EN: en}


COUNTRIES = (
    Choice("KG", labels("Kyrgyzstan", "Кыргызстан")),
    Choice("TJ", labels("Tajikistan", "Таджикистан")),
)
NEEDS = (
    Choice("work", labels("Work", "Работа")),
    Choice("school", labels("School", "Школа")),
    Choice("seeds", labels("Seeds", "Семена")),
)
SCHEMA = Schema(
    form_id="visit",
    version="1",
    title="Visit",
    languages=(RU, EN),
    fields=(
        Field("country", "place/country", "country", "select_one", "", choices=COUNTRIES),
        Field("village", "place/village", "village", "string", "", labels("Village", "Село")),
        Field("head", "head", "head", "string", "", labels("Head", "Глава"), privacy="direct"),
        Field("illness", "illness", "illness", "string", "", privacy="sensitive"),
        Field("ban", "legal/ban", "ban", "select_one", "", restricted=True),
        Field("hh_size", "hh_size", "hh_size", "integer", ""),
        Field("income", "income", "income", "decimal", ""),
        Field("needs", "needs", "needs", "select_multiple", "", choices=NEEDS),
        Field("day", "day", "day", "date", ""),
        Field("end", "end", "end", "dateTime", ""),
        Field("has_land", "has_land", "has_land", "boolean", ""),
        Field("gps", "gps", "gps", "geopoint", ""),
        Field("place", "old/place", "place", "string", ""),
        Field(
            "first_name", "member/first_name", "first_name", "string", "member", privacy="direct"
        ),
        Field("age", "member/age", "age", "integer", "member"),
    ),
    repeats=(Repeat("member", "member", "", labels("Member", "Член семьи")),),
)


def publish(schema: Schema = SCHEMA, form: Form | None = None) -> Form:
    form = form or Form.objects.create(form_id=schema.form_id, title=schema.title)
    form.current = FormVersion.objects.create(
        form=form,
        version=schema.version,
        title=schema.title,
        xlsform=b"",
        xform=b"",
        md5="0" * 32,
        schema_json=schema_to_json(schema),
    )
    form.save()
    return form


def next_version(form: Form, schema: Schema = SCHEMA, **changes: Any) -> Form:
    return publish(replace(schema, version="2", **changes), form)


def make_record(
    form: Form,
    answers: dict[str, Any] | None = None,
    *,
    members: list[dict[str, Any]] | None = None,
    repeats: Mapping[str, Sequence[dict[str, Any]]] | None = None,
    place: Place | None = None,
    restricted: bool = False,
    household: uuid.UUID | None = None,
    minutes: int = 0,
    review_state: str = "received",
) -> CleanRow:
    """A record received `minutes` after the start, with its rows as cleaning leaves them.

    `repeats` are rows by the path of their repeat; `members` those of the repeat `member`.
    """
    at = START + timedelta(minutes=minutes)
    record = uuid.uuid4()
    submission = Submission.objects.create(
        form=form,
        form_version=form.current,
        instance_id=f"uuid:{record}",
        record_id=record,
        raw_xml=b"<x/>",
        sha256=b"0" * 32,
        received_at=at,
        review_state=review_state,
        state=Submission.State.PROCESSED,
    )
    common = {
        "record_id": record,
        "submission": submission,
        "form": form,
        "verbatim": {},
        "place": place,
        "household_id": household,
        "restricted": restricted,
        "instance_id": submission.instance_id,
        "version": "1",
        "submitted_at": at - timedelta(hours=1),
        "received_at": at,
        "updated_at": at,
    }
    root = CleanRow.objects.create(id=record, values=answers or {}, **common)
    rows = {"member": members or [], **(repeats or {})}
    CleanRow.objects.bulk_create(
        CleanRow(
            id=uuid.uuid5(record, f"{path}:{index}"),
            repeat=path,
            parent_id=record,
            index=index,
            values=row,
            **common,
        )
        for path, found in rows.items()
        for index, row in enumerate(found, 1)
    )
    return root
