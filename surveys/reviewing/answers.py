"""A record's answers as a reviewer reads them: in form order, repeats row by row.

Which values are shown, `surveys/privacy/access.py` decides, as everywhere.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow, QualityFlag
from surveys.corrections.asked import Place, is_correctable
from surveys.corrections.listing import text_words
from surveys.datasets.columns import Column, Dataset, Table
from surveys.datasets.labels import asked_in, label_of, row_label
from surveys.datasets.noted import noted
from surveys.datasets.tables import Row, Shape, read_columns, shape_of, words_of
from surveys.privacy.flags import flags_for
from surveys.privacy.models import Unmasking
from surveys.submissions.models import ReviewStep
from surveys.submissions.review import schema_of_head


@dataclass(frozen=True, slots=True)
class Said:
    """What a reviewer said about one question."""

    step: ReviewStep
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One question of one row. `path` names the row too: `roster/member[2]/age`."""

    path: str
    name: str
    label: str
    words: str
    answered: bool
    masked: bool
    flags: Sequence[QualityFlag] = ()  # that are not settled
    said: Sequence[Said] = ()
    at: Place | None = None  # where it is corrected; None where it is not by itself
    sent: str | None = None  # what the tablet sent, where a correction holds

    @property
    def corrected(self) -> bool:
        return self.sent is not None

    @property
    def stands_out(self) -> bool:
        """Worth a line even where nothing was answered."""
        return bool(self.answered or self.masked or self.flags or self.said or self.corrected)


@dataclass(frozen=True, slots=True)
class Section:
    """The root of a record, or one row of a repeat."""

    title: str
    path: str
    answers: Sequence[Answer]

    @property
    def shown(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.stands_out]

    @property
    def unanswered(self) -> list[Answer]:
        return [answer for answer in self.answers if not answer.stands_out]


@dataclass(frozen=True)
class RecordReader:
    """One record for one reader, in one language; `granted` is what `unmask` gave, if asked."""

    record: CleanRow
    dataset: Dataset
    user: User
    language: str
    granted: Unmasking | None = None
    steps: Sequence[ReviewStep] = ()  # whose comments are shown beside the answers

    def sections(self) -> list[Section]:
        """The root, then each row of a repeat after the row it belongs to."""
        rows = CleanRow.objects.filter(record_id=self.record.pk)
        repeat_of = dict(rows.values_list("pk", "repeat"))
        below: dict[UUID | None, list[Row]] = defaultdict(list)
        for row in read_columns(rows, with_sent=True):
            below[row["parent_id"]].append({**row, "repeat": repeat_of[row["id"]]})
        order = [table.path for table in self.dataset.tables]
        for siblings in below.values():
            siblings.sort(key=lambda row: (order.index(row["repeat"]), row["index"]))
        return [section for root in below[None] for section in self._walk(root, "", "", below)]

    def label(self, path: str) -> str:
        """What the form calls the question at this path."""
        found = label_of(self.dataset, path, self.language)
        return noted(found, otherwise=found)

    def _walk(
        self, row: Row, path: str, title: str, below: Mapping[UUID | None, Sequence[Row]]
    ) -> Iterator[Section]:
        table = self._tables[row["repeat"]]
        if table.path:
            path += f"{table.path.removeprefix(table.parent)}[{row['index']}]"
            path = path.removeprefix("/")
            name = row_label(table, row["index"], self.language)
            title = " · ".join(filter(None, [title, name]))
        yield Section(title, path, list(self._answers(table, row, path)))
        for child in below[row["id"]]:
            yield from self._walk(child, path, title, below)

    def _answers(self, table: Table, row: Row, path: str) -> Iterator[Answer]:
        shape, given = self._shape(table), orjson.loads(row["answers"])
        sent = orjson.loads(row["sent"])
        record = shape.record(row)
        for column in self._asked(table, given):
            key = column.field.key
            at, *before = self._paths(table, column, path)
            masked = key in shape.masked
            yield Answer(
                path=at,
                name=column.name,
                label=asked_in(column.field.labels, self.language) or noted(column.name),
                words=words_of(record[column.name]),
                answered=key in given and not masked,
                masked=masked,
                flags=[flag for each in (at, *before) for flag in self._flags.get(each, ())],
                said=[said for each in (at, *before) for said in self._said.get(each, ())],
                at=None if masked else _where(row, column),
                sent=None if masked else self._sent(column, sent),
            )

    def _sent(self, column: Column, sent: Mapping[str, str | None]) -> str | None:
        key = column.field.key
        if f"={key}" not in sent:
            return None
        return text_words(column, sent.get(key) or "", self.language)

    def _asked(self, table: Table, given: Mapping[str, Any]) -> Iterable[Column]:
        """The questions of the version that was filled, and whatever else was answered."""
        asked = self._paths_then
        return (
            c for c in table.columns if (table.path, c.field.key) in asked or c.field.key in given
        )

    def _paths(self, table: Table, column: Column, row: str) -> Iterator[str]:
        """Where the question stands in a row, and where the record's version had it, if elsewhere:
        there its flags and what was said of it are."""
        now = column.field.path
        for path in dict.fromkeys((now, self._paths_then.get((table.path, column.field.key), now))):
            yield (row + path.removeprefix(table.path)).removeprefix("/")

    @cached_property
    def _paths_then(self) -> dict[tuple[str, str], str]:
        """Repeat and key → path, in the version that was filled."""
        schema = schema_of_head(self.record.submission)
        return {(f.repeat, f.key): f.path for f in schema.fields} if schema else {}

    def _shape(self, table: Table) -> Shape:
        return shape_of(
            self.dataset, table, self.user, granted=self.granted, language=self.language
        )

    @cached_property
    def _tables(self) -> dict[str, Table]:
        return {table.path: table for table in self.dataset.tables}

    @cached_property
    def flags(self) -> list[QualityFlag]:
        return list(
            self.record.submission.flags.filter(flags_for(self.user)).order_by("path", "code")
        )

    @cached_property
    def _flags(self) -> dict[str, list[QualityFlag]]:
        found = defaultdict(list)
        for flag in self.flags:
            if flag.settled_at is None:
                found[flag.path].append(flag)
        return found

    @cached_property
    def _said(self) -> dict[str, list[Said]]:
        found = defaultdict(list)
        for step in self.steps:
            for comment in step.comments:
                found[comment["path"]].append(Said(step, comment["text"]))
        return found


def _where(row: Row, column: Column) -> Place | None:
    if not is_correctable(column.field):
        return None
    return Place(row["id"], column.field.path, is_root=not row["parent_id"])
