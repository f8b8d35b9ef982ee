"""The log as a sheet, both ways, as errands: what takes seconds is a worker's.

Each is done in one transaction: a worker that is killed leaves nothing, and the next begins anew.
"""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.problems import Problem
from backend.said import Said
from surveys.corrections.errands import keep_errand
from surveys.corrections.listing import wanted
from surveys.corrections.models import Errand
from surveys.corrections.sheet import import_log, write_log
from surveys.corrections.visible import proposer
from surveys.privacy.access import reader
from surveys.privacy.models import Unmasking
from surveys.xforms.findings import WorkbookError
from surveys.xforms.workbook import workbook_kind

KEPT_FOR = timedelta(days=1)  # a log that was made: it may name people
State, Move = Errand.State, Errand.Move


@transaction.atomic
def ask_import(*, content: bytes, by: User, granted: Unmasking | None = None) -> Errand:
    """A sheet of proposals is to be taken in. Raises `Problem`: `workbook_unreadable`,
    `workbook_too_large`; what is wrong with its cells the worker says."""
    try:
        kind = workbook_kind(content)
    except WorkbookError as error:
        raise Problem(error.code, **error.details) from error
    if kind != ".xlsx":
        raise Problem("workbook_unreadable", reason=Said("Save it as .xlsx and upload again."))
    return keep_errand(
        bundle=uuid4(), move=Move.IMPORT, asked_by=by, granted=granted, total=0, content=content
    )


@transaction.atomic
def ask_log(*, query: Mapping[str, str], by: User, granted: Unmasking | None = None) -> Errand:
    """What a list shows is to be made a sheet. Raises `Problem` as `wanted` does."""
    total = wanted(by, query).count()
    return keep_errand(
        bundle=uuid4(),
        move=Move.EXPORT,
        asked_by=by,
        granted=granted,
        total=total,
        code=urlencode(list(query.items())),
    )


def run_sheet(pk: UUID) -> bool:
    """Whether it ended here: another worker may be at it."""
    with transaction.atomic():
        locked = Errand.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
        found = locked.filter(pk=pk, state=State.OPEN)
        errand = found.select_related("asked_by", "granted").first()
        if errand is None:
            return False
        said = _imported(errand) if errand.move == Move.IMPORT else _exported(errand)
        ended = {"state": State.DONE, "ended_at": timezone.now(), **said}
        Errand.objects.filter(pk=pk).update(**ended)
    return True


def forget_old_logs() -> None:
    """Their errands stay."""
    old = Errand.objects.filter(move=Move.EXPORT, ended_at__lt=timezone.now() - KEPT_FOR)
    old.exclude(content=None).update(content=None)


def _imported(errand: Errand) -> Mapping[str, object]:
    by = proposer(errand.asked_by)
    content = bytes(errand.content or b"")
    try:
        with transaction.atomic():
            done = import_log(content=content, by=by, granted=errand.granted)
    except Problem as problem:
        found = {n: v.as_json() if isinstance(v, Said) else v for n, v in problem.details.items()}
        return {"state": State.FAILED, "error": problem.code, "found": found, "content": None}
    total = len(done.proposed) + done.unchanged
    found = {"unchanged": done.unchanged}
    return {"done": len(done.proposed), "total": total, "found": found, "content": None}


def _exported(errand: Errand) -> Mapping[str, object]:
    by = reader(errand.asked_by)
    rows = wanted(by, dict(parse_qsl(errand.code)))
    content = write_log(rows, by, errand.granted)
    log_event("corrections.exported", by=by)
    return {"content": content, "done": errand.total}
