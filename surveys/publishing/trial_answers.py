"""A test record beside the questions of its draft."""

from dataclasses import dataclass

from surveys.cleaning.answers import Row, make_plan, read_answers
from surveys.publishing.models import TrialRecord
from surveys.submissions.instance import InstanceError, parse_instance
from surveys.xforms.schema import Field, Schema


@dataclass(frozen=True, slots=True)
class TrialAnswer:
    """As sent; `words` are the labels of what was chosen. `read` is False where it does not fit."""

    label: str
    key: str
    sent: str
    words: str
    read: bool


@dataclass(frozen=True, slots=True)
class TrialTable:
    """The root, or one row of a repeat by its name."""

    name: str
    answers: tuple[TrialAnswer, ...]


def answers_of(trial: TrialRecord, schema: Schema) -> list[TrialTable]:
    """What was answered, in form order; nothing where the record could not be read."""
    if trial.problem:
        return []
    try:
        root = parse_instance(bytes(trial.raw_xml)).root
    except InstanceError:
        return []
    rows = read_answers(root, make_plan(schema)).rows
    names = {repeat.path: repeat.name for repeat in schema.repeats}
    return [TrialTable(names.get(row.repeat, ""), tuple(_answers(row, schema))) for row in rows]


def _answers(row: Row, schema: Schema) -> list[TrialAnswer]:
    language = schema.languages[0]
    return [
        TrialAnswer(
            label=field.labels.get(language, ""),
            key=field.key,
            sent=sent,
            words=_chosen(field, sent, language),
            read=field.key in row.values,
        )
        for field in schema.table(row.repeat)
        if (sent := row.verbatim.get(field.key, ""))
    ]


def _chosen(field: Field, sent: str, language: str) -> str:
    labels = {choice.name: choice.labels.get(language, "") for choice in field.choices}
    return ", ".join(filter(None, (labels.get(name, "") for name in sent.split())))
