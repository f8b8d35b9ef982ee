"""What the first page says about submissions: how many there are and where any are stuck."""

from django.db.models import Count, Q

from backend.accounts.models import User
from backend.accounts.permissions import may_read_records, may_use_console
from backend.home import Figure
from surveys.submissions.models import Quarantined, Submission

State = Submission.State
CONSOLE = "/admin/submissions"


def record_figures(user: User) -> list[Figure]:
    """Records that count: the newest edition of each, deleted ones left out."""
    alive = Submission.objects.filter(deleted_at=None)
    if not may_read_records(user):
        sent = alive.filter(submitted_by=user).count()
        return [Figure("sent by you", sent, "with your user name")]
    return [Figure("records", alive.filter(head=True).count(), "one for each filled form")]


def queue_figures(user: User) -> list[Figure]:
    """What has not become data yet: waiting, parked after too many tries, set aside unread."""
    if not may_use_console(user):
        return []
    counts = Submission.objects.aggregate(
        waiting=Count("id", filter=Q(state=State.RECEIVED)),
        parked=Count("id", filter=Q(state=State.PARKED)),
    )
    aside = Quarantined.objects.filter(settled_at=None).count()
    return [
        _figure("waiting", counts["waiting"], "being read by the worker", "submission", "wait"),
        _figure("parked", counts["parked"], "could not be read; look at them", "submission", "bad"),
        _figure("set aside", aside, "arrived, but not as a record", "quarantined", "bad"),
    ]


def _figure(label: str, number: int, hint: str, model: str, tone: str) -> Figure:
    query = {"waiting": "?state__exact=0", "parked": "?state__exact=2"}.get(label, "")
    link = f"{CONSOLE}/{model}/{query}" if number else ""
    return Figure(label, number, hint if number else "none", link, tone if number else "")
