"""manage.py merge_place CODE INTO [--on DATE] · manage.py merge_place CODE --undo"""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from backend.problems import Problem
from surveys.lifecycle.places import merge_place, undo_merge
from surveys.places.models import Place


class Command(BaseCommand):
    help = "Joins a place to another of its level, or undoes that; its records follow."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code")
        parser.add_argument("into", nargs="?", default="")
        parser.add_argument("--on", type=date.fromisoformat, help="since when; today if left out")
        parser.add_argument("--undo", action="store_true")

    def handle(self, *, code: str, into: str, on: date | None, undo: bool, **_: Any) -> None:
        if bool(into) == undo:
            raise CommandError("Name the place it becomes a part of, or --undo.")
        try:
            place = Place.objects.filter(code=code).first() or Place.objects.find(code)
            if undo:
                records = undo_merge(place=place)
            else:
                target = Place.objects.find(into)
                records = merge_place(place=place, into=target, on=on or timezone.localdate())
        except Problem as problem:
            raise CommandError(problem.words) from problem
        self.stdout.write(f"{place.code}: {records} records will be processed again.")
