"""keep_trial: what a tablet sends to try a draft, kept apart from every record for good."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction

from backend.problems import Problem
from surveys.publishing.models import FormDraft, TrialRecord
from surveys.submissions.instance import InstanceError, parse_instance
from surveys.submissions.store import StoredFile


@dataclass(frozen=True, slots=True)
class KeptTrial:
    """`is_new` is False when nothing of it was new."""

    trial: TrialRecord
    is_new: bool


def keep_trial(
    *, draft: FormDraft, raw_xml: bytes, files: Sequence[StoredFile] = (), user_agent: str = ""
) -> KeptTrial:
    """Stores a test record, or adds the files that came later. Safe to run twice.

    A draft that is closed still takes what was filled in. Raises `Problem`, with the bytes kept:
    xml_malformed and its like, form_id_missing, form_unknown for another form's record.
    """
    problem, instance_id = _read(draft, raw_xml)
    row = {
        "instance_id": instance_id,
        "raw_xml": raw_xml,
        "user_agent": user_agent,
        "problem": problem.code if problem else "",
    }
    kept = _store(draft, row, files)
    if problem is not None:
        raise problem
    return kept


def _read(draft: FormDraft, raw_xml: bytes) -> tuple[Problem | None, str]:
    try:
        instance = parse_instance(raw_xml)
    except InstanceError as error:
        return Problem(error.code), ""
    if instance.form_id != draft.form_id:
        return Problem("form_unknown", form_id=instance.form_id[:200]), instance.instance_id
    return None, instance.instance_id


@transaction.atomic
def _store(draft: FormDraft, row: dict[str, Any], files: Sequence[StoredFile]) -> KeptTrial:
    digest = hashlib.sha256(row["raw_xml"]).digest()
    trial, created = TrialRecord.objects.get_or_create(
        draft_id=draft.pk, sha256=digest, defaults=row
    )
    trial = TrialRecord.objects.select_for_update().get(pk=trial.pk)
    fresh = [asdict(file) for file in files if asdict(file) not in trial.files]
    if fresh:
        trial.files = [*trial.files, *fresh]
        trial.save(update_fields=["files"])
    return KeptTrial(trial, created or bool(fresh))
