"""What the first page says about tablets: when each was last here, and how to connect one."""

from datetime import datetime

from django.conf import settings
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.accounts.models import User
from backend.accounts.permissions import may_manage_devices, may_send_submissions
from backend.home import Card, Figure
from surveys.places.days import since_yesterday
from surveys.privacy.access import places_for
from surveys.xforms.models import Form
from sync.models import Device

DEVICES_SHOWN = 8


def devices_card(user: User) -> Card | None:
    """Tablets by when they were last here, the overdue first: somebody should call those."""
    if not may_manage_devices(user):
        return None
    devices = Device.objects.within(places_for(user)).active()
    lately = F("last_seen_at").desc(nulls_last=True)
    return Card(
        title=_("Tablets"),
        template="sync/devices_card.html",
        context={
            "devices": devices.described().order_by("-is_overdue", lately, "name")[:DEVICES_SHOWN],
            "more": max(devices.count() - DEVICES_SHOWN, 0),
            "overdue": devices.overdue().count(),
            "overdue_days": settings.OVERDUE_DAYS,
        },
        link=reverse("admin:sync_device_add"),
        link_words=_("Enrol tablets"),
    )


def overdue_figures(user: User) -> list[Figure]:
    """Tablets that somebody should call."""
    if not may_manage_devices(user):
        return []
    overdue = Device.objects.within(places_for(user)).overdue().count()
    page = f"{reverse('admin:sync_device_changelist')}?overdue=1"
    label = ngettext("tablet overdue", "tablets overdue", overdue)
    return [Figure(label, overdue, _("not seen, or still to send"), page, "bad")]


def enrolled_lately(user: User, now: datetime) -> list[Figure]:
    """Tablets of the user's places that are new."""
    if not may_manage_devices(user):
        return []
    began = since_yesterday(now, timezone.get_current_timezone()).elsewhere
    n = Device.objects.within(places_for(user)).filter(created_at__gte=began).count()
    page = reverse("admin:sync_device_changelist")
    return [Figure(ngettext("tablet enrolled", "tablets enrolled", n), n, link=page)]


def connect_card(user: User) -> Card | None:
    """For enumerators: how their tablet gets forms and sends them."""
    if not may_send_submissions(user) or may_manage_devices(user):
        return None
    web_forms = Form.objects.listed() if settings.ENKETO_URL else Form.objects.none()
    return Card(
        title=_("Your tablet"),
        template="sync/connect_card.html",
        context={"web_forms": web_forms},
    )
