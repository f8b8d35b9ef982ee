"""Around every request: an id for its log lines, 503 without a database, a content policy."""

import logging
import secrets
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from backend.api import problem_answer
from backend.problems import Problem

# Everything a page needs comes from this server. Swagger UI writes its own styles and icons.
PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
API_DOCS_POLICY = f"{PAGE_POLICY}; style-src 'self' 'unsafe-inline'"
Handler = Callable[[HttpRequest], HttpResponse]
log = logging.getLogger(__name__)


def request_id(get_response: Handler) -> Handler:
    """Gives every answer an `X-Request-Id`, ours or the one a proxy sent."""

    def handle(request: HttpRequest) -> HttpResponse:
        sent = request.headers.get("X-Request-Id", "")
        name = sent if sent.isalnum() and len(sent) <= 64 else secrets.token_hex(8)
        request.META["request_id"] = name
        response = get_response(request)
        response["X-Request-Id"] = name
        if response.status_code >= 500:
            log.warning(
                "answered with an error",
                extra={
                    "request_id": name,
                    "status": response.status_code,
                    "method": request.method,
                },
            )
        return response

    return handle


class DatabaseAway:
    """Turns a lost database into 503 with `Retry-After`: a tablet must try again, not give up."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answers for a view, before Django's last resort (`backend.views.internal`) would."""
        if isinstance(error, OperationalError | InterfaceError):
            return problem_answer(request, Problem("database_away"))
        if isinstance(error, Problem):
            return problem_answer(request, error)
        return None


database_away = DatabaseAway


def content_policy(get_response: Handler) -> Handler:
    """Tells browsers to load and run only what this server sends, on every page."""

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            docs = request.path.startswith("/api/docs/")
            response["Content-Security-Policy"] = API_DOCS_POLICY if docs else PAGE_POLICY
        return response

    return handle
