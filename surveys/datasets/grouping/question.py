"""A query for groups as read, with the snapshot that answers it."""

from dataclasses import dataclass
from pathlib import Path

from backend.problems import Problem
from backend.said import Said
from surveys.datasets.columns import Column, Table
from surveys.datasets.records import Asked
from surveys.datasets.shape import Shape
from surveys.datasets.snapshots import engine
from surveys.datasets.snapshots.conditions import Part
from surveys.datasets.snapshots.plan import Kept
from surveys.datasets.snapshots.renew import Snapshot


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks what of which table, as what they see of it, and the files that answer."""

    asked: Asked
    shape: Shape
    snapshot: Snapshot

    @property
    def folder(self) -> Path:
        return self.snapshot.folder

    def rows_of(self, table: Table) -> str:
        """SQL for all rows of a table, whoever may see them."""
        return engine.rows_of(self.folder, self.snapshot.manifest, table.path)

    def records_with(self, repeat: Table, found: Part) -> Part:
        """That a record has such a row in a repeat."""
        rows = f"SELECT record_id FROM {self.rows_of(repeat)} WHERE {found.sql}"  # noqa: S608
        return Part(f"record_id IN ({rows})", found.words)

    def superseded(self) -> str:
        return engine.superseded(self.folder, self.snapshot.manifest)

    def kept(self, table: Table, column: Column) -> Kept:
        """Where the answers are. Raises `Problem("value_invalid")`: not in a snapshot."""
        kept = self.snapshot.plan.kept(table, column)
        if kept is None:
            reason = Said(
                "was a question of another kind in another version: ask the list of records"
            )
            raise Problem("value_invalid", field=column.name, reason=reason)
        return kept
