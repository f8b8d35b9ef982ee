"""tus 1.0.0 (sync.md 3): uploads that go on where they broke, for tus-js-client, tuspy and others.

The body is never in memory, and no database connection is held while it trickles in.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.urls import reverse
from django.utils import timezone
from django.utils.http import http_date
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from backend.problems import Problem
from backend.statements import release_connection
from sync import tus
from sync.api.views import DeviceView
from sync.encodings import media_type
from sync.models import Upload
from sync.promises import Promised, create_upload
from sync.uploads import end_upload, offset_of, receive_pieces

PIECE_BYTES = 16 * 1024  # at most so much is not on the disk yet when a link dies


class TusView(DeviceView):
    """What all answers of tus share: the version, and no caching."""

    pushes = True
    unread_bytes = 64 * 1024  # of a file much longer than any push

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Some clients can say PATCH or DELETE only in a header."""
        override = request.headers.get("X-HTTP-Method-Override", "")
        request.method = override.upper() or request.method
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.method == "OPTIONS":
            return  # what we can is no secret
        if request.headers.get("Tus-Resumable") != tus.VERSION:
            raise Problem("tus_version_unknown")
        super().initial(request, *args, **kwargs)

    @property
    def device_id(self) -> int:
        assert self.caller.device_id is not None
        return self.caller.device_id

    def options(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]
        """What we offer; asked without a token."""
        headers = {
            "Tus-Version": tus.VERSION,
            "Tus-Extension": tus.EXTENSIONS,
            "Tus-Max-Size": str(settings.MAX_UPLOAD_BYTES),
            "Tus-Checksum-Algorithm": ",".join(tus.CHECKSUMS),
        }
        return HttpResponse(status=204, headers=headers)

    def finalize_response(  # type: ignore[override]
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer["Tus-Resumable"] = answer["Tus-Version"] = tus.VERSION
        if request.method == "HEAD":
            answer.content = b""
        return answer


class UploadsView(TusView):
    @extend_schema(request=None, responses={201: None})
    def post(self, request: Request) -> HttpResponse:
        """Creation, with or without the first bytes; the same file again is the same upload."""
        if "Upload-Defer-Length" in request.headers:
            raise Problem("upload_malformed", reason="Upload-Length must be known at once.")
        size = tus.read_number(request.headers, "Upload-Length")
        about = tus.read_metadata(request.headers.get("Upload-Metadata", ""))
        upload = create_upload(
            device_id=self.device_id,
            instance_id=about.instance_id,
            file=Promised(about.name, size, about.sha256, about.filetype),
        )
        end = offset_of(upload, at_rest=True)
        if end == 0 and _has_bytes(request):
            end = _receive(request, upload, at=0)
        response = _answer(201, upload, end)
        response["Location"] = _origin(request) + reverse("upload", args=[upload.pk])
        return response


class UploadView(TusView):
    def head(self, request: Request, pk: UUID) -> HttpResponse:
        upload = self.upload(pk)
        response = _answer(200, upload, offset_of(upload, at_rest=True))
        response["Upload-Length"] = str(upload.size)
        response["Upload-Metadata"] = tus.write_metadata(
            tus.Metadata(upload.instance_id, upload.name, upload.sha256, upload.content_type)
        )
        return response

    @extend_schema(request=None, responses={204: None})
    def patch(self, request: Request, pk: UUID) -> HttpResponse:
        if not _has_bytes(request):
            raise Problem("upload_type_wrong")
        at = tus.read_number(request.headers, "Upload-Offset")
        upload = self.upload(pk)
        return _answer(204, upload, _receive(request, upload, at=at))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> HttpResponse:
        end_upload(self.upload(pk))
        return HttpResponse(status=204)

    def upload(self, pk: UUID) -> Upload:
        """Another tablet's upload is not there for this one."""
        upload = Upload.objects.filter(pk=pk, device_id=self.device_id).first()
        if upload is None:
            raise Problem("not_found")
        if upload.stored_at is None and upload.expires_at < timezone.now():
            raise Problem("upload_expired")
        return upload


def _receive(request: Request, upload: Upload, *, at: int) -> int:
    checksum = tus.read_checksum(request.headers.get("Upload-Checksum", ""))
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    release_connection()  # a slow body must not keep one
    return receive_pieces(upload, _pieces(request), at=at, length=length, checksum=checksum)


def _pieces(request: Request) -> Iterator[bytes]:
    """The body as it comes; a broken link ends it."""
    try:
        while piece := request._request.read(PIECE_BYTES):
            yield piece
    except UnreadablePostError:
        return


def _has_bytes(request: Request) -> bool:
    return media_type(request.headers.get("Content-Type", "")) == tus.CONTENT_TYPE


def _answer(status: int, upload: Upload, offset: int) -> HttpResponse:
    headers = {
        "Upload-Offset": str(offset),
        "Upload-Expires": http_date(upload.expires_at.timestamp()),
    }
    return HttpResponse(status=status, headers=headers)


def _origin(request: Request) -> str:
    return settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"
