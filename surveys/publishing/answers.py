"""Drafts, test records and assignments → JSON."""

from dataclasses import asdict
from typing import Any

from backend.problems import Problem
from surveys.publishing.drafts import compared
from surveys.publishing.models import FormDraft, TrialRecord
from surveys.publishing.reading import classes_of
from surveys.xforms.models import Form

_MISSING = ("language", "what", "sheet", "row", "column", "name")


def as_line(draft: FormDraft) -> dict[str, Any]:
    closed = "published" if draft.published_id else "dropped"
    return {
        "id": draft.pk,
        "form_id": draft.form_id,
        "version": draft.version,
        "title": draft.title,
        "state": "open" if draft.is_open else closed,
        "created_at": draft.created_at.isoformat(),
        "created_by": draft.created_by.username if draft.created_by else None,
    }


def as_draft(draft: FormDraft) -> dict[str, Any]:
    """With what publishing it would change now, while it is open."""
    warnings = [asdict(each.finding) for each in draft.marked]
    return {
        **as_line(draft),
        "untranslated": [{key: each[key] for key in _MISSING} for each in draft.untranslated],
        "classes": {c.name: [key for _, key in c.fields] for c in classes_of(draft.schema)},
        "compared_with": None,
        "compared_version": None,
        "changes": [],
        "likely_renames": [],
        "refused": None,
        **(_compared(draft, warnings) if draft.is_open else {"warnings": warnings}),
    }


def _compared(draft: FormDraft, warnings: list[dict[str, Any]]) -> dict[str, Any]:
    try:
        now = compared(draft)
    except Problem as refused:
        return {"warnings": warnings, "refused": refused.words}
    missing = [asdict(each) for each in now.missing]
    return {
        "warnings": [*missing, *warnings],
        "compared_with": now.current.pk if now.current else None,
        "compared_version": now.current.version if now.current else None,
        "changes": [asdict(each) for each in now.changes],
        "likely_renames": [asdict(each) for each in now.likely_renames],
    }


def as_trial(trial: TrialRecord) -> dict[str, Any]:
    return {
        "id": trial.pk,
        "instance_id": trial.instance_id,
        "received_at": trial.received_at.isoformat(),
        "files": len(trial.files),
        "problem": trial.problem or None,
    }


def as_assignment(form: Form) -> dict[str, Any]:
    round_ = form.round
    codes = round_.places.order_by("path").values_list("code", flat=True) if round_ else []
    return {
        "form_id": form.form_id,
        "round": round_.code if round_ else None,
        "places": list(codes),
        "listed": form.retired_at is None,
    }
