"""One interview: a family, a form and a clock make a record ready to send, files included."""

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from io import StringIO
from random import Random
from uuid import UUID

from surveys.xforms.questionnaire import Questionnaire
from sync.fieldwork.answers import FamilyAnswers
from sync.fieldwork.family import Family, Village
from sync.fieldwork.pictures import photo_png, signature_png
from sync.fieldwork.posts import Record
from sync.fieldwork.sitting import Visit, fill_in


def hold_interview(
    form: Questionnaire,
    family: Family,
    *,
    key: str,
    started: datetime,
    device_id: str,
    given: Mapping[str, str] | None = None,
    deprecated_id: str = "",
    photo_bytes: int = 0,
) -> Record:
    """The same key gives the same answers and ids; `photo_bytes` asks for a picture that large."""
    rng = Random(key)
    answers = FamilyAnswers(family, rng, day=started.date(), given=given)
    visit = Visit(
        instance_id=f"uuid:{id_for(f'{key}/instance/{deprecated_id}')}",
        entity_id=id_for(f"{key}/entity"),
        started=started,
        ended=started + timedelta(seconds=rng.randint(12 * 60, 70 * 60)),
        device_id=device_id,
        deprecated_id=deprecated_id,
    )
    filled = fill_in(form, visit, answers)
    attachments = {"audit.csv": audit_csv(filled.answers, started)}
    if picture := answers.said.get("signature"):
        attachments[picture] = photo_png(rng, photo_bytes) if photo_bytes else signature_png(rng)
    return Record(form.form_id, visit.instance_id, filled.xml, attachments)


def id_for(key: str) -> str:
    """A UUID v4 that the same key always gives."""
    return str(UUID(int=Random(f"id/{key}").getrandbits(128), version=4))


def audit_csv(answers: Sequence[tuple[str, str]], started: datetime) -> bytes:
    """Collect's log of the sitting, changes tracked: one line a question, times in ms."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("event", "node", "start", "end", "old-value", "new-value"))
    clock = int(started.timestamp() * 1000)
    writer.writerow(("form start", "", clock, "", "", ""))
    for path, answer in answers:
        writer.writerow(("question", path, clock, clock + 4200, "", answer))
        clock += 5100
    writer.writerow(("form finalize", "", clock, "", "", ""))
    return out.getvalue().encode()


def villages_of(form: Questionnaire) -> list[Village]:
    """The villages that the form's own lists offer, with all they lie in."""
    oblasts = {row["name"]: row["oblast"] for row in form.rows("district")}
    countries = {row["name"]: row["country"] for row in form.rows("oblast")}
    return [
        Village(countries[oblast], oblast, row["district"], row["name"])
        for row in form.rows("village")
        if (oblast := oblasts.get(row["district"]))
    ]
