"""What the first page says about submissions: what an enumerator sent, and where any are stuck."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.accounts.models import User
from backend.accounts.permissions import (
    may_admit_quarantined,
    may_read_records,
    may_send_submissions,
    may_use_console,
)
from backend.home import Figure
from surveys.places.days import since_yesterday
from surveys.submissions.models import Quarantined, Submission

CONSOLE = "/admin/submissions"


def sent_figures(user: User) -> list[Figure]:
    """For those who send but do not read: that what they sent is here."""
    if not _only_sends(user):
        return []
    return [Figure(_("sent by you"), _sent(user).count(), _("with your user name"))]


def sent_lately(user: User, now: datetime) -> list[Figure]:
    """The same since yesterday; the sender's country is not known, so by the server's day."""
    if not _only_sends(user):
        return []
    began = since_yesterday(now, timezone.get_current_timezone()).elsewhere
    sent = _sent(user).filter(received_at__gte=began).count()
    return [Figure(ngettext("record of yours arrived", "records of yours arrived", sent), sent)]


def queue_figures(user: User) -> list[Figure]:
    """What has not become data yet and will by itself."""
    if not _may_unstick(user):
        return []
    waiting = Submission.objects.waiting().count()
    page = f"{CONSOLE}/submission/?state__exact=0" if waiting else ""
    return [Figure(_("waiting"), waiting, _("for the server"), page)]


def stuck_figures(user: User) -> list[Figure]:
    """What will not become data without a person: parked after too many tries, set aside unread."""
    if not _may_unstick(user):
        return []
    parked = Submission.objects.filter(state=Submission.State.PARKED).count()
    page = f"{CONSOLE}/submission/?state__exact=2"
    figures = [Figure(_("parked"), parked, _("could not be read"), page, "bad")]
    if may_admit_quarantined(user):
        aside = Quarantined.objects.filter(settled_at=None).count()
        page, hint = f"{CONSOLE}/quarantined/", _("arrived, but not as a record")
        figures.append(Figure(_("set aside"), aside, hint, page, "bad"))
    return figures


def _may_unstick(user: User) -> bool:
    """Of what is unread nobody knows the place: for those who are for all of them."""
    return may_use_console(user) and not user.place_codes


def _only_sends(user: User) -> bool:
    return may_send_submissions(user) and not may_read_records(user)


def _sent(user: User) -> QuerySet[Submission]:
    return Submission.objects.filter(submitted_by=user)
