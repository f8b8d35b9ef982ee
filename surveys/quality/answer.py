"""The answer that a flag is about, as the page that corrects it asks it."""

import re

from backend.accounts.models import User
from backend.problems import Problem
from surveys.cleaning.models import CleanRow, QualityFlag
from surveys.corrections.asked import Asked, Place, asked_at, is_correctable

_ROW = re.compile(r"\[(\d+)\]")


def answer_of(flag: QualityFlag, record: CleanRow, user: User) -> Asked | None:
    """None where the flag is about no single answer, or about one the user sees masked.

    `record`: the root row of the flag's record.
    """
    place = _place(flag.path, record)
    if place is None:
        return None
    try:
        (asked,) = asked_at([place], record, user, None)
    except Problem:
        return None
    return asked if is_correctable(asked.column.field) else None


def _place(path: str, record: CleanRow) -> Place | None:
    """`roster/member[2]/age` → the second row of the repeat `roster/member`, and its question."""
    rows = list(_ROW.finditer(path))
    question = _ROW.sub("", path)
    if not rows:
        return Place(record.pk, question, is_root=True) if question else None
    repeat, index = _ROW.sub("", path[: rows[-1].start()]), int(rows[-1][1])
    found = CleanRow.objects.filter(record_id=record.pk, repeat=repeat, index=index)
    keys = list(found.values_list("pk", flat=True)[:2])
    # Rows of a repeat in a repeat are numbered anew in each; then it is not said which.
    return Place(keys[0], question) if len(keys) == 1 else None
