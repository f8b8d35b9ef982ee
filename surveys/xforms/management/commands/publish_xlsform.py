"""manage.py publish_xlsform FILE… [--round CODE] [--renamed OLD=NEW …]"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.problems import Problem
from surveys.xforms.findings import Finding
from surveys.xforms.publish import publish_form


class Command(BaseCommand):
    help = "Publishes an XLSForm workbook, or says what is wrong with it and where."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
        parser.add_argument("--round", default="", help="code of the round the form belongs to")
        parser.add_argument(
            "--renamed",
            action="append",
            default=[],
            metavar="OLD=NEW",
            help="a question that is the same under another name; it keeps its column",
        )

    def handle(self, *, files: list[Path], round: str, renamed: list[str], **_: Any) -> None:
        if renamed and len(files) > 1:
            raise CommandError("--renamed goes with one file.")
        for file in files:
            self._publish(file, round, renamed)

    def _publish(self, file: Path, round: str, renamed: list[str]) -> None:
        pairs = [(old, new) for old, _, new in (each.partition("=") for each in renamed)]
        try:
            published = publish_form(content=file.read_bytes(), round_code=round, renamed=pairs)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        except Problem as problem:
            findings = [Finding(**found) for found in problem.details.get("findings", [])]
            raise CommandError("\n".join([problem.words, *map(str, findings)])) from problem
        version = published.version
        done = "published" if published.created else "already published"
        self.stdout.write(f"{version.form.form_id} {version.version}: {done}")
        for warning in version.what_was_odd:
            self.stdout.write(f"warning: {warning}")
        for change in version.what_changed:
            mark = "breaks comparability" if change.breaks else "change"
            self.stdout.write(f"{mark}: {change}")
