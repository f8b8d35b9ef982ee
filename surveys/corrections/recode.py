"""recode: of all records that give one text for "other", the code that means the same."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Lower, Trim

from backend.accounts.models import User
from backend.problems import Problem
from backend.said import Said
from surveys.cleaning.models import CleanRow
from surveys.corrections.models import Correction
from surveys.corrections.others import OtherText, other_texts, recoded
from surveys.corrections.propose import Because, Wish, propose_corrections
from surveys.corrections.standing import form_of_version
from surveys.corrections.suggest import Earlier, Suggester, Suggestion
from surveys.corrections.visible import hides, visible_corrections
from surveys.datasets.tables import dataset_of_form, find_table, visible_rows
from surveys.privacy.models import Unmasking
from surveys.xforms.models import Form, schema_of_version

MOST_TEXTS = 300


@dataclass(frozen=True, slots=True)
class Text:
    """What was written, as it is compared, and how many gave it."""

    words: str
    count: int


def others_of(form: Form) -> list[OtherText]:
    """Of the version that tablets get now."""
    if form.current_id is None:
        return []
    known = form_of_version(form.current_id).questionnaire
    root = f"/{known.instance.tag}/"
    relevant = {path.removeprefix(root): bind.relevant for path, bind in known.binds.items()}
    return other_texts(schema_of_version(form.current_id), relevant)


def find_other(form: Form, path: str) -> OtherText:
    """The question whose text stands at `path`. Raises `Problem("question_unknown")`."""
    found = next((each for each in others_of(form) if each.text.path == path), None)
    if found is None:
        raise Problem("question_unknown", path=path[:300])
    return found


def texts_of(form: Form, other: OtherText, user: User, granted: Unmasking | None) -> list[Text]:
    """The texts that were given, the most frequent first. Raises `Problem("field_masked")`."""
    check_shown(other, user, granted)
    rows = answers_of(form, other, user).values("words").annotate(count=Count("pk"))
    return [
        Text(row["words"], row["count"]) for row in rows.order_by("-count", "words")[:MOST_TEXTS]
    ]


def check_shown(other: OtherText, user: User, granted: Unmasking | None) -> None:
    """Raises `Problem("field_masked")`."""
    if hides(user, other.text, granted) or hides(user, other.choice, granted):
        raise Problem("field_masked", field=other.text.key)


def check_code(other: OtherText, code: str) -> None:
    """Raises `Problem("value_invalid")`."""
    if code == other.code or code not in {choice.name for choice in other.choice.choices}:
        raise Problem("value_invalid", field="code", reason=Said("is not another choice"))


def answers_of(form: Form, other: OtherText, user: User, words: Sequence[str] = ()) -> Any:
    """The rows that answer both, with the text as it is compared in `words`; with these only."""
    dataset = dataset_of_form(form)
    table = next((t for t in dataset.tables if t.path == other.text.repeat), None)
    rows = visible_rows(form, table or find_table(dataset, ""), user)
    text = Lower(Trim(KeyTextTransform(other.text.key, "values")))
    rows = rows.filter(
        **{f"values__{other.text.key}__isnull": False, f"values__{other.choice.key}__isnull": False}
    ).annotate(words=text)
    return rows.filter(words__in=list(words)) if words else rows


def recode_answer(
    row: CleanRow,
    other: OtherText,
    code: str,
    *,
    because: Because,
    by: User,
    granted: Unmasking | None,
    bundle: UUID,
) -> list[Correction]:
    """Proposes it for one answer. Raises `Problem` as `propose_corrections` does."""
    new = recoded(row.values[other.choice.key], other.code, code)
    wish = Wish(row.pk, other.choice.path, new, action=Correction.Action.RECODE)
    return propose_corrections(
        record_id=row.record_id,
        wishes=[wish],
        because=because,
        by=by,
        granted=granted,
        bundle=bundle,
    )


def suggestions_of(
    form: Form, other: OtherText, user: User, texts: Sequence[Text]
) -> dict[str, Suggestion]:
    """Text → the choice that it probably means. The caller has checked that the texts are shown."""
    suggester = Suggester(other.choice.choices, _earlier(form, other, user), other.code)
    found = {text.words: suggester.suggest(text.words) for text in texts}
    return {words: each for words, each in found.items() if each is not None}


def _earlier(form: Form, other: OtherText, user: User) -> Iterator[Earlier]:
    """What texts were recoded to by corrections that hold, in one query."""
    text = Lower(Trim(KeyTextTransform(other.text.key, "verbatim")))
    rows = CleanRow.objects.filter(pk=OuterRef("row_id")).annotate(text=text)
    recodes = visible_corrections(user).filter(
        form=form,
        path=other.choice.path,
        action=Correction.Action.RECODE,
        state=Correction.State.APPLIED,
    )
    told = recodes.annotate(words=Subquery(rows.values("text")[:1])).exclude(words=None)
    for words, old, new, times in told.values_list("words", "old", "new").annotate(n=Count("pk")):
        for code in set(new.split()) - set(old.split()):
            yield Earlier(words, code, times)
