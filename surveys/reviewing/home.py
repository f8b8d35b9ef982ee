"""What the first page says about review: records and conflicts that wait for a person."""

from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.accounts.models import User
from backend.accounts.permissions import may_read_records, may_review, may_settle_conflicts
from backend.home import Card, Figure, counted
from surveys.cleaning.models import CleanRow
from surveys.entities.reading import visible_conflicts
from surveys.places.days import since_yesterday
from surveys.privacy.access import rows_for
from surveys.reviewing.queue import Queue
from surveys.submissions.models import ReviewStep

CONFLICTS_SHOWN = 5
Step = ReviewStep.Step
_TOLD = (Step.APPROVED, Step.REJECTED, Step.SENT_BACK, Step.RETURNED, Step.MERGED)


def review_figures(user: User) -> list[Figure]:
    """New and edited records that this user may decide on."""
    if not may_review(user):
        return []
    waiting, more = counted(Queue(user).rows())
    return [Figure(_("to review"), waiting, _("new or edited"), reverse("review"), more=more)]


def conflict_figures(user: User) -> list[Figure]:
    """Of those, the number; the card shows the first of them."""
    if not may_settle_conflicts(user):
        return []
    waiting = visible_conflicts(user).filter(settled_at=None).count()
    label = ngettext("conflict", "conflicts", waiting)
    return [Figure(label, waiting, _("two updates of one household"), reverse("conflicts"), "wait")]


def decided_lately(user: User, now: datetime) -> list[Figure]:
    """What became of records the user may see: one query for all steps."""
    if not may_read_records(user):
        return []
    since = since_yesterday(now, timezone.get_current_timezone())
    rows = CleanRow.objects.filter(rows_for(user), record_id=OuterRef("record_id"), repeat="")
    steps = (
        ReviewStep.objects.filter(step__in=_TOLD, at__gte=since.earliest)
        .annotate(seen=Exists(rows), path=Subquery(rows.values("place__path")[:1]))
        .filter(since.of("at", "path"), seen=True)
        .values("step")
        .annotate(records=Count("record_id", distinct=True))
    )
    counts = dict(steps.values_list("step", "records"))
    return [_happened(step, counts.get(step, 0)) for step in _TOLD]


def _happened(step: str, n: int) -> Figure:
    label = {
        Step.APPROVED: ngettext("record approved", "records approved", n),
        Step.REJECTED: ngettext("record rejected", "records rejected", n),
        Step.SENT_BACK: ngettext("record sent back", "records sent back", n),
        Step.RETURNED: ngettext("record came back edited", "records came back edited", n),
        Step.MERGED: ngettext(
            "record joined to a household that was known",
            "records joined to households that were known",
            n,
        ),
    }[Step(step)]
    return Figure(label, n)


def conflicts_card(user: User) -> Card | None:
    """Households that tablets updated without knowing of each other; no card when there is none."""
    if not may_settle_conflicts(user):
        return None
    waiting = visible_conflicts(user).filter(settled_at=None)
    count = waiting.count()
    if not count:
        return None
    return Card(
        title=_("Conflicts of the household list"),
        template="reviewing/conflicts_card.html",
        context={
            "conflicts": waiting.order_by("kind", "pk")[:CONFLICTS_SHOWN],
            "more": max(count - CONFLICTS_SHOWN, 0),
        },
        link=reverse("conflicts"),
        link_words=_("All conflicts"),
    )
