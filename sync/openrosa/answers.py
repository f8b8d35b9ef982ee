"""How every OpenRosa answer leaves: its headers, gzip, ETag, and any error as OpenRosa XML."""

import gzip
import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator
from functools import partial, wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from backend.problems import Problem
from sync.auth import authenticate, challenges
from sync.encodings import takes
from sync.openrosa import documents

log = logging.getLogger(__name__)
# Enketo takes the advertised size for a limit of each file (S2).
ENKETO_CONTENT_LENGTH = 100_000_000
XML = "text/xml; charset=utf-8"  # Collect refuses a list or manifest of any other type (D3)
COMPRESSIBLE = ("text/", "application/xml", "application/json", "application/geo+json")

View = Callable[..., HttpResponse]


def openrosa(*methods: str, pushes: bool = False) -> Callable[[View], View]:
    """Wraps a view `(request, caller, …)`: who is calling, the headers, errors as XML (D2, X1).

    `pushes` as for `authenticate`.
    """
    return answering(*methods, identify=partial(authenticate, pushes=pushes))


def answering(*methods: str, identify: Callable[[HttpRequest, str], Any]) -> Callable[[View], View]:
    """As `openrosa`; `identify` makes of the request and the token in its path who is calling."""

    def decorate(view: View) -> View:
        @wraps(view)
        def handle(request: HttpRequest, token: str = "", **named: str) -> HttpResponse:
            caller = None
            try:
                if request.method not in methods:
                    raise Problem("method_not_allowed", method=request.method)  # noqa: TRY301
                caller = identify(request, token)
                response = view(request, caller, **named)
            except Exception as error:
                response = _refuse(error, request, caller)
            if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
                response["Allow"] = ", ".join(methods)
            return finish(request, response)

        return handle

    return decorate


def finish(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """What all answers carry. A HEAD has the headers of its GET and no body (L10, F12)."""
    headers = response.headers
    headers["X-OpenRosa-Version"] = "1.0"
    headers["Cache-Control"] = "private, no-cache"
    headers["Referrer-Policy"] = "no-referrer"  # the token stands in the path
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Vary"] = "Authorization, Accept-Encoding"
    if response.status_code in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
        headers.pop("Content-Type", None)
    else:
        headers["Content-Length"] = str(len(response.content))
    if request.method == "HEAD":
        response.content = b""
    return response


def xml_answer(request: HttpRequest, document: str) -> HttpResponse:
    body = document.encode()
    return answer(request, etag=hashlib.md5(body).hexdigest(), content_type=XML, body=lambda: body)  # noqa: S324


def answer(
    request: HttpRequest, *, etag: str, content_type: str, body: Callable[[], bytes]
) -> HttpResponse:
    """The bytes with a strong ETag, compressed where the client takes it, or 304 (D7, D8)."""
    accepted = request.headers.get("Accept-Encoding", "")
    zipped = takes(accepted, "gzip") and content_type.startswith(COMPRESSIBLE)
    tag = f'"{etag}-gzip"' if zipped else f'"{etag}"'
    if _has_already(request, tag):
        return HttpResponse(status=304, headers={"ETag": tag})
    headers = {"ETag": tag}
    content = body()
    if zipped:
        headers["Content-Encoding"] = "gzip"
        content = gzip.compress(content, 6, mtime=0)
    return HttpResponse(content, content_type=content_type, headers=headers)


def how_much(request: HttpRequest) -> HttpResponse:
    """Says how much one POST should hold (S1)."""
    enketo = request.headers.get("User-Agent", "").startswith("Enketo/")
    size = ENKETO_CONTENT_LENGTH if enketo else settings.ACCEPT_CONTENT_LENGTH
    return HttpResponse(status=204, headers={"X-OpenRosa-Accept-Content-Length": str(size)})


class Challenge(HttpResponse):
    """A 401 with a line for each scheme: many clients cannot read two out of one."""

    def __init__(self, *args: Any, schemes: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.headers["WWW-Authenticate"], *self._others = schemes

    def items(self) -> Iterator[tuple[str, str]]:
        yield from super().items()
        yield from (("WWW-Authenticate", scheme) for scheme in self._others)


def refused(request: HttpRequest, problem: Problem) -> HttpResponse:
    """A Problem in the words of OpenRosa; Collect shows them as they stand."""
    body = documents.refusal(problem.words)
    named: dict[str, Any] = {
        "status": problem.status,
        "content_type": XML,
        "headers": problem.headers,
    }
    if problem.status != HTTPStatus.UNAUTHORIZED:
        return HttpResponse(body, **named)
    stale = bool(problem.details.get("stale"))
    return Challenge(body, schemes=challenges(request, stale=stale), **named)


def _has_already(request: HttpRequest, tag: str) -> bool:
    sent = request.headers.get("If-None-Match", "")
    tags = {one.strip().removeprefix("W/") for one in sent.split(",")}
    return tag in tags or "*" in tags


def _refuse(error: Exception, request: HttpRequest, caller: Any) -> HttpResponse:
    problem = _as_problem(error)
    ids = {
        "problem": problem.code,
        "status": problem.status,
        "method": request.method,
        "request_id": request.META.get("request_id"),
        "device_id": getattr(caller, "device_id", None),
        "user_id": getattr(caller, "user_id", None),
    }
    if problem.code == "internal":
        log.error("unexpected error", exc_info=error, extra=ids)
    elif problem.code != "login_required":  # the first half of every Basic exchange (A4)
        log.info("refused", extra=ids)
    return refused(request, problem)


def _as_problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, OperationalError | InterfaceError):
        return Problem("database_away")
    if isinstance(error, DisallowedHost):
        return Problem("request_malformed", reason="This server is not known by that name.")
    return Problem("internal")
