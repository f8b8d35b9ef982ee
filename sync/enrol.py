"""Enrolling a tablet: a token shown once, and the settings that its QR code carries."""

import base64
import io
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import segno
from django.db import transaction

from backend.accounts.models import User
from backend.accounts.tokens import new_token, token_digest
from backend.audit.log import log_event
from surveys.places.models import Place
from sync.auth import forget_callers
from sync.models import Device, DeviceToken

MAX_QR_LENGTH = 600  # characters; more and cheap cameras fail (openrosa.md C1)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A new device and its token, which cannot be shown again."""

    device: Device
    token: str

    def server_url(self, origin: str) -> str:
        """What a tablet's settings call the server: everything it does hangs below it (A1)."""
        return f"{origin.rstrip('/')}/key/{self.token}"


@transaction.atomic
def enrol_device(*, name: str, place_codes: Iterable[str] = (), by: User | None = None) -> Enrolled:
    """Makes a device that may fetch forms and send. Raises Problem("place_unknown")."""
    places = [Place.objects.all().find(code) for code in place_codes]
    token = new_token()
    device = Device.objects.create(name=name)
    DeviceToken.objects.create(device=device, digest=token_digest(token))
    device.places.set(places)
    log_event("device.enrolled", by=by, device_id=device.pk, target=device)
    return Enrolled(device, token)


@transaction.atomic
def revoke_device(*, device: Device, by: User | None = None) -> None:
    """Ends a device's access, everywhere within half a minute. Safe to run twice."""
    locked = Device.objects.select_for_update().get(pk=device.pk)
    if locked.revoked_at is None:
        locked.revoke()
        locked.save(update_fields=["revoked_at"])
        log_event("device.revoked", by=by, device_id=device.pk, target=device)
    device.revoked_at = locked.revoked_at
    transaction.on_commit(forget_callers)


def collect_settings(*, server_url: str, name: str) -> dict[str, Any]:
    """Collect's settings (C2, C3): forms as on the server, records sent as soon as may be."""
    return {
        "general": {
            "server_url": server_url,
            "form_update_mode": "match_exactly",
            "periodic_form_updates_check": "every_one_hour",
            "autosend": "wifi_and_cellular",
        },
        "admin": {},
        "project": {"name": name[:60], "icon": "O", "color": "#1f6f5c"},
    }


def qr_text(collect: dict[str, Any]) -> str:
    """What the QR code says: Base64 of zlib of JSON (C1)."""
    packed = zlib.compress(json.dumps(collect, ensure_ascii=False).encode(), 9)
    return base64.b64encode(packed).decode()


def qr_png(text: str) -> bytes:
    image = io.BytesIO()
    segno.make(text, error="l", boost_error=True).save(image, kind="png", scale=6, border=4)
    return image.getvalue()
