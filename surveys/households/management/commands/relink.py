"""manage.py relink [--model FILE] [--publish]"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from surveys.households.relink import Plan, plan_relink, publish_relink
from surveys.linkage.model import ModelError


class Command(BaseCommand):
    help = "Links all registrations anew and shows what would change; --publish makes it so."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--model", type=Path, help="a model file to try; published with it")
        parser.add_argument("--publish", action="store_true")
        parser.add_argument("--workers", type=int, default=2, help="processes beside this one")
        parser.add_argument("--pairs", action="store_true", help="list the pairs, by record ids")

    def handle(self, **given: Any) -> None:
        try:
            raw = given["model"].read_bytes() if given["model"] else None
            plan = plan_relink(raw=raw, workers=given["workers"])
            self._show(plan, pairs=given["pairs"])
            if given["publish"]:
                publish_relink(plan=plan)
                self.stdout.write("published")
        except (ModelError, OSError) as error:
            raise CommandError(str(error)) from error

    def _show(self, plan: Plan, *, pairs: bool) -> None:
        before, after = plan.households
        self.stdout.write(
            f"{plan.records} registrations under model {plan.model.version}:"
            f" {before} households now, {after} then"
        )
        changes = {
            "merges added": plan.merges_added,
            "merges lost": plan.merges_lost,
            "review added": plan.reviews_added,
        }
        for words, found in changes.items():
            self.stdout.write(f"{words}: {len(found)}")
            for a, b in found if pairs else ():
                self.stdout.write(f"  {a} {b}")
