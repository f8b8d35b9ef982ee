"""What the first page says about tablets: when each was last here, and how to connect one."""

from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from backend.accounts.models import User
from backend.accounts.permissions import may_manage_devices, may_send_submissions
from backend.home import Card
from surveys.xforms.models import Form
from sync.models import Device

DEVICES_SHOWN = 8
QUIET_DAYS = 14  # a tablet comes back from the field within one to three weeks


def devices_card(user: User) -> Card | None:
    """Tablets by when they were last here; one that stays away too long stands out."""
    if not may_manage_devices(user):
        return None
    devices = Device.objects.filter(revoked_at=None)
    newest = devices.order_by(F("last_seen_at").desc(nulls_last=True), "name")[:DEVICES_SHOWN]
    return Card(
        title="Tablets",
        template="sync/devices_card.html",
        context={
            "devices": newest,
            "more": max(devices.count() - DEVICES_SHOWN, 0),
            "quiet_since": timezone.now() - timedelta(days=QUIET_DAYS),
            "quiet_days": QUIET_DAYS,
        },
        link=reverse("admin:sync_device_add"),
        link_words="Enrol a tablet",
    )


def connect_card(user: User) -> Card | None:
    """For enumerators: how their tablet gets forms and sends them."""
    if not may_send_submissions(user) or may_manage_devices(user):
        return None
    web_forms = Form.objects.listed() if settings.ENKETO_URL else Form.objects.none()
    return Card(
        title="Your tablet",
        template="sync/connect_card.html",
        context={"web_forms": web_forms},
    )
