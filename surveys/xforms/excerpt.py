"""The row of a spreadsheet that a finding is about, to be shown with its bad cell marked. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from surveys.xforms.findings import Finding
from surveys.xforms.sheets import Sheet, Sheets

MOST_COLUMNS = 7
MOST_LETTERS = 80  # of a cell


@dataclass(frozen=True, slots=True)
class Cell:
    header: str
    text: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A finding with what stands at its place; `cells` is empty where it has no row or column.

    `row_bad` says that the finding means the whole row.
    """

    finding: Finding
    cells: tuple[Cell, ...] = ()
    row_bad: bool = False

    def as_json(self) -> dict[str, Any]:
        """To be kept with a draft."""
        return {**asdict(self), "finding": self.finding.as_json()}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        cells = tuple(Cell(**cell) for cell in kept["cells"])
        return cls(Finding.from_json(kept["finding"]), cells, kept["row_bad"])


def excerpts(sheets: Sheets | None, findings: Sequence[Finding]) -> list[Excerpt]:
    """Each finding with its row; None for `sheets` where the workbook cannot be opened."""
    return [excerpt(sheets, finding) for finding in findings]


def excerpt(sheets: Sheets | None, finding: Finding) -> Excerpt:
    """The filled cells around the bad one, in the order of the sheet, long ones cut."""
    found = (each for each in sheets.each() if each.name == finding.sheet) if sheets else iter(())
    sheet = next(found, None)
    if sheet is None or not (finding.row or finding.column):
        return Excerpt(finding)
    cells = _row_cells(sheet, finding.row)
    headers = _shown(sheet, cells, finding.column)
    shown = tuple(Cell(h, _cut(cells.get(h, "")), h == finding.column) for h in headers)
    return Excerpt(finding, shown, row_bad=not finding.column)


def _row_cells(sheet: Sheet, number: int | None) -> dict[str, str]:
    if number == 1:
        return {header: header for header in sheet.headers}
    return next((dict(row.cells) for row in sheet.rows if row.number == number), {})


def _shown(sheet: Sheet, cells: dict[str, str], bad: str) -> list[str]:
    """The bad column, last where the sheet has none, and the first others that are filled."""
    filled = [h for h in sheet.headers if cells.get(h, "").strip() or h == bad]
    others = [h for h in filled if h != bad][: MOST_COLUMNS - 1]
    shown = [h for h in filled if h == bad or h in others]
    return shown if bad in shown or not bad else [*shown, bad]


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1] + "…"
