"""manage.py publish_xlsform FILE… [--round CODE]"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.problems import Problem
from surveys.xforms.compare import Change
from surveys.xforms.findings import Finding
from surveys.xforms.publish import publish_form


class Command(BaseCommand):
    help = "Publishes an XLSForm workbook, or says what is wrong with it and where."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
        parser.add_argument("--round", default="", help="code of the round the form belongs to")

    def handle(self, *, files: list[Path], round: str, **_: Any) -> None:
        for file in files:
            self._publish(file, round)

    def _publish(self, file: Path, round: str) -> None:
        try:
            published = publish_form(content=file.read_bytes(), round_code=round)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        except Problem as problem:
            findings = [Finding(**found) for found in problem.details.get("findings", [])]
            raise CommandError("\n".join([problem.words, *map(str, findings)])) from problem
        version = published.version
        done = "published" if published.created else "already published"
        self.stdout.write(f"{version.form.form_id} {version.version}: {done}")
        for warning in version.warnings:
            self.stdout.write(f"warning: {Finding(**warning)}")
        for change in version.changes:
            mark = "breaks comparability" if change["breaks"] else "change"
            self.stdout.write(f"{mark}: {Change(**change)}")
