"""What the first page says about corrections: those to approve, and one's own that fit no more."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.accounts.models import User
from backend.accounts.permissions import may_approve_corrections, may_propose_corrections
from backend.home import Figure
from surveys.corrections import states
from surveys.corrections.listing import one_of_each_bundle
from surveys.corrections.models import Errand
from surveys.corrections.visible import visible_corrections


def correction_figures(user: User) -> list[Figure]:
    """Counted as the list shows them: what was proposed together is one."""
    if not may_propose_corrections(user):
        return []
    page, figures = reverse("corrections"), []
    seen = visible_corrections(user)
    if may_approve_corrections(user):
        # Nobody approves their own.
        others = seen.filter(state=states.PROPOSED).exclude(proposed_by=user)
        n = one_of_each_bundle(others).count()
        label = ngettext("correction to approve", "corrections to approve", n)
        figures.append(Figure(label, n, _("proposed by others"), page, "wait"))
    n = one_of_each_bundle(seen.filter(state=states.STALE, proposed_by=user)).count()
    label = ngettext("correction of yours fits no more", "corrections of yours fit no more", n)
    hint = _("the record says something else now")
    figures.append(Figure(label, n, hint, f"{page}?state={states.STALE}", "bad"))
    n = user.errands.filter(state=Errand.State.OPEN).count()
    label = ngettext("task for many answers", "tasks for many answers", n)
    return [*figures, Figure(label, n, _("being done in the background"), page)]
