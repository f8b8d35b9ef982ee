"""manage.py load_places [FILE…]"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from surveys.places.load import SHIPPED, SHIPPED_FILES, load_file


class Command(BaseCommand):
    help = "Loads places, their older names and outlines; without a file, those we ship."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", type=Path)

    def handle(self, *, files: list[Path], **_: Any) -> None:
        for file in files or [SHIPPED / name for name in SHIPPED_FILES]:
            try:
                count = load_file(file)
            except (OSError, ValueError) as error:
                raise CommandError(str(error)) from error
            self.stdout.write(f"{file.name}: {count}")
