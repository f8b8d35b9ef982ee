"""manage.py train_linkage VERSION OUT.json"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from surveys.households.train import train_from_decisions
from surveys.linkage.model import ModelError


class Command(BaseCommand):
    help = "Makes a model file of what reviewers decided; refuses one out of its expected range."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("version", help="what the new version is called")
        parser.add_argument("target", type=Path, metavar="OUT.json")

    def handle(self, *, version: str, target: Path, **_: Any) -> None:
        try:
            trained = train_from_decisions(version=version)
        except ModelError as error:
            raise CommandError(f"{error.code}: {error}") from error
        target.write_bytes(trained.raw)
        self.stdout.write(
            f"{target}: version {version}, from {trained.same} pairs called the same and"
            f" {trained.different} called different. Nothing is published yet: see what it would"
            f" change with relink --model {target}"
        )
