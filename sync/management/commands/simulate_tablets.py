"""`manage.py simulate_tablets`: a season of field work over the real HTTP interfaces of a running
server, and at its end the differences between what the tablets believe and what the server holds.
"""

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backend.accounts.models import User
from sync.fieldwork.audit import differences, wait_until_linked
from sync.fieldwork.link import LINKS, STEADY
from sync.fieldwork.office import Office
from sync.fieldwork.report import report
from sync.fieldwork.season import Season, plan_season
from sync.fieldwork.tablet import ServerSurprise
from sync.models import Device

DEMO_FILE: Path = settings.VAR_DIR / "demo.json"
CARDS_A_SEASON = 3001


class Command(BaseCommand):
    help = (
        "Plays a season with invented tablets against a server that runs on this database, both"
        " protocols; exit 1 when a tablet believes what the server does not hold. For servers to"
        " try things on: the records stay there."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", default="", help="where it serves; else as demo.json says")
        parser.add_argument("--tablets", type=int, default=8)
        parser.add_argument("--days", type=int, default=7)
        parser.add_argument("--link", choices=sorted(LINKS), help="how it breaks; else it does not")
        parser.add_argument("--households", type=int, help="else one a tablet and day")
        parser.add_argument("--seed", type=int, default=1, help="another seed, another season")
        parser.add_argument(
            "--calm", action="store_true", help="the office changes no token, place or version"
        )

    def handle(self, **options: Any) -> None:
        started = time.monotonic()
        season = self._season(options)
        try:
            season.play()
            found = self._compare(season)
        except (ServerSurprise, ConnectionError) as error:
            raise CommandError(str(error)) from error
        finally:
            season.close()
        for line in report(season):
            self.stdout.write(line)
        self.stdout.write(f"{len(found)} differences, in {time.monotonic() - started:.1f} s")
        if found:
            raise CommandError("differences:\n" + "\n".join(found[:50]))

    def _season(self, options: dict[str, Any]) -> Season:
        played = Device.objects.filter(name__startswith="simulated-").values("name")
        runs = len({each["name"].rpartition("-")[0] for each in played})
        name = f"{options['seed']}-{runs}"
        demo = _read_demo()
        url = (options["url"] or demo["base_url"]).rstrip("/")
        world = plan_season(
            url=url,
            token=demo["devices"][0]["token"],  # which forms there are
            season=name,
            tablets=options["tablets"],
            days=options["days"],
            households=options["households"] or options["tablets"] * options["days"],
            card=(options["seed"] * 1000 + runs * CARDS_A_SEASON) % 100_000,
        )
        return Season(
            office=Office(by=User.objects.filter(role=User.Role.ADMIN).earliest("pk"), season=name),
            world=world,
            url=url,
            quality=LINKS.get(options["link"] or "", STEADY),
            calm=options["calm"],
            say=self.stdout.write,
        )

    def _compare(self, season: Season) -> list[str]:
        wait_until_linked(season)
        season.fetch_all()
        return list(differences(season))


def _read_demo() -> dict[str, Any]:
    if not DEMO_FILE.is_file():
        raise CommandError(f"no {DEMO_FILE}: run `manage.py demo` first")
    demo: dict[str, Any] = json.loads(DEMO_FILE.read_text())
    return demo
