"""manage.py enrol_device: a tablet's server URL, token and QR code."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backend.problems import Problem
from sync.enrol import enrol_device, make_enrolment_code, set_password
from sync.qr import collect_settings, qr_png, qr_text


class Command(BaseCommand):
    help = "Enrols a tablet and prints its server URL, token and QR file. Shown once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--places", nargs="*", default=[], metavar="CODE")
        parser.add_argument("--rounds", nargs="*", default=[], metavar="CODE")
        parser.add_argument("--password", action="store_true", help="also a name and password")
        parser.add_argument("--code", action="store_true", help="also a one-time enrolment code")
        parser.add_argument(
            "--url", default=settings.PUBLIC_URL or "http://127.0.0.1:8000", help="our address"
        )

    def handle(self, *, name: str, url: str, password: bool, code: bool, **chosen: Any) -> None:
        places, rounds = chosen["places"], chosen["rounds"]
        try:
            enrolled = enrol_device(name=name, place_codes=places, round_codes=rounds)
        except Problem as problem:
            raise CommandError(problem.words) from problem
        device, server_url = enrolled.device, enrolled.server_url(url)
        text = qr_text(collect_settings(server_url=server_url, name=name))
        self._say("Device", f"{device.pk} {name}")
        self._say("Server URL", server_url)
        self._say("Token", enrolled.token)
        self._say("QR code", _save(device.pk, qr_png(text)))
        if password:
            user_name, secret = set_password(device=device)
            self._say("Short URL", f"{url.rstrip('/')}/openrosa")
            self._say("User name", user_name)
            self._say("Password", secret)
        if code:
            self._say("Code", make_enrolment_code(device=device))

    def _say(self, what: str, value: object) -> None:
        self.stdout.write(f"{what + ':':<12} {value}")


def _save(pk: int, image: bytes) -> Path:
    """Whoever has the code is the tablet: only its owner may read the file."""
    folder = settings.VAR_DIR / "qr"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = Path(folder / f"device-{pk}.png")
    place.touch(mode=0o600)
    place.write_bytes(image)
    return place
