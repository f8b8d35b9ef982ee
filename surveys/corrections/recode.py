"""recode: of all records that give one text for "other", the code that means the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from django.db.models import Count
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Lower, Trim

from backend.accounts.models import User
from backend.problems import Problem
from backend.said import Said
from surveys.corrections.models import Correction
from surveys.corrections.others import OtherText, other_texts, recoded
from surveys.corrections.propose import Because, Wish, propose_corrections
from surveys.corrections.standing import form_of_version
from surveys.corrections.visible import hides
from surveys.datasets.tables import dataset_of_form, find_table, visible_rows
from surveys.privacy.models import Unmasking
from surveys.xforms.models import Form, schema_of_version

MOST_RECODED = 150  # answers at once: each is checked as the form would, in 40 ms
MOST_TEXTS = 300


@dataclass(frozen=True, slots=True)
class Text:
    """What was written, as it is compared, and how many gave it."""

    words: str
    count: int


@dataclass(slots=True)
class Recoded:
    bundle: UUID
    made: list[Correction] = field(default_factory=list)
    refused: list[Problem] = field(default_factory=list)
    left: int = 0  # more than are taken at once


def others_of(form: Form) -> list[OtherText]:
    """Of the version that tablets get now."""
    if form.current_id is None:
        return []
    known = form_of_version(form.current_id).questionnaire
    root = f"/{known.instance.tag}/"
    relevant = {path.removeprefix(root): bind.relevant for path, bind in known.binds.items()}
    return other_texts(schema_of_version(form.current_id), relevant)


def texts_of(form: Form, other: OtherText, user: User, granted: Unmasking | None) -> list[Text]:
    """The texts that were given, the most frequent first. Raises `Problem("field_masked")`."""
    if hides(user, other.text, granted) or hides(user, other.choice, granted):
        raise Problem("field_masked", field=other.text.key)
    rows = _written(form, other, user).values("words").annotate(count=Count("pk"))
    return [
        Text(row["words"], row["count"]) for row in rows.order_by("-count", "words")[:MOST_TEXTS]
    ]


def recode(
    *,
    form: Form,
    other: OtherText,
    words: Sequence[str],
    code: str,
    because: Because,
    by: User,
    granted: Unmasking | None = None,
) -> Recoded:
    """Proposes it for every answer that gives one of these texts; one approval decides on all.

    What cannot be, say because a proposal waits already, is left and counted. Raises `Problem`:
    `field_masked`, `value_invalid`.
    """
    if code == other.code or code not in {choice.name for choice in other.choice.choices}:
        raise Problem("value_invalid", field="code", reason=Said("is not another choice"))
    if hides(by, other.text, granted):
        raise Problem("field_masked", field=other.text.key)
    found = _written(form, other, by).filter(words__in=list(words)).order_by("record_id", "pk")
    rows = list(found.values_list("pk", "record_id", "values")[: MOST_RECODED + 1])
    done = Recoded(uuid4(), left=max(found.count() - MOST_RECODED, 0))
    for row_id, record_id, values in rows[:MOST_RECODED]:
        new = recoded(values[other.choice.key], other.code, code)
        wish = Wish(row_id, other.choice.path, new, action=Correction.Action.RECODE)
        try:
            done.made += propose_corrections(
                record_id=record_id,
                wishes=[wish],
                because=because,
                by=by,
                granted=granted,
                bundle=done.bundle,
            )
        except Problem as problem:
            if problem.code == "reason_missing":
                raise
            done.refused.append(problem)
    return done


def _written(form: Form, other: OtherText, user: User) -> Any:
    """The rows that answer both, with the text as it is compared in `words`."""
    dataset = dataset_of_form(form)
    table = next((t for t in dataset.tables if t.path == other.text.repeat), None)
    rows = visible_rows(form, table or find_table(dataset, ""), user)
    text = Lower(Trim(KeyTextTransform(other.text.key, "values")))
    return rows.filter(
        **{f"values__{other.text.key}__isnull": False, f"values__{other.choice.key}__isnull": False}
    ).annotate(words=text)
