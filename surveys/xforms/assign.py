"""assign_form: which round a form belongs to, and with it which tablets fetch it."""

from django.db import transaction

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.problems import Problem
from surveys.rounds.models import Round
from surveys.xforms.models import Form


@transaction.atomic
def assign_form(*, form: Form, round_: Round | None, by: User | None = None) -> None:
    """Gives the form to a round, or with None to every tablet. Safe to run twice."""
    locked = Form.objects.select_for_update(no_key=True).get(pk=form.pk)
    form.round = round_
    if locked.round_id == (round_.pk if round_ else None):
        return
    form.save(update_fields=["round"])
    code = round_.code if round_ else ""
    log_event("form.assigned", by=by, target=form, form_id=form.form_id, round=code)


def find_round(code: str) -> Round | None:
    """None for an empty code. Raises `Problem("round_unknown")`."""
    found = Round.objects.filter(code=code).first() if "\0" not in code else None
    if code and found is None:
        raise Problem("round_unknown", round=code)
    return found
