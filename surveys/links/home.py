"""What the first page says about linkage: cases that wait for a person, brakes that are on."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.accounts.models import User
from backend.accounts.permissions import may_decide_links, may_lift_brakes
from backend.home import Figure
from surveys.households.models import LinkBrake
from surveys.links.queue import CaseQueue, waiting_cases


def link_figures(user: User) -> list[Figure]:
    """Cases of the user's places; brakes, for those who may lift them."""
    if not may_decide_links(user):
        return []
    waiting = len(waiting_cases(CaseQueue(user)).cases)
    hint = _("perhaps one household")
    figures = [Figure(_("to decide"), waiting, hint, reverse("links"), "wait")]
    brakes = LinkBrake.objects.filter(lifted_at=None).count() if may_lift_brakes(user) else 0
    if brakes:
        figures.append(
            Figure(
                ngettext("brake on merging", "brakes on merging", brakes),
                brakes,
                _("too many duplicates"),
                reverse("brakes"),
                "bad",
            )
        )
    return figures
