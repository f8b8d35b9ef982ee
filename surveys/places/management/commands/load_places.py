"""manage.py load_places [FILE…]"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from surveys.places.load import load_boundaries, load_places

SHIPPED = Path(settings.BASE_DIR) / "data" / "places"
SHIPPED_FILES = ("admin_units.csv", "sample_villages.csv")


class Command(BaseCommand):
    help = "Loads places from CSV and boundaries from GeoJSON; without a file, those we ship."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", type=Path)

    def handle(self, *, files: list[Path], **_: Any) -> None:
        for file in files or self._shipped():
            load = load_boundaries if file.suffix == ".geojson" else load_places
            self.stdout.write(f"{file.name}: {load(file)} places")

    def _shipped(self) -> list[Path]:
        return [SHIPPED / name for name in SHIPPED_FILES] + sorted(SHIPPED.glob("*.geojson"))
