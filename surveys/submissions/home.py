"""What the first page says about submissions: what an enumerator sent, and where any are stuck."""

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from backend.accounts.models import User
from backend.accounts.permissions import may_read_records, may_send_submissions, may_use_console
from backend.home import Figure
from surveys.submissions.models import Quarantined, Submission

State = Submission.State
CONSOLE = "/admin/submissions"


def sent_figures(user: User) -> list[Figure]:
    """For those who send but do not read: that what they sent is here."""
    if may_read_records(user) or not may_send_submissions(user):
        return []
    sent = Submission.objects.filter(submitted_by=user).count()
    return [Figure(_("sent by you"), sent, _("with your user name"))]


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
        _stuck(
            _("waiting"),
            counts["waiting"],
            _("for the worker"),
            "wait",
            "submission/?state__exact=0",
        ),
        _stuck(
            _("parked"),
            counts["parked"],
            _("could not be read"),
            "bad",
            "submission/?state__exact=2",
        ),
        _stuck(_("set aside"), aside, _("arrived, but not as a record"), "bad", "quarantined/"),
    ]


def _stuck(label: str, number: int, hint: str, tone: str, page: str) -> Figure:
    if number == 0:
        return Figure(label, 0, _("none"))
    return Figure(label, number, hint, f"{CONSOLE}/{page}", tone)
