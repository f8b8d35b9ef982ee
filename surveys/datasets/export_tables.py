"""Exports as typed tables, a file for each in one zip: Stata, SPSS, Parquet; and the codebook."""

import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.utils import timezone

from backend.said import Said
from surveys.datasets.blocks import Block
from surveys.datasets.columns import Column
from surveys.datasets.export_sheets import Part, Reading, Watch, cell_columns
from surveys.datasets.files.codebooks import CodebookFile
from surveys.datasets.files.encoders import Encoder
from surveys.datasets.files.readstat import Spool, shorten, write_table
from surveys.datasets.files.summary import Summary
from surveys.datasets.files.to_parquet import write_parquet
from surveys.datasets.files.variables import SPSS, STATA, Code, Codes, Flavor, Losses, Missing
from surveys.datasets.variables import Encoding, column_encoder, entry_of, key_encoder

FLAVORS = {"dta": STATA, "sav": SPSS}


@dataclass(slots=True)
class Written:
    """What stands in a file: rows by name as it will be read back, and what it could not hold.

    `tables` says what people are told, where that is not the rows of each table.
    """

    found: dict[str, int] = field(default_factory=dict)
    notes: list[Said] = field(default_factory=list)
    tables: dict[str, int] = field(default_factory=dict)
    codebook: list[CodebookFile] = field(default_factory=list)


def write_statistics(
    path: Path, kind: str, reading: Reading, watch: Watch, alive: Callable[[], None]
) -> Written:
    """A zip of .dta or .sav files."""
    written = Written()
    for part in reading.parts:
        name = f"{part.file_name}.{kind}"
        coding = _Coding(part, reading, reading_encoding(reading, FLAVORS[kind]))
        with closing(Spool(path.parent, coding.texts, alive)) as spool:
            for block in watch(coding.blocks()):
                spool.add(coding.encode(block))
            with beside(path, name) as one:
                write_table(
                    one,
                    spool,
                    [summary.variable for summary in coding.summaries],
                    coding.encoding.flavor,
                    label=reading.dataset.title,
                    missing_labels=coding.encoding.missing_labels,
                )
            written.found[name] = spool.rows
        written.notes += coding.encoding.losses.sentences(name)
        written.codebook.append(coding.codebook_file(name, spool.rows))
    return written


def write_codebook_alone(reading: Reading, watch: Watch) -> Written:
    """What the codebook says of all rows, without the rows."""
    written = Written()
    for part in reading.parts:
        coding, rows = _Coding(part, reading, reading_encoding(reading, STATA)), 0
        for block in watch(coding.blocks()):
            coding.encode(block)
            rows += len(block)
        written.codebook.append(coding.codebook_file(part.name, rows))
    return written


def write_parquets(path: Path, reading: Reading, watch: Watch, about: dict[str, str]) -> Written:
    """A zip of Parquet files."""
    written = Written()
    for part in reading.parts:
        name = f"{part.file_name}.parquet"
        losses = Losses()
        columns = [(c.name, c.type) for c in cell_columns(part.shape, raw=reading.raw)]
        blocks = (block.columns for block in watch(part.blocks(raw=reading.raw)))
        with beside(path, name) as one:
            written.found[name] = write_parquet(one, columns, blocks, losses, about)
        written.notes += losses.sentences(name)
    return written


@contextmanager
def beside(path: Path, name: str) -> Iterator[Path]:
    """A file beside the zip that goes into it, under this name, when it is whole."""
    one = path.with_name(f"{path.name}.{name}")
    try:
        yield one
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            packed = zipfile.ZIP_STORED if one.suffix == ".parquet" else zipfile.ZIP_DEFLATED
            archive.write(one, name, compress_type=packed)
    finally:
        one.unlink(missing_ok=True)


def reading_encoding(reading: Reading, flavor: Flavor) -> Encoding:
    return Encoding(flavor, reading.language, timezone.get_current_timezone(), Losses())


class _Coding:
    """The encoders of one table, and what they saw."""

    def __init__(self, part: Part, reading: Reading, encoding: Encoding) -> None:
        self.part, self.encoding, self.raw = part, encoding, reading.raw
        shape = part.shape
        keys = [key_encoder(key, encoding) for key in shape.keys]
        columns = [column_encoder(column, encoding, raw=reading.raw) for column in shape.columns]
        self.encoders: list[Encoder] = [*keys, *columns]
        self.summaries = [Summary(v, encoding.flavor) for e in self.encoders for v in e.variables()]
        self.texts = [summary.variable.is_text for summary in self.summaries]

    def blocks(self) -> Iterator[Block]:
        return self.part.blocks(raw=self.raw, with_gaps=not self.raw)

    def encode(self, block: Block) -> tuple[Codes, ...]:
        cells: list[Codes] = []
        gaps = self._gaps(block)
        for encoder, values, gap in zip(self.encoders, block.columns, gaps, strict=True):
            cells += encoder.encode(values, gap)
        for at, summary in enumerate(self.summaries):
            summary.add(cells[at])
            if self.texts[at] and self.encoding.flavor is SPSS:
                cells[at] = shorten(cells[at], summary.variable.name, self.encoding.losses)
        return tuple(cells)

    def codebook_file(self, name: str, rows: int) -> CodebookFile:
        shape, summaries = self.part.shape, iter(self.summaries)
        columns = [*(None for _ in shape.keys), *shape.columns]
        entries = [
            entry_of(next(summaries), column, masked=self._is_masked(column))
            for encoder, column in zip(self.encoders, columns, strict=True)
            for _ in encoder.variables()
        ]
        return CodebookFile(name, self.part.name, rows, tuple(entries))

    def _is_masked(self, column: Column | None) -> bool:
        return column is not None and column.field.key in self.part.shape.masked

    def _gaps(self, block: Block) -> Iterator[Sequence[Code]]:
        """For each column what stands in its empty cells."""
        nothing: list[Code] = [None] * len(block)
        yield from (nothing for _ in self.part.shape.keys)
        if not block.gaps:
            yield from (nothing for _ in self.part.shape.columns)
        codes: dict[str, Code] = {"": None}
        codes |= {why.name.lower(): self.encoding.flavor.missing(why) for why in Missing}
        for kinds in block.gaps:
            yield [codes[kind] for kind in kinds]
