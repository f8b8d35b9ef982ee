"""How an answer of the sync API leaves: compressed, with no header that a tablet does not need.

On 2G each header is paid for: a pull with nothing new may cost 400 bytes in all.
"""

import gzip

import brotli
from django.http import HttpRequest, HttpResponse
from rest_framework.response import Response

from sync.encodings import takes

SMALLEST = 150  # bytes; below that compressing gains nothing
NEEDLESS = ("Vary", "X-Frame-Options", "Allow")


def finish(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Renders, compresses and strips what a view answers."""
    if isinstance(response, Response) and not response.is_rendered:
        response.render()
    if not response.streaming and not response.has_header("Content-Encoding"):
        _compress(request.headers.get("Accept-Encoding", ""), response)
    for name in NEEDLESS:
        if name != "Allow" or response.status_code != 405:
            del response[name]
    if not response.streaming and response.content:  # else it goes out in chunks
        response["Content-Length"] = str(len(response.content))
    response["Cache-Control"] = "no-store"
    return response


def _compress(accepted: str, response: HttpResponse) -> None:
    if len(response.content) < SMALLEST:
        return
    if takes(accepted, "br"):
        response.content = brotli.compress(response.content, quality=9)
        response["Content-Encoding"] = "br"
    elif takes(accepted, "gzip"):
        response.content = gzip.compress(response.content, 9, mtime=0)
        response["Content-Encoding"] = "gzip"
