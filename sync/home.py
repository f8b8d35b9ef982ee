"""What the first page says about tablets: when each was last here, and how to connect one."""

from django.conf import settings
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _

from backend.accounts.models import User
from backend.accounts.permissions import may_manage_devices, may_send_submissions
from backend.home import Card
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
