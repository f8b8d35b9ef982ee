"""Finding: one thing wrong or odd in a workbook, with its place. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from backend.said import Said

MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """`row` is the spreadsheet's own number; None where the whole sheet or form is meant."""

    words: Said
    sheet: str = ""
    row: int | None = None
    column: str = ""

    @property
    def place(self) -> str:
        """`survey, row 12, column name`; empty when the finding is about the whole workbook."""
        parts = [self.sheet]
        parts += [f"row {self.row}"] if self.row else []
        parts += [f"column {self.column}"] if self.column else []
        return ", ".join(part for part in parts if part)

    def __str__(self) -> str:
        return f"{self.place}: {self.words}" if self.place else str(self.words)

    def as_json(self) -> dict[str, Any]:
        """To be kept: the words in English, and what a page translates them from."""
        return {**asdict(self), "said": self.words.as_json()}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        words = Said.from_json(kept.get("said") or kept["words"])
        return cls(words, kept["sheet"], kept["row"], kept["column"])


def shorten(findings: Sequence[Finding]) -> list[Finding]:
    """The first of very many, and how many more there are: nobody reads the thousandth."""
    shown, more = list(findings[:MOST_SHOWN]), len(findings) - MOST_SHOWN
    return [*shown, Finding(Said("… and {more} more.", more=more))] if more > 0 else shown


class WorkbookError(Exception):
    """The file is no workbook we can open. `code` and `details` are those of a Problem."""

    def __init__(self, code: str, /, **details: object) -> None:
        self.code = code
        self.details = details
        super().__init__(f"{code}: {details}")


class XlsformError(Exception):
    """The workbook is no form that can be published; every finding says where and why."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        super().__init__("; ".join(str(finding) for finding in findings))
