"""Blocks of cells → one .dta (118) or .sav file by pyreadstat, in flat memory. Pure.

pyreadstat takes a data frame and asks it for its columns, its length and its rows. It is given a
frame that reads its rows from a spool on the disk, so that a million rows need no more memory
than a thousand; only different texts above 2,045 bytes of a .dta are held by ReadStat itself.
"""

import marshal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import narwhals.stable.v2 as nw
import pyreadstat
from narwhals import Implementation

from backend.said import Said
from surveys.datasets.files.sheets import CannotHold
from surveys.datasets.files.variables import (
    LABEL_CHARACTERS,
    SPSS,
    STATA,
    Code,
    Codes,
    Flavor,
    Losses,
    Missing,
    Variable,
)

STATA_14 = 14  # writes version 118: UTF-8, and read by every Stata since 2015
SAV_BYTES = 32_767  # of a text
LABELLED = 31  # characters; ReadStat refuses value labels of a longer name in a .dta
CUT = " …[cut]"
# What ReadStat says when the disk or the memory is at fault; all else is the same at each try.
PASSING = frozenset({"open file", "write data", "seek within file", "allocate memory"})
Block = tuple[Codes, ...]


class Spool:
    """Blocks of rows on the disk, gone when closed. Notes the longest text of each column."""

    def __init__(
        self, folder: Path, texts: Sequence[bool], alive: Callable[[], None] = lambda: None
    ) -> None:
        self.alive = alive  # called at each block that is read
        self.file: BinaryIO = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  closed by close
        self.texts = texts
        self.longest = [""] * len(texts)
        self.rows = 0

    def add(self, block: Block) -> None:
        for at, column in enumerate(block):
            if self.texts[at]:
                longest = max(filter(None, set(column)), key=_bytes, default="")
                self.longest[at] = max(str(longest), self.longest[at], key=_bytes)
        self.rows += len(block[0])
        marshal.dump(block, self.file)

    def blocks(self) -> Iterator[Block]:
        self.file.seek(0)
        while True:
            self.alive()
            try:
                yield marshal.load(self.file)  # noqa: S302  written by this process a moment ago
            except EOFError:
                return

    def column(self, at: int) -> Iterator[Code]:
        for block in self.blocks():
            yield from block[at]

    def close(self) -> None:
        self.file.close()


def write_table(
    path: Path,
    spool: Spool,
    variables: Sequence[Variable],
    flavor: Flavor,
    *,
    label: str,
    missing_labels: Sequence[str],
) -> None:
    """Writes the rows of a spool.

    Raises OSError where the disk is full, CannotHold where the kind of file has no room for it.
    """
    value_labels = {v.name: _value_labels(v, flavor, missing_labels) for v in variables}
    words: dict[str, Any] = {
        "file_label": cut(label, flavor.label_bytes, LABEL_CHARACTERS),
        "column_labels": {v.name: _label(v, flavor) for v in variables},
        "variable_value_labels": {name: found for name, found in value_labels.items() if found},
        "variable_format": {v.name: f for v in variables if (f := flavor.formats.get(v.type))},
    }
    gapped = [v.name for v in variables if not v.is_text and v.keeps_gaps]
    frame = _Frame(spool, variables)
    try:
        if flavor is SPSS:
            lowest, highest = Missing.UNREADABLE.value[1], Missing.NOT_ASKED.value[1]
            ranges: dict[str, list[Any]] = {
                name: [{"lo": lowest, "hi": highest}] for name in gapped
            }
            measures = {v.name: _measure(v) for v in variables}
            pyreadstat.write_sav(
                frame,
                path,
                row_compress=True,
                missing_ranges=ranges,
                variable_measure=measures,
                **words,
            )
        else:
            letters = {name: [why.value[0] for why in Missing] for name in gapped}
            pyreadstat.write_dta(
                frame, path, version=STATA_14, missing_user_values=letters, **words
            )
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError) as error:
        if any(f"Unable to {what}" in str(error) for what in PASSING):
            raise OSError(str(error)) from error
        raise CannotHold(str(error)) from error


