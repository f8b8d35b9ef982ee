"""manage.py plan_visits [ROUND…]"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from surveys.entities.visits import plan_visits
from surveys.rounds.models import Round


class Command(BaseCommand):
    help = "Works out at once which households are due in a round; beat does so every hour."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("rounds", nargs="*", metavar="ROUND", help="codes; all without any")

    def handle(self, *, rounds: list[str], **_: Any) -> None:
        known = {each.code: each for each in Round.objects.exclude(follows=None)}
        unknown = sorted(set(rounds) - known.keys())
        if unknown:
            raise CommandError(f"no round that follows another: {', '.join(unknown)}")
        for code in rounds or sorted(known):
            self.stdout.write(f"{code}: {plan_visits(round=known[code])} visits changed")
