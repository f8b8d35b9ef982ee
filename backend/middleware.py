"""Around every request: an id for its log lines, and 503 when the database is away."""

import logging
import uuid
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from backend.api import problem_json
from backend.problems import Problem

Handler = Callable[[HttpRequest], HttpResponse]
log = logging.getLogger(__name__)


def request_id(get_response: Handler) -> Handler:
    """Gives every answer an `X-Request-Id`, ours or the one a proxy sent."""

    def handle(request: HttpRequest) -> HttpResponse:
        sent = request.headers.get("X-Request-Id", "")
        name = sent if sent.isalnum() and len(sent) <= 64 else uuid.uuid4().hex
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
        try:
            return self.get_response(request)
        except (OperationalError, InterfaceError):  # raised by a middleware below, not by a view
            return problem_json(Problem("database_away"))

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answers for a view, before Django turns the exception into its 500."""
        if isinstance(error, OperationalError | InterfaceError):
            return problem_json(Problem("database_away"))
        if isinstance(error, Problem):
            return problem_json(error)
        return None


database_away = DatabaseAway
