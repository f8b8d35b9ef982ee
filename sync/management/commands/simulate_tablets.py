"""`manage.py simulate_tablets`: a field week through the real HTTP door of a running server."""

import json
import time
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from sync.fieldwork.season import Tally, play_season
from sync.fieldwork.tablet import ServerSurprise, Tablet

DEMO_FILE: Path = settings.VAR_DIR / "demo.json"


class Command(BaseCommand):
    help = "Sends a small field week to a running server; exit 1 when an answer is unexpected."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="where it serves")
        parser.add_argument("--token", action="append", default=[], help="a tablet's; repeatable")
        parser.add_argument("--households", type=int, default=60)
        parser.add_argument("--seed", type=int, default=1, help="another seed, another week")
        parser.add_argument("--monday", type=date.fromisoformat, default=date(2014, 6, 2))

    def handle(self, **options: Any) -> None:
        started = time.monotonic()
        tablets = [
            Tablet(url, name=f"simulated-{index}")
            for index, url in enumerate(_server_urls(options["url"], options["token"]))
        ]
        try:
            tally = play_season(
                tablets,
                households=options["households"],
                seed=options["seed"],
                monday=options["monday"],
                say=self.stdout.write,
            )
        except (ServerSurprise, ConnectionError) as error:
            raise CommandError(str(error)) from error
        finally:
            for tablet in tablets:
                tablet.close()
        self._report(tally, time.monotonic() - started)

    def _report(self, tally: Tally, seconds: float) -> None:
        for (what, status), count in sorted(tally.answers.items()):
            self.stdout.write(f"{count:>6}  {status}  {what}")
        self.stdout.write(f"in {seconds:.1f} s")
        if tally.surprises:
            raise CommandError("unexpected answers:\n" + "\n".join(tally.surprises[:20]))


def _server_urls(url: str, tokens: list[str]) -> list[str]:
    """One for each token; without tokens, those of the demonstration's devices."""
    if tokens:
        return [f"{url.rstrip('/')}/key/{token}" for token in tokens]
    if not DEMO_FILE.is_file():
        raise CommandError(f"no --token given and no {DEMO_FILE}")
    return [device["server_url"] for device in json.loads(DEMO_FILE.read_text())["devices"]]
