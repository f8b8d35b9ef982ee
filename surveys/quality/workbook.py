"""kept_workbook: the daily report as a file, made once a run for all who see the same.

Making it takes seconds of computing; the night makes it ahead for those who were here lately.
"""

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings
from django.db.models import Count, Max
from django.utils import timezone, translation

from backend.accounts.models import User
from backend.accounts.permissions import may_read_records
from surveys.cleaning.models import CleanRow, DeletedRecord
from surveys.privacy.access import sight_of
from surveys.quality.models import QualityRun
from surveys.quality.reading import last_run
from surveys.quality.report import report_xlsx

LATELY = timedelta(days=14)


def kept_workbook(user: User) -> bytes:
    """The file of the newest run for what this user sees, in the language of the moment.

    Before the first run it is made and not kept. Once a record was deleted or became one of legal
    aid, files that were made before are removed and made anew.
    """
    run = last_run()
    if run is None:
        return report_xlsx(user)
    name = _name(run)
    path = _folder() / f"{name}{_sight(user)}.xlsx"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        content = report_xlsx(user)
        _write(path, content)
        _remove_all_but(name)
        return content


def make_workbooks(run: QualityRun) -> int:
    """Makes the file of everybody who was here lately; removes those of other runs."""
    users = User.objects.filter(is_active=True, last_login__gte=timezone.now() - LATELY)
    made = set()
    for user in filter(may_read_records, users):
        with translation.override(user.language or settings.LANGUAGE_CODE):
            path = _folder() / f"{_name(run)}{_sight(user)}.xlsx"
            if not path.exists():
                _write(path, report_xlsx(user))
            made.add(path)
    _remove_all_but(_name(run))
    return len(made)


def _remove_all_but(name: str) -> None:
    for path in _folder().glob("*.xlsx"):
        if not path.name.startswith(name):
            path.unlink(missing_ok=True)


def _name(run: QualityRun) -> str:
    """With its moment: a database that is restored counts runs anew. And with what was taken away:
    read before a file is made, so that what goes meanwhile makes the file old at once.
    """
    return f"{run.pk}-{run.began_at:%Y%m%dT%H%M%S%f}-{_taken_away()}-"


def _taken_away() -> str:
    """Another word once a record is deleted or restricted, or is so no longer."""
    deleted = DeletedRecord.objects.aggregate(count=Count("pk"), newest=Max("deleted_at"))
    closed = CleanRow.objects.filter(restricted=True, repeat="").order_by("id")
    told = hashlib.sha256(f"{deleted['count']} {deleted['newest']}".encode())
    for pk in closed.values_list("id", flat=True).iterator():
        told.update(pk.bytes)
    return told.hexdigest()[:16]


def _sight(user: User) -> str:
    """The same for all who see the same in the same language."""
    sight = sight_of(user)
    places = None if sight.places is None else sorted(sight.places.values_list("path", flat=True))
    told = [sight.legal_aid, sight.partner, sight.form_ids, places, translation.get_language()]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]


def _write(path: Path, content: bytes) -> None:
    """Under its name only when it is whole."""
    with NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    Path(file.name).replace(path)


def _folder() -> Path:
    folder: Path = settings.EXPORT_DIR / "quality"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
