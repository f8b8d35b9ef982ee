"""tablets_of: the tablets as the field board shows them."""

from django.db.models import F

from backend.accounts.models import User
from backend.accounts.permissions import may_manage_devices
from surveys.interviews.tablets import Tablet
from surveys.privacy.access import places_for
from sync.app_versions import outdated_apps
from sync.models import Device


def tablets_of(user: User) -> list[Tablet]:
    """Two queries, whatever their number; an app is compared with those of all tablets in use."""
    if not may_manage_devices(user):
        return []
    devices = Device.objects.within(places_for(user)).active().described()
    lately = F("last_seen_at").desc(nulls_last=True)
    old = outdated_apps(Device.objects.active().values_list("app", flat=True).distinct())
    return [
        Tablet(
            id=device.pk,
            name=device.name,
            last_seen_at=device.last_seen_at,
            is_overdue=device.is_overdue,
            unsent=device.unsent,
            oldest_unsent_at=device.oldest_unsent_at,
            app=device.app,
            app_outdated=device.app in old,
            forms_outdated=tuple(device.outdated),
            battery=device.battery,
            clock_off=device.clock_drift_seconds,
        )
        for device in devices.order_by("-is_overdue", lately, "name")
    ]
