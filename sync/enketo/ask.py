"""Asking an Enketo server for web forms; the only file that knows its API (openrosa.md N1, N2).

Enketo keeps what it makes under our address, so that address is one for all people: they log in to
us through Enketo by their own name and password (N5).
"""

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

from backend.problems import Problem

TIMEOUT_SECONDS = 15


@dataclass(frozen=True, slots=True)
class WebEdit:
    """A stored instance to be opened for editing; `attachments` are absolute addresses by name."""

    form_id: str
    instance_id: str
    instance: bytes
    attachments: Mapping[str, str]
    return_url: str


def server_url(request: HttpRequest) -> str:
    """What Enketo calls us: one address for the whole project (N5)."""
    return (settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}") + "/openrosa"


def web_form_url(base: str, form_id: str) -> str:
    """Where a form is filled in a browser, also without network. Raises as `_ask` does."""
    return _ask("survey/offline", "offline_url", {"server_url": base, "form_id": form_id})


def edit_url(base: str, edit: WebEdit) -> str:
    """Where this instance is edited; what is sent from there names what it replaces (S14).

    Every attachment goes along, or Enketo shows it as missing. Raises as `_ask` does.
    """
    fields = {
        "server_url": base,
        "form_id": edit.form_id,
        "instance_id": edit.instance_id,
        "instance": edit.instance.decode(),
        "return_url": edit.return_url,
        **{f"instance_attachments[{name}]": url for name, url in edit.attachments.items()},
    }
    return _ask("instance", "edit_url", fields)


def _ask(path: str, wanted: str, fields: Mapping[str, str]) -> str:
    """Raises web_forms_off (404), enketo_away (503), enketo_refused (502)."""
    if not settings.ENKETO_URL:
        raise Problem("web_forms_off")
    key = base64.b64encode(f"{settings.ENKETO_API_KEY}:".encode()).decode()
    request = urllib.request.Request(  # noqa: S310 - the address is a setting, http or https
        f"{settings.ENKETO_URL}/api/v2/{path}",
        data=urllib.parse.urlencode(fields).encode(),
        headers={"Authorization": f"Basic {key}", "Accept": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
            url = json.loads(response.read()).get(wanted)
    except urllib.error.HTTPError as error:
        raise Problem("enketo_refused", answered=error.code) from error
    except (OSError, ValueError, AttributeError) as error:
        raise Problem("enketo_away") from error
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise Problem("enketo_refused", answered=200)
    return url
