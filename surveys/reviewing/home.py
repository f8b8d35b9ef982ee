"""What the first page says about review: records and conflicts that wait for a person."""

from django.urls import reverse
from django.utils.translation import gettext as _

from backend.accounts.models import User
from backend.accounts.permissions import may_review, may_settle_conflicts
from backend.home import Card, Figure
from surveys.entities.reading import visible_conflicts
from surveys.reviewing.queue import Queue

CONFLICTS_SHOWN = 5


def review_figures(user: User) -> list[Figure]:
    """New and edited records that this user may decide on."""
    if not may_review(user):
        return []
    waiting = Queue(user).rows().count()
    if waiting == 0:
        return [Figure(_("to review"), 0, _("none"))]
    return [Figure(_("to review"), waiting, _("new or edited"), reverse("review"))]


def conflicts_card(user: User) -> Card | None:
    """Households that tablets updated without knowing of each other; no card when there is none."""
    if not may_settle_conflicts(user):
        return None
    waiting = visible_conflicts(user).filter(settled_at=None)
    count = waiting.count()
    if not count:
        return None
    return Card(
        title=_("Entity conflicts"),
        template="reviewing/conflicts_card.html",
        context={
            "conflicts": waiting.order_by("kind", "pk")[:CONFLICTS_SHOWN],
            "more": max(count - CONFLICTS_SHOWN, 0),
        },
        link=reverse("conflicts"),
        link_words=_("All conflicts"),
    )
