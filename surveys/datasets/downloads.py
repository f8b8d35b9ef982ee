"""The exports a person asked for: their list, their progress, their files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.origin import origin_of
from backend.pagination import column_key, page_of, page_size_of
from backend.problems import Problem
from backend.said import Said
from surveys.datasets.files.to_xlsx import XLSX
from surveys.datasets.models import KEPT_FOR, Export
from surveys.datasets.ranges import ByteRange, Unsatisfiable, byte_range

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
    "notes",
)
PIECE = 64 * 1024
# By the end of the file's name; said here, since each machine guesses others.
CONTENT_TYPES = {
    "zip": "application/zip",
    "xlsx": XLSX,
    "geojson": "application/geo+json",
    "kml": "application/vnd.google-earth.kml+xml",
}


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


def download(export: Export, request: HttpRequest, *, by: User) -> HttpResponseBase:
    """The file of a ready export, or the part of it asked for; who took it is written down.

    A file never changes, so its ETag is the export's id, and a download that broke off goes on by
    Range and If-Range. Raises `Problem`: `export_not_ready`, `range_unsatisfiable`, and
    `not_found` where the file was removed.
    """
    file = _open(export)
    etag = f'"{export.pk}"'
    try:
        part = _part(request, etag, export.size)
    except Unsatisfiable:
        file.close()
        raise Problem("range_unsatisfiable", size=export.size) from None
    rows = sum(export.tables.values())
    log_event(
        "export.downloaded", by=by, target=export, rows=rows, first_byte=part.first if part else 0
    )
    response = FileResponse(
        file,
        as_attachment=True,
        filename=export.file_name,
        content_type=CONTENT_TYPES[export.path.suffix.removeprefix(".")],
    )
    if part is not None:
        _narrow(response, file, part, export.size)
    response["ETag"] = etag
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, no-store"
    return response


def _part(request: HttpRequest, etag: str, size: int) -> ByteRange | None:
    if request.headers.get("If-Range", etag) != etag:
        return None
    return byte_range(request.headers.get("Range", ""), size)


def _narrow(response: FileResponse, file: BinaryIO, part: ByteRange, size: int) -> None:
    file.seek(part.first)
    left = part.length

    def pieces() -> Iterator[bytes]:
        nonlocal left
        while left and (piece := file.read(min(left, PIECE))):
            left -= len(piece)
            yield piece

    response.streaming_content = pieces()
    response.status_code = 206
    response["Content-Length"] = str(part.length)
    response["Content-Range"] = f"bytes {part.first}-{part.last}/{size}"


def _open(export: Export) -> BinaryIO:
    if export.state != Export.State.READY:
        raise Problem("export_not_ready", state=export.state)
    try:
        return Path(export.path).open("rb")
    except FileNotFoundError:
        raise Problem("not_found") from None


def _as_json(row: dict[str, Any], form_id: str, request: HttpRequest) -> dict[str, Any]:
    download = None
    if row["state"] == Export.State.READY:
        download = origin_of(request) + reverse("export-download", args=[row["id"]])
    notes = [Said.from_json(note) for note in row["notes"]]
    shown = {name: row[name] for name in SHOWN}
    shown |= {"progress": round(row["progress"], 3), "notes": notes}
    expires_at = row["asked_at"] + KEPT_FOR
    return {**shown, "form_id": form_id, "download": download, "expires_at": expires_at}
