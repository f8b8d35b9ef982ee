"""manage.py enrol_device: a tablet's server URL, token and QR code."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backend.problems import Problem
from sync.enrol import enrol_device
from sync.qr import collect_settings, qr_png, qr_text


class Command(BaseCommand):
    help = "Enrols a tablet and prints its server URL, token and QR file. Shown once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--places", nargs="*", default=[], metavar="CODE")
        parser.add_argument(
            "--url", default=settings.PUBLIC_URL or "http://127.0.0.1:8000", help="our address"
        )

    def handle(self, *, name: str, places: list[str], url: str, **_: Any) -> None:
        try:
            enrolled = enrol_device(name=name, place_codes=places)
        except Problem as problem:
            raise CommandError(problem.words) from problem
        server_url = enrolled.server_url(url)
        text = qr_text(collect_settings(server_url=server_url, name=name))
        self.stdout.write(f"Device:      {enrolled.device.pk} {name}")
        self.stdout.write(f"Server URL:  {server_url}")
        self.stdout.write(f"Token:       {enrolled.token}")
        self.stdout.write(f"QR code:     {_save(enrolled.device.pk, qr_png(text))}")


def _save(pk: int, image: bytes) -> Path:
    """Whoever has the code is the tablet: only its owner may read the file."""
    folder = settings.VAR_DIR / "qr"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = Path(folder / f"device-{pk}.png")
    place.touch(mode=0o600)
    place.write_bytes(image)
    return place
