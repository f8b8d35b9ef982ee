"""The exports a person asked for: their list, their progress, their files."""

from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.pagination import column_key, page_of, page_size_of
from backend.problems import Problem
from surveys.datasets.models import Export

SHOWN = (
    "id",
    "kind",
    "layer",
    "filter",
    "state",
    "progress",
    "tables",
    "as_of",
    "asked_at",
    "size",
    "error",
)


def own_exports(user: User) -> QuerySet[Export]:
    """What the user asked for; an admin sees all; a token of some forms only theirs."""
    mine = Q() if user.has_role(User.Role.ADMIN) else Q(asked_by=user)
    if user.token is not None and user.token.form_ids:
        mine &= Q(form__form_id__in=user.token.form_ids)
    return Export.objects.filter(mine)


def own_export(user: User, export_id: UUID) -> Export:
    """Raises `Problem("not_found")`, also for somebody else's."""
    export = own_exports(user).select_related("form").filter(pk=export_id).first()
    if export is None:
        raise Problem("not_found")
    return export


def exports_page(user: User, request: HttpRequest) -> dict[str, Any]:
    page = page_of(
        own_exports(user),
        [column_key("asked_at", "asked_at", descending=True), column_key("id", "id")],
        lambda ids: Export.objects.filter(pk__in=ids).values(*SHOWN, "form__form_id"),
        request=request,
        list_name="exports",
        size=page_size_of(request),
    )
    results = [_as_json(row, row["form__form_id"], request) for row in page.rows]
    return {"next": page.next, "previous": page.previous, "results": results}


def export_json(export: Export, request: HttpRequest) -> dict[str, Any]:
    row = {name: getattr(export, name) for name in SHOWN}
    return _as_json(row, export.form.form_id, request)


def open_download(export: Export, *, by: User) -> BinaryIO:
    """The file of a ready export; who took it is written down.

    Raises `Problem("export_not_ready")`, and `not_found` where the file was removed.
    """
    if export.state != Export.State.READY:
        raise Problem("export_not_ready", state=export.state)
    try:
        file = Path(export.path).open("rb")  # noqa: SIM115  the response closes it
    except FileNotFoundError:
        raise Problem("not_found") from None
    log_event("export.downloaded", by=by, target=export, rows=sum(export.tables.values()))
    return file


def _as_json(row: dict[str, Any], form_id: str, request: HttpRequest) -> dict[str, Any]:
    download = None
    if row["state"] == Export.State.READY:
        download = request.build_absolute_uri(reverse("export-download", args=[row["id"]]))
    shown = {name: row[name] for name in SHOWN} | {"progress": round(row["progress"], 3)}
    return {**shown, "form_id": form_id, "download": download}
