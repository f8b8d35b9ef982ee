"""manage.py rename_place CODE [--en NAME] [--ru NAME] [--local NAME] [--on DATE]"""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from backend.problems import Problem
from surveys.places.models import Place
from surveys.places.rename import rename_place


class Command(BaseCommand):
    help = "Gives a place another name; the old ones become aliases and are found for ever."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code")
        for language in ("en", "ru", "local"):
            parser.add_argument(f"--{language}", default="")
        parser.add_argument("--on", type=date.fromisoformat, help="since when; today if left out")

    def handle(self, *, code: str, en: str, ru: str, local: str, on: date | None, **_: Any) -> None:
        try:
            place = Place.objects.filter(code=code).first() or Place.objects.find(code)
        except Problem as problem:
            raise CommandError(problem.words) from problem
        on = on or timezone.localdate()
        rename_place(place=place, on=on, name_en=en, name_ru=ru, name_local=local)
        self.stdout.write(str(place))
