"""assign: round, places and listing of a form at once, or nothing of it."""

from collections.abc import Iterable

from django.db import transaction

from backend.accounts.models import User
from backend.problems import Problem
from backend.said import Said
from surveys.rounds.communities import set_communities
from surveys.xforms.assign import assign_form, find_round
from surveys.xforms.models import Form
from surveys.xforms.retire import relist_form, retire_form


@transaction.atomic
def assign(
    *,
    form: Form,
    round: str | None = None,
    places: Iterable[str] | None = None,
    listed: bool | None = None,
    by: User | None = None,
) -> None:
    """None leaves what it would change. Raises `Problem`: round_unknown, place_unknown,
    value_invalid for places without a round.
    """
    if round is not None:
        assign_form(form=form, round_=find_round(round), by=by)
    if places is not None:
        if form.round is None:
            raise Problem("value_invalid", field="places", reason=Said("the form has no round"))
        set_communities(round_=form.round, codes=places, by=by)
    if listed is not None and listed != (form.retired_at is None):
        change = relist_form if listed else retire_form
        change(form=form, by=by)
