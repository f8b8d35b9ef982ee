"""manage.py check_quality: all quality checks over all records, now."""

from typing import Any

from django.core.management.base import BaseCommand

from surveys.quality.check import check_quality


class Command(BaseCommand):
    help = "Runs all quality checks over all records; writes only what has changed."

    def handle(self, *args: Any, **options: Any) -> None:
        run = check_quality()
        self.stdout.write(
            f"{run.records} records in {run.seconds} s: {run.found} found, {run.opened} opened, "
            f"{run.reopened} opened again, {run.closed} closed."
        )
        for code, error in run.broken.items():
            self.stderr.write(f"The check {code} broke ({error}); its flags were left alone.")
