"""The sheet that goes with a tablet: what to scan or to type, on paper, shown once."""

import base64
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

from sync.enrol import Enrolled
from sync.models import Device
from sync.qr import code_url, collect_settings, qr_png, qr_text

PLACES_SHOWN = 6
MOST_ON_ONE_SHEET = 200


@dataclass(frozen=True, slots=True)
class Sheet:
    """One tablet's part of the page. Pictures are PNGs in Base64; empty where there is none."""

    device: Device
    places: str
    server: str
    collect_qr: str = ""
    user_name: str = ""
    password: str = ""
    code_qr: str = ""
    code: str = ""


def origin(request: HttpRequest) -> str:
    """How tablets reach us: as configured, or as whoever asks for the sheet did."""
    return (settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}").rstrip("/")


def make_sheet(
    device: Device,
    *,
    origin: str,
    token: str = "",
    login: tuple[str, str] = ("", ""),
    code: str = "",
) -> Sheet:
    """The sheet for whichever ways in were just made: a token, a name and password, a code."""
    server = Enrolled(device, token).server_url(origin) if token else f"{origin}/openrosa"
    user_name, password = login
    collect = ""
    if token or user_name:
        collect = qr_text(
            collect_settings(
                server_url=server, name=device.name, user_name=user_name, password=password
            )
        )
    return Sheet(
        device=device,
        places=_places(device),
        server=server if collect else origin,
        collect_qr=_picture(collect),
        user_name=user_name,
        password=password,
        code_qr=_picture(code_url(origin, code) if code else ""),
        code=code,
    )


def _picture(text: str) -> str:
    return base64.b64encode(qr_png(text)).decode() if text else ""


def _places(device: Device) -> str:
    names = [place.name_local or place.name_en for place in device.places.all()]
    more = f" +{len(names) - PLACES_SHOWN}" if len(names) > PLACES_SHOWN else ""
    return ", ".join(names[:PLACES_SHOWN]) + more
