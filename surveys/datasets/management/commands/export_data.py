"""Writes a form's records to a file, as the API's exports do."""

import shutil
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.accounts.models import User
from backend.problems import Problem
from surveys.datasets.build import build_waiting_exports, request_export
from surveys.datasets.export_files import KINDS
from surveys.datasets.models import Export


class Command(BaseCommand):
    help = "Writes a form's records to FILE: a workbook, or a zip of tables."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("form_id")
        parser.add_argument("file", type=Path)
        parser.add_argument("--as", dest="user", default="", help="whose rights it has (an admin)")
        parser.add_argument("--kind", choices=list(KINDS), default="xlsx")
        parser.add_argument("--labels", metavar="LANGUAGE", default="", help="labels for codes")
        parser.add_argument("--separator", choices=[",", ";"], default=",", help="in CSV")
        parser.add_argument("--purpose", default="manage.py export_data")

    def handle(self, *args: Any, **options: Any) -> None:
        export = self._ask(options)
        while export.state in {Export.State.WAITING, Export.State.RUNNING}:
            if not build_waiting_exports(only=export.pk):
                time.sleep(1)  # a worker was quicker, or the try before failed
            export.refresh_from_db()
        if export.state != Export.State.READY:
            raise CommandError(export.error)
        shutil.copyfile(export.path, options["file"])
        for table, rows in export.tables.items():
            self.stdout.write(f"{table}: {rows} rows")

    def _ask(self, options: dict[str, Any]) -> Export:
        try:
            return request_export(
                form_id=options["form_id"],
                kind=options["kind"],
                by=self._user(options["user"]),
                language=options["labels"],
                labels=bool(options["labels"]),
                separator=options["separator"],
                purpose=options["purpose"],
            )
        except Problem as problem:
            raise CommandError(problem.words) from problem

    def _user(self, username: str) -> User:
        users = User.objects.filter(is_active=True).order_by("pk")
        named = users.filter(username=username) if username else users.filter(role=User.Role.ADMIN)
        user = named.first()
        if user is None:
            raise CommandError(f"There is no user {username!r}." if username else "No admin yet.")
        return user
