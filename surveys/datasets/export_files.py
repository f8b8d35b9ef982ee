"""The kinds of files: how each is written from a reading, and how it is counted again."""

import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path

from django.utils.translation import gettext_noop as _

from backend.said import Said
from surveys.datasets.export_maps import features_of
from surveys.datasets.export_sheets import Reading, Watch, about, data_sheets, words_sheets
from surveys.datasets.export_tables import (
    Written,
    beside,
    write_codebook_alone,
    write_parquets,
    write_statistics,
)
from surveys.datasets.files.codebooks import Codebook
from surveys.datasets.files.maps import count_geojson, count_kml, write_geojson, write_kml
from surveys.datasets.files.readstat import count_table
from surveys.datasets.files.sheets import Sheet
from surveys.datasets.files.text_sheets import TextSheet
from surveys.datasets.files.to_csv import count_csv_rows, write_csv_zip
from surveys.datasets.files.to_ddi import count_ddi, write_ddi
from surveys.datasets.files.to_html import write_html
from surveys.datasets.files.to_parquet import count_parquet
from surveys.datasets.files.to_xlsx import count_xlsx_rows, write_xlsx
from surveys.datasets.files.variables import MISSING_LABELS
from surveys.datasets.languages import code_of
from surveys.datasets.models import Export

Sheets = Iterator[Sheet | TextSheet]
DDI, HTML = "ddi.xml", "codebook.html"


@dataclass(frozen=True, slots=True)
class Job:
    """One export on its way to a file."""

    export: Export
    reading: Reading
    path: Path
    as_of: datetime
    watch: Watch  # sees every block of rows go by
    alive: Callable[[], None]  # called while no rows are read

    def about(self, notes: list[Said]) -> dict[str, str]:
        """One word a line; words that come twice are set side by side."""
        said: dict[str, str] = {}
        for name, value in about(self.export, self.reading, self.as_of, notes):
            said[name] = f"{said[name]}; {value}" if name in said else str(value)
        return said


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: what people call it, how it is made and how counted."""

    words: str
    write: Callable[[Job], Written]
    count: Callable[[Path], dict[str, int]]


def _csv(job: Job) -> Written:
    words = words_sheets(job.export, job.reading, job.as_of)
    sheets: Sheets = chain(data_sheets(job.reading, job.watch), words)
    return Written(write_csv_zip(job.path, sheets, separator=job.export.separator))


def _xlsx(job: Job) -> Written:
    notes: list[Said] = []
    words = words_sheets(job.export, job.reading, job.as_of, notes)
    sheets: Sheets = chain(data_sheets(job.reading, job.watch), words)
    return Written(write_xlsx(job.path, sheets, notes=notes), notes)


def _statistics(job: Job) -> Written:
    written = write_statistics(job.path, job.export.kind, job.reading, job.watch, job.alive)
    return _with_codebook(job, written)


def _parquet(job: Job) -> Written:
    return write_parquets(job.path, job.reading, job.watch, job.about([]))


def _codebook(job: Job) -> Written:
    return _with_codebook(job, write_codebook_alone(job.reading, job.watch))


def _geojson(job: Job) -> Written:
    features = features_of(job.reading, job.watch)
    found = write_geojson(job.path, features, job.about([]))
    return Written(found, tables=found or dict.fromkeys(job.reading.counts, 0))


def _kml(job: Job) -> Written:
    features = features_of(job.reading, job.watch)
    notes: list[Said] = []
    found = write_kml(job.path, features, job.about([]), notes)
    return Written(found, notes, tables=found or dict.fromkeys(job.reading.counts, 0))


def _with_codebook(job: Job, written: Written) -> Written:
    dataset, language = job.reading.dataset, job.reading.language
    book = Codebook(
        form_id=dataset.form_id,
        title=dataset.title,
        version=dataset.version,
        made_on=job.as_of.date().isoformat(),
        languages=dataset.languages,
        language=language,
        about=tuple(job.about(written.notes).items()),
        files=tuple(written.codebook),
        missing_labels=MISSING_LABELS.get(code_of(language), MISSING_LABELS["en"]),
    )
    with beside(job.path, DDI) as path:
        written.found[DDI] = write_ddi(path, book)
    with beside(job.path, HTML) as path:
        write_html(path, book)
    return written


def _count_zip(path: Path) -> dict[str, int]:
    """What each file in the zip holds, each read back from a copy beside it."""
    counts: dict[str, int] = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            one = path.with_name(f"{path.name}.{name}")
            try:
                with archive.open(name) as packed, one.open("wb") as unpacked:
                    shutil.copyfileobj(packed, unpacked, 1 << 20)
                if count := COUNTERS.get(one.suffix):
                    counts[name] = count(one)
            finally:
                one.unlink(missing_ok=True)
    return counts


COUNTERS: Mapping[str, Callable[[Path], int]] = {
    ".dta": count_table,
    ".sav": count_table,
    ".parquet": count_parquet,
    ".xml": count_ddi,
}
KINDS: Mapping[str, Kind] = {
    "xlsx": Kind(_("Excel workbook (XLSX)"), _xlsx, count_xlsx_rows),
    "csv": Kind(_("CSV files in a zip"), _csv, count_csv_rows),
    "dta": Kind(_("Stata (.dta) in a zip"), _statistics, _count_zip),
    "sav": Kind(_("SPSS (.sav) in a zip"), _statistics, _count_zip),
    "parquet": Kind(_("Parquet in a zip"), _parquet, _count_zip),
    "geojson": Kind(_("Map: GeoJSON"), _geojson, count_geojson),
    "kml": Kind(_("Map: KML for Google Earth"), _kml, count_kml),
    "ddi": Kind(_("Codebook: DDI 2.5 and HTML"), _codebook, _count_zip),
}
