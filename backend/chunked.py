"""Makes a chunked request body readable to Django, which drops a body without Content-Length.

OkHttp and proxies may send one (openrosa.md S16). The body is spooled to a temporary file first.
"""

import json
import tempfile
from collections.abc import Callable, Iterable
from typing import IO, Any

from backend.problems import Problem

LIMIT_MB = 1024
IN_MEMORY, PIECE = 1024 * 1024, 64 * 1024  # bytes
App = Callable[[dict[str, Any], Any], Iterable[bytes]]


class TooLarge(Exception):
    """The body goes on beyond the limit."""


def with_chunked_bodies(app: App, *, limit: int = LIMIT_MB * 1024 * 1024) -> App:
    """The same WSGI application, seeing a chunked body as one of known length."""

    def handle(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("HTTP_TRANSFER_ENCODING", "").lower() != "chunked":
            return app(environ, start_response)
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as body:
            try:
                length = _copy(environ["wsgi.input"], body, limit)
            except TooLarge:
                return _refuse(start_response)
            body.seek(0)
            environ |= {"wsgi.input": body, "CONTENT_LENGTH": str(length)}
            return app(environ, start_response)

    return handle


def _copy(source: IO[bytes], target: IO[bytes], limit: int) -> int:
    length = 0
    while piece := source.read(PIECE):
        length += len(piece)
        if length > limit:
            raise TooLarge
        target.write(piece)
    return length


def _refuse(start_response: Any) -> Iterable[bytes]:
    problem = Problem("body_too_large", limit_mb=LIMIT_MB)
    start_response(
        f"{problem.status} {problem.kind.title}", [("Content-Type", "application/problem+json")]
    )
    return [json.dumps(problem.as_json()).encode()]
