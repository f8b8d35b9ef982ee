"""The sheets of an XLSForm as rows with their numbers, and the tree of its survey. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from backend.said import Said
from surveys.xforms.findings import Finding

# Headers that mean the same (XLSForm's own older spellings).
_SAME = {
    "command": "type",
    "tag": "name",
    "value": "name",
    "caption": "label",
    "calculate": "calculation",
    "relevance": "relevant",
    "id_string": "form_id",
    "set_form_id": "form_id",
    "dataset": "list_name",
    "title": "form_title",
    "set_form_title": "form_title",
    "noapperrorstring": "no_app_error_string",
}
_BEGIN = re.compile(r"begin[ _](group|lgroup|repeat|loop|looped group)\b")
_END = re.compile(r"end[ _](group|lgroup|repeat|loop|looped group)$")
_REPEATS = frozenset({"repeat", "lgroup", "looped group"})
_IN_META = {"audit": "meta/audit"}


@dataclass(frozen=True, slots=True)
class Row:
    """`number` is the spreadsheet's; cells by header as written."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    headers: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()

    def column(self, name: str) -> str:
        """The header, as written, of the column that means `name`; empty when there is none."""
        return next((h for h in self.headers if meaning_of(h) == (name, "")), "")

    def languages(self, name: str) -> dict[str, str]:
        """The headers of a column that is written in several languages, by language."""
        meanings = ((h, *meaning_of(h)) for h in self.headers)
        return {language: h for h, meaning, language in meanings if meaning == name}

    def cell(self, row: Row, name: str) -> str:
        return row.cells.get(self.column(name), "")

    def finding(self, row: Row, name: str, words: Said) -> Finding:
        """What is wrong in one cell; the column as the author wrote it."""
        return Finding(words, self.name, row.number, self.column(name) or name)


@dataclass(frozen=True, slots=True)
class SurveyRow:
    """A row of the survey sheet in its tree: `path` below the root, `parent` the group's path."""

    row: Row
    type: str
    name: str
    parent: str
    begins: str = ""  # group or repeat
    ends: str = ""

    @property
    def path(self) -> str:
        if self.type in _IN_META:
            return _IN_META[self.type]
        return f"{self.parent}/{self.name}" if self.parent else self.name


@dataclass(frozen=True, slots=True)
class Sheets:
    survey: Sheet = field(default_factory=lambda: Sheet("survey"))
    choices: Sheet = field(default_factory=lambda: Sheet("choices"))
    settings: Sheet = field(default_factory=lambda: Sheet("settings"))
    entities: Sheet = field(default_factory=lambda: Sheet("entities"))

    def each(self) -> tuple[Sheet, ...]:
        return (self.survey, self.choices, self.settings, self.entities)

    def survey_rows(self) -> Iterator[SurveyRow]:
        """Rows that have a type, in the tree their begin and end rows draw."""
        parents: list[str] = []
        for row in self.survey.rows:
            type_ = " ".join(self.survey.cell(row, "type").split())
            name = self.survey.cell(row, "name").strip()
            if not type_:
                continue
            parent = parents[-1] if parents else ""
            ends = _kind(_END.match(type_))
            if ends:
                parents = parents[:-1]
                yield SurveyRow(row, type_, name, parent, ends=ends)
                continue
            found = SurveyRow(row, type_, name, parent, begins=_kind(_BEGIN.match(type_)))
            if found.begins:
                parents.append(found.path)
            yield found

    def privacy(self) -> dict[str, str]:
        """The classes that the survey sheet's `privacy` column gives, by path."""
        return {path: said.lower() for path, said in self._said("privacy").items()}

    def missing(self) -> dict[str, str]:
        """What the survey sheet's `missing` column says, by path."""
        return self._said("missing")

    def _said(self, name: str) -> dict[str, str]:
        column = self.survey.column(name)
        given = {r.path: r.row.cells.get(column, "").strip() for r in self.survey_rows()}
        return {path: said for path, said in given.items() if said}


def sheet(name: str, headers: Sequence[str], rows: Sequence[Mapping[str, str]]) -> Sheet:
    """Rows are numbered as a spreadsheet does: the headers stand in row 1."""
    numbered = tuple(Row(number, cells) for number, cells in enumerate(rows, start=2))
    return Sheet(name, tuple(headers), numbered)


def meaning_of(header: str) -> tuple[str, str]:
    """`Label::English (en)` → (`label`, `English (en)`)."""
    separator = "::" if "::" in header else ":"
    name, _, language = header.partition(separator)
    snake = "_".join(name.split()).lower()
    return _SAME.get(snake, snake), language.strip()


def _kind(found: re.Match[str] | None) -> str:
    if found is None:
        return ""
    return "repeat" if found[1] in _REPEATS else "group"
