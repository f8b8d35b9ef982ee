"""What a tablet scans: Collect's settings (openrosa.md section 7), or how it enrols by itself."""

import base64
import io
import json
import zlib
from typing import Any

import segno

MAX_QR_LENGTH = 600  # characters; more and cheap cameras fail (C1)
SETTINGS = {
    "form_update_mode": "match_exactly",
    "periodic_form_updates_check": "every_one_hour",
    "autosend": "wifi_and_cellular",
}


COLOR, TRIAL_COLOR = "#1f6f5c", "#b3261e"


def collect_settings(
    *, server_url: str, name: str, user_name: str = "", password: str = "", color: str = COLOR
) -> dict[str, Any]:
    """Collect's settings (C2, C3): forms as on the server, records sent as soon as may be."""
    person = {"username": user_name, "password": password} if user_name else {}
    return {
        "general": {"server_url": server_url, **person, **SETTINGS},
        "admin": {},
        "project": {"name": name[:60], "icon": "O", "color": color},
    }


def qr_text(collect: dict[str, Any]) -> str:
    """What the QR code says: Base64 of zlib of JSON (C1)."""
    packed = zlib.compress(json.dumps(collect, ensure_ascii=False).encode(), 9)
    return base64.b64encode(packed).decode()


def code_url(origin: str, code: str) -> str:
    """What the QR code of a tablet that enrols itself says: where to POST, and with which code.

    Behind the `#`, which no browser sends and no server logs.
    """
    return f"{origin.rstrip('/')}/api/v1/sync/enrol#{code}"


def qr_png(text: str) -> bytes:
    image = io.BytesIO()
    segno.make(text, error="l", boost_error=True).save(image, kind="png", scale=6, border=4)
    return image.getvalue()
