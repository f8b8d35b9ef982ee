"""The development sample: invented households of three rounds with their truth, as files."""

import csv
import io
import lzma
from functools import cache
from pathlib import Path

from surveys.linkage.list_json import read_json_lines
from surveys.linkage.record import HouseholdRecord

FOLDER = Path(__file__).parents[2] / "data" / "linkage_sample"


def text_of(name: str) -> str:
    return lzma.decompress((FOLDER / f"{name}.xz").read_bytes()).decode()


def rows_of(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(name))))


def truth_of(name: str) -> dict[str, str]:
    return {row["record_id"]: row["cluster_id"] for row in rows_of(name)}


def write_submissions(folder: Path) -> Path:
    path = folder / "submissions.jsonl"
    path.write_text(text_of("submissions.jsonl"))
    return path


@cache
def records(folder: Path) -> tuple[HouseholdRecord, ...]:
    return read_json_lines(write_submissions(folder)).records
