"""Forms and editions that are over. What was filled in with them is still accepted, and flagged
(openrosa.md S9): a tablet may be away for weeks.
"""

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.problems import Problem
from surveys.xforms.models import Form, FormVersion


def retire_form(*, form: Form, by: User | None = None) -> None:
    """Takes a form off the tablets' list; what was filled in is still accepted (S9)."""
    with transaction.atomic():
        form.retired_at = timezone.now()
        form.save(update_fields=["retired_at"])
        log_event("form.retired", by=by, target=form, form_id=form.form_id)


def relist_form(*, form: Form, by: User | None = None) -> None:
    """Puts a retired form back on the tablets' list."""
    with transaction.atomic():
        form.retired_at = None
        form.save(update_fields=["retired_at"])
        log_event("form.relisted", by=by, target=form, form_id=form.form_id)


@transaction.atomic
def retire_version(*, version: FormVersion, reason: str, by: User | None = None) -> None:
    """Marks an edition that should not have been used; its records from now on are flagged.

    Raises `Problem("version_current")` for the one that tablets fetch. Safe to run twice.
    """
    form = Form.objects.select_for_update(no_key=True).get(pk=version.form_id)
    if form.current_id == version.pk:
        raise Problem("version_current", form_id=form.form_id, version=version.version)
    version.retired_at = version.retired_at or timezone.now()
    version.retired_because = reason.strip()[:300]
    version.save(update_fields=["retired_at", "retired_because"])
    log_event("version.retired", by=by, target=version, form_id=form.form_id)


@transaction.atomic
def reinstate_version(*, version: FormVersion, by: User | None = None) -> None:
    """Takes back that an edition was retired; flags go as its records are processed again."""
    version.retired_at, version.retired_because = None, ""
    version.save(update_fields=["retired_at", "retired_because"])
    log_event("version.reinstated", by=by, target=version, form_id=version.form.form_id)
