"""manage.py reprocess: clean rows, flags, households and entities made again from submissions."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from surveys.lifecycle.rebuild import rebuild_records
from surveys.submissions.models import Submission
from surveys.xforms.models import Form


class Command(BaseCommand):
    help = "Makes clean rows, flags, households and entities again from the submissions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--form", default="", metavar="ID", help="only this form")
        parser.add_argument("--parked", action="store_true", help="only what was parked")

    def handle(self, *args: Any, form: str, parked: bool, **options: Any) -> None:
        if form and not Form.objects.filter(form_id=form).exists():
            raise CommandError(f"There is no form {form!r}.")
        done = 0
        for done in rebuild_records(form_id=form, parked=parked):
            self.stdout.write(f"{done} …")
        left = Submission.objects.waiting().count()
        still = Submission.objects.filter(state=Submission.State.PARKED).count()
        self.stdout.write(f"{done} processed again; {left} waiting, {still} parked.")
