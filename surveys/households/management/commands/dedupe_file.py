"""manage.py dedupe_file IN.(jsonl|csv|xlsx) OUT.csv [--links LINKS.csv]"""

import csv
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from surveys.linkage.dedupe import Deduped, dedupe
from surveys.linkage.list_columns import guess_columns, read_choice, with_choice
from surveys.linkage.list_json import is_json_lines, read_json_lines
from surveys.linkage.list_records import HouseholdList, read_rows
from surveys.linkage.list_rows import read_sheet
from surveys.linkage.model import pinned_model

CLUSTERS = ("record_id", "cluster_id")
LINKS = ("record_id_l", "record_id_r", "decision", "weight", "vetoes")


class Command(BaseCommand):
    help = "Finds the same households in a list of your own. Reads and writes files only."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", type=Path, metavar="IN", help="JSON lines, CSV or XLSX")
        parser.add_argument("target", type=Path, metavar="OUT.csv", help="record_id,cluster_id")
        parser.add_argument("--links", type=Path, help="pairs: merged, and to be looked at")
        parser.add_argument("--columns", default="", help="what is where: head_name=ФИО,phone=Тел.")
        parser.add_argument("--yes", action="store_true", help="do not ask about the columns")

    def handle(self, **given: Any) -> None:
        _demand_apart(given["source"], given["target"], given["links"])
        try:
            found = self._read(given["source"], given["columns"], given["yes"])
            done = dedupe(found.records, pinned_model())
            _write(given["target"], CLUSTERS, sorted_clusters(found, done))
            if given["links"]:
                _write(given["links"], LINKS, link_rows(done))
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        self._tell(found, done)

    def _read(self, source: Path, choice: str, yes: bool) -> HouseholdList:
        if is_json_lines(source):
            return read_json_lines(source)
        sheet = read_sheet(source)
        chosen = read_choice(choice, sheet.columns)
        columns = with_choice(guess_columns(sheet.columns), chosen)
        for kind, column in columns.items():
            self.stdout.write(f"{kind:>14}: {column}")
        ignored = [column for column in sheet.columns if column not in columns.values()]
        self.stdout.write(f"{'not read':>14}: {', '.join(ignored) or '-'}")
        if not yes and sys.stdin.isatty() and not _is_agreed():
            raise CommandError("Nothing was done. Say what is where with --columns.")
        return read_rows(sheet, columns, source)

    def _tell(self, found: HouseholdList, done: Deduped) -> None:
        for finding in found.findings:
            self.stderr.write(f"line {finding.line}: {finding.words}")
        review = sum(outcome.decision == "review" for outcome in done.outcomes)
        self.stdout.write(
            f"{len(found.records)} records, {len(set(done.clusters.values()))} households;"
            f" {review} pairs for a person to look at"
        )


def _demand_apart(*files: Path | None) -> None:
    """What is read is never written over, and nothing is written twice."""
    named = [path.resolve() for path in files if path is not None]
    if len(set(named)) < len(named):
        raise CommandError("IN, OUT.csv and LINKS.csv must be different files.")


def _is_agreed() -> bool:
    try:
        return input("Is this so? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def sorted_clusters(found: HouseholdList, done: Deduped) -> Iterable[tuple[str, str]]:
    """In the order of the file, each cluster named after its first record."""
    return ((record.record_id, done.clusters[record.record_id]) for record in found.records)


def link_rows(done: Deduped) -> Iterable[tuple[str, ...]]:
    for each in done.outcomes:
        vetoes = " ".join(each.vetoes)
        yield each.left, each.right, each.decision, f"{each.weight:.2f}", vetoes


def _write(path: Path, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
