"""The log of corrections as a workbook, and a workbook of proposals taken in: all of it or nothing.

The log itself is never rewritten by a sheet: rows that are in it must say what they said, others
become proposals. So importing the same sheet twice changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from uuid import UUID, uuid4, uuid5

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.problems import Problem
from surveys.corrections.cells import SHEET, CellFault, SheetRow, as_id, neutral, read_log
from surveys.corrections.listing import Line, lines_of
from surveys.corrections.models import Correction
from surveys.corrections.propose import Because, Wish, propose_corrections
from surveys.corrections.visible import find_root, visible_corrections
from surveys.corrections.words import cell_words
from surveys.datasets.files.sheets import Cell, sheet_of_rows
from surveys.datasets.files.to_xlsx import xlsx_of
from surveys.privacy.models import Unmasking
from surveys.xforms.findings import WorkbookError

HEADER = (
    *("id", "form", "record", "row", "path", "question", "action", "old", "new", "masked"),
    *("source", "reason", "state", "why", "proposed_by", "proposed_at", "decided_by"),
    *("decided_at", "decided_why", "applied_at", "revoked_by", "revoked_at", "revoked_why"),
)
# A row without an id gets one from what it says, so that a repeat is no new proposal.
MINTED = UUID("6f0d3ab4-52a1-5d0e-9a53-0c55a9e5c2f7")
MOST_EXPORTED = 20_000
MOST_FAULTS = 200
_SAID = ("record", "row", "path", "action", "old", "new")
# Code of a problem → the column whose cell it is about.
_COLUMN = {
    "correction_stale": "old",
    "correction_invalid": "new",
    "correction_waiting": "path",
    "question_unknown": "path",
    "question_fixed": "path",
    "field_masked": "path",
    "reason_missing": "reason",
}


@dataclass(slots=True)
class Imported:
    proposed: list[Correction] = field(default_factory=list)
    unchanged: int = 0


def write_log(rows: QuerySet[Correction], user: User, granted: Unmasking | None) -> bytes:
    """What of these the user may see, oldest first; masked answers are left out and said so."""
    found = rows.select_related("form", "proposed_by").order_by("proposed_at", "pk")
    lines = lines_of(found[:MOST_EXPORTED], user, granted)
    sheet = sheet_of_rows(SHEET, HEADER, (_row(line) for line in lines))
    return xlsx_of([sheet])


def _row(line: Line) -> tuple[Cell, ...]:
    c, steps = line.correction, {step.step: step for step in line.steps}
    cells: list[Cell] = [str(c.pk), c.form.form_id, str(c.record_id), str(c.row_id), c.path]
    cells += [line.label, c.action, line.old or "", line.new or "", "yes" if line.masked else ""]
    cells += [c.source, line.reason or "", c.state, c.why, c.proposed_by.username]
    cells.append(_local(c.proposed_at))
    decided, revoked = line.decided, steps.get("revoked")
    shows = line.reason is not None
    cells += [decided.by.username, _local(decided.at)] if decided else ["", None]
    cells += [decided.why if decided and shows else "", _local(c.applied_at)]
    cells += [revoked.by.username, _local(revoked.at)] if revoked else ["", None]
    cells.append(revoked.why if revoked and shows else "")
    return tuple(neutral(cell) if isinstance(cell, str) else cell for cell in cells)


def _local(at: datetime | None) -> datetime | None:
    return None if at is None else timezone.localtime(at).replace(microsecond=0)


@transaction.atomic
def import_log(*, content: bytes, by: User, granted: Unmasking | None = None) -> Imported:
    """Proposes what the sheet has and the log has not.

    Raises `Problem`: `workbook_unreadable`, `workbook_too_large`, and `corrections_refused` with
    every cell that cannot be taken, by sheet, row and column; then nothing was imported.
    """
    try:
        rows, faults = read_log(content)
    except WorkbookError as error:
        raise Problem(error.code, **error.details) from error
    if faults:
        raise _refused(faults)
    ids = {row.number: as_id(row.cells.get("id", "")) or _minted(row) for row in rows}
    stored = Correction.objects.in_bulk(ids.values())
    seen = set(visible_corrections(by).filter(pk__in=stored).values_list("pk", flat=True))
    imported, fresh = Imported(), list[SheetRow]()
    faults += _twice(rows, ids)
    for row in rows:
        known = stored.get(ids[row.number])
        if known is None:
            fresh.append(row)
        elif found := _differs(row, known, visible=known.pk in seen):
            faults.append(found)
        else:
            imported.unchanged += 1
    faults += _propose(fresh, ids, by, granted, imported)
    if faults:
        raise _refused(faults)
    log_event("corrections.imported", by=by, count=len(imported.proposed))
    return imported


def _minted(row: SheetRow) -> UUID:
    said = [row.cells.get(name, "") for name in (*_SAID, "source", "reason")]
    return uuid5(MINTED, "\n".join(said))


def _twice(rows: Sequence[SheetRow], ids: Mapping[int, UUID]) -> Iterable[CellFault]:
    seen: set[UUID] = set()
    for row in rows:
        if ids[row.number] in seen:
            yield CellFault(row.number, "id", "twice")
        seen.add(ids[row.number])


def _differs(row: SheetRow, known: Correction, *, visible: bool) -> CellFault | None:
    """The first cell that says something else than the log; masked answers say nothing."""
    if not visible:
        return CellFault(row.number, "id", "not_found")
    stored = {
        "record": str(known.record_id), "row": str(known.row_id), "path": known.path,
        "action": known.action, "old": known.old.strip(), "new": known.new.strip(),
    }  # fmt: skip
    for name in _SAID if not row.masked else _SAID[:4]:
        said = row.cells.get(name, "")
        if name == "row" and not said:
            said = row.cells["record"]
        if name in row.cells and said.strip() != stored[name]:
            return CellFault(row.number, name, "log_differs")
    return None


def _propose(
    rows: Sequence[SheetRow],
    ids: Mapping[int, UUID],
    by: User,
    granted: Unmasking | None,
    imported: Imported,
) -> list[CellFault]:
    """Rows of one record, reason and source stand together; each group is tried for itself."""
    faults: list[CellFault] = []
    ordered = sorted(rows, key=_group)
    for _, grouped in groupby(ordered, key=_group):
        group = list(grouped)
        try:
            with transaction.atomic():
                imported.proposed += _propose_group(group, ids, by, granted)
        except Problem as problem:
            faults.append(_fault(group, problem))
    return faults


def _group(row: SheetRow) -> tuple[str, str, str, bool]:
    """Dropping the record itself stands alone."""
    return row.cells["record"], row.cells["reason"], row.cells["source"], not row.cells["path"]


def _propose_group(
    group: Sequence[SheetRow], ids: Mapping[int, UUID], by: User, granted: Unmasking | None
) -> list[Correction]:
    record_id = UUID(group[0].cells["record"])
    find_root(record_id, by)
    wishes = [
        Wish(
            row_id=as_id(row.cells.get("row", "")) or record_id,
            path=row.cells["path"],
            new=row.cells["new"],
            old=row.cells.get("old") or None,  # an empty cell says nothing of it
            action=row.cells["action"],
            id=ids[row.number],
        )
        for row in group
    ]
    because = Because(group[0].cells["reason"], group[0].cells["source"])
    return propose_corrections(
        record_id=record_id, wishes=wishes, because=because, by=by, granted=granted, bundle=uuid4()
    )


def _fault(group: Sequence[SheetRow], problem: Problem) -> CellFault:
    """At the row that the problem names, else at the group's first."""
    errors = problem.details.get("errors") or [{}]
    path = problem.details.get("path") or errors[0].get("field", "")
    row = next((r for r in group if path and r.cells["path"] == path), group[0])
    column = _COLUMN.get(problem.code, "record")
    if problem.code == "value_invalid":
        column = str(problem.details["field"]) if problem.details["field"] in HEADER else "new"
    return CellFault(row.number, column, errors[0].get("code") or problem.code, problem.words)


def _refused(faults: Sequence[CellFault]) -> Problem:
    errors = [
        {
            "sheet": SHEET,
            "row": fault.row,
            "column": fault.column,
            "code": fault.code,
            "words": cell_words(fault.code, fault.detail),
        }
        for fault in sorted(faults, key=lambda f: (f.row, f.column))[:MOST_FAULTS]
    ]
    return Problem("corrections_refused", count=len(faults), errors=errors)