def count_table(path: Path) -> int:
    """Rows that the file says it has, when its last row is there. Raises ReadstatError."""
    read = pyreadstat.read_sav if path.suffix == ".sav" else pyreadstat.read_dta
    _, about = read(path, metadataonly=True)
    rows = int(about.number_rows or 0)
    if rows:
        last, _ = read(path, row_offset=rows - 1, row_limit=2, output_format="dict")
        rows = rows - 1 + len(next(iter(last.values())))
    return rows


def shorten(column: Codes, variable: str, losses: Losses) -> Codes:
    """SPSS takes 32,767 bytes of a text: longer ones end with `…[cut]` and are counted."""
    if max((len(c) for c in column if isinstance(c, str)), default=0) * 4 <= SAV_BYTES:
        return column
    return [_shortened(cell, variable, losses) for cell in column]


def _shortened(cell: Code, variable: str, losses: Losses) -> Code:
    if not isinstance(cell, str) or _bytes(cell) <= SAV_BYTES:
        return cell
    losses.note(variable, Said("texts are cut at {most} bytes", most=f"{SAV_BYTES:,}"))
    return cut(cell, SAV_BYTES, end=CUT)


def cut(text: str, most_bytes: int, most_characters: int | None = None, end: str = "…") -> str:
    """The text, or its beginning and `end` where it is too long."""
    if len(text) <= (most_characters or len(text)) and _bytes(text) <= most_bytes:
        return text
    begin = text[: (most_characters or len(text)) - len(end)].encode()[: most_bytes - _bytes(end)]
    return begin.decode(errors="ignore") + end


class _Peek:
    """A column as pyreadstat inspects it: its type, and the longest text to come."""

    def __init__(self, variable: Variable, longest: str) -> None:
        self.name = variable.name
        self.dtype = nw.String() if variable.is_text else nw.Object()
        self.sample = [longest if variable.is_text else 0.0]

    def null_count(self) -> int:
        return 1  # there may be empty cells: pyreadstat then looks for None in each row

    def drop_nulls(self) -> "_Peek":
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(self.sample)

    def __len__(self) -> int:
        return len(self.sample)

    def __getitem__(self, at: int) -> Any:
        return self.sample[at]


class _Frame(nw.DataFrame[Any]):
    """What pyreadstat asks of a data frame, answered from a spool."""

    # the other choice, pandas, would be asked for its ways to say that a cell is empty
    implementation: Any = Implementation.POLARS

    def __init__(self, spool: Spool, variables: Sequence[Variable]) -> None:
        self._spool = spool
        self._names = [variable.name for variable in variables]
        self._peeks = list(map(_Peek, variables, spool.longest))

    @property
    def columns(self) -> list[str]:
        return self._names

    def __native_namespace__(self) -> Any:
        return nw

    def __len__(self) -> int:
        return self._spool.rows

    def iter_columns(self) -> Iterator[Any]:
        return iter(self._peeks)

    def iter_rows(self, **_: Any) -> Iterator[Any]:
        for block in self._spool.blocks():
            yield from zip(*block, strict=True)

    def __getitem__(self, name: Any) -> Any:
        """The texts of a column that is asked for whole: one with texts above 2,045 bytes."""
        cells = self._spool.column(self._names.index(name))
        return (cell for cell in cells if cell is not None)


def _value_labels(
    variable: Variable, flavor: Flavor, missing_labels: Sequence[str]
) -> dict[Code, str]:
    if variable.is_text or (flavor is STATA and len(variable.name) > LABELLED):
        return {}
    labels: dict[Code, str] = {float(n): words for n, words in variable.value_labels.items()}
    if variable.keeps_gaps:
        labels |= {flavor.missing(w): t for w, t in zip(Missing, missing_labels, strict=True)}
    return {n: cut(words, flavor.value_label_bytes) for n, words in labels.items()}


def _label(variable: Variable, flavor: Flavor) -> str:
    characters = None if flavor is SPSS else LABEL_CHARACTERS
    return cut(variable.label, flavor.label_bytes, characters)


def _measure(variable: Variable) -> str:
    return "scale" if variable.type in {"number", "whole", "date", "moment", "time"} else "nominal"


def _bytes(text: Any) -> int:
    return len(text.encode())
