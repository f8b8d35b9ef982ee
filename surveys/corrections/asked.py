"""One answer of a record on the page that corrects it: what stands there, and how it is asked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import get_language

from backend.accounts.models import User
from backend.problems import Problem
from backend.said import Said
from surveys.cleaning.answers import MEDIA_TYPES
from surveys.cleaning.models import CleanRow
from surveys.corrections.listing import text_words
from surveys.corrections.visible import hides
from surveys.datasets.codebook import label_in
from surveys.datasets.columns import Column, Dataset, Table
from surveys.datasets.labels import asked_in
from surveys.datasets.missing import standing_text
from surveys.datasets.tables import dataset_of_form
from surveys.privacy.models import Unmasking
from surveys.xforms.schema import Field

INPUTS = {"integer": "number", "decimal": "number", "date": "date", "time": "time"}


@dataclass(frozen=True, slots=True)
class Place:
    """Which answer: its row and the path of its field; as the page's `at` says it.

    The root of a record needs no id: the address has it.
    """

    row_id: UUID
    path: str
    is_root: bool = False

    def __str__(self) -> str:
        return self.path if self.is_root else f"{self.row_id} {self.path}"


@dataclass(frozen=True, slots=True)
class Asked:
    place: Place
    column: Column
    row_label: str
    label: str
    now: str  # text
    now_words: str
    choices: Sequence[tuple[str, str]]

    @property
    def kind(self) -> str:
        return INPUTS.get(self.column.field.type, "text")

    @property
    def several(self) -> bool:
        return self.column.field.type == "select_multiple"

    @property
    def chosen(self) -> list[str]:
        return self.now.split() if self.several else [self.now]


def is_correctable(field: Field) -> bool:
    """Whether people answer it; what was chosen from a list of tablets, `propose.py` says."""
    return not field.calculated and field.type not in MEDIA_TYPES


def read_places(texts: Iterable[str], record_id: UUID) -> list[Place]:
    """Raises `Problem("request_malformed")`."""
    found: dict[tuple[UUID, str], Place] = {}
    for text in texts:
        row, _, path = text.rpartition(" ")
        try:
            row_id = UUID(row) if row else record_id
        except ValueError:
            raise Problem("request_malformed", reason=Said("The page names no answer.")) from None
        found[row_id, path] = Place(row_id, path, is_root=row_id == record_id)
    return list(found.values())


def asked_at(
    places: Sequence[Place], record: CleanRow, user: User, granted: Unmasking | None
) -> list[Asked]:
    """Raises `Problem`: `not_found` for a row of another record, `question_unknown`,
    `field_masked`."""
    dataset = dataset_of_form(record.form)
    rows = CleanRow.objects.filter(record_id=record.pk, pk__in={p.row_id for p in places})
    by_id = {row.pk: row for row in rows}
    if any(place.row_id not in by_id for place in places):
        raise Problem("not_found")
    return [_asked(place, by_id[place.row_id], dataset, user, granted) for place in places]


def _asked(
    place: Place, row: CleanRow, dataset: Dataset, user: User, granted: Unmasking | None
) -> Asked:
    table = next((t for t in dataset.tables if t.path == row.repeat), dataset.root)
    asked = dataset.asked_at.get(place.path, ())
    column = next((c for c in asked if c in table.columns), None)
    if column is None:
        raise Problem("question_unknown", path=place.path[:300])
    if hides(user, column.field, granted):
        raise Problem("field_masked", field=column.name)
    language = dataset.language(get_language() or "en") or dataset.languages[0]
    sent: Mapping[str, str | None] = row.verbatim
    now = (standing_text(sent, column.field.key) or "").strip()
    return Asked(
        place=place,
        column=column,
        row_label=_row_label(table, row, language),
        label=asked_in(column.field.labels, language) or column.name,
        now=now,
        now_words=text_words(column, now, language),
        choices=list(column.choice_labels(language).items()),
    )


def _row_label(table: Table, row: CleanRow, language: str) -> str:
    if not table.path:
        return ""
    return f"{label_in(table.labels, language) or table.name} {row.index}"
