"""How errors leave: every one is a Problem, as application/problem+json or, for people, a page."""

import logging
from typing import Any

from django.core.exceptions import DisallowedHost, PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.views import set_rollback

from backend.problems import Problem

log = logging.getLogger(__name__)
CODES: dict[type[Exception], str] = {
    exceptions.NotAuthenticated: "login_required",
    exceptions.AuthenticationFailed: "login_required",
    exceptions.PermissionDenied: "not_allowed",
    PermissionDenied: "not_allowed",
    exceptions.NotFound: "not_found",
    Http404: "not_found",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.NotAcceptable: "not_acceptable",
    exceptions.Throttled: "too_many_requests",
    OperationalError: "database_away",
    InterfaceError: "database_away",
}


def problem_response(error: Exception, context: dict[str, Any]) -> JsonResponse:
    """DRF's exception handler: any exception → a problem document."""
    set_rollback()
    problem = as_problem(error, context["request"].method or "")
    if problem.code == "internal":
        log.error("unexpected error", exc_info=error)
    return problem_json(problem)


def as_problem(error: Exception, method: str = "") -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, exceptions.MethodNotAllowed):
        return Problem("method_not_allowed", method=method)
    if isinstance(error, exceptions.ValidationError | exceptions.ParseError):
        return Problem("request_malformed", reason=_words(error.detail))
    if isinstance(error, DisallowedHost):
        return Problem("request_malformed", reason=_("This server is not known by that name."))
    for kind, code in CODES.items():
        if isinstance(error, kind):
            return Problem(code)
    return Problem("internal")


def _words(detail: Any) -> str:
    """DRF's nested lists of errors as one line: `form_id: This field is required.`"""
    if isinstance(detail, dict):
        parts = ((name, _words(inner)) for name, inner in detail.items())
        return " ".join(w if name == "non_field_errors" else f"{name}: {w}" for name, w in parts)
    if isinstance(detail, list):
        return " ".join(_words(inner) for inner in detail)
    return str(detail)


def problem_json(problem: Problem) -> JsonResponse:
    return JsonResponse(
        problem.as_json(),
        status=problem.status,
        content_type="application/problem+json",
        headers=problem.headers,
        json_dumps_params={"ensure_ascii": False},
    )


def problem_answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    """A page for a browser, a problem document for a program. Asks neither session nor database."""
    if "text/html" not in request.headers.get("Accept", ""):
        return problem_json(problem)
    page = render_to_string("problem.html", {"problem": problem})
    return HttpResponse(page, status=problem.status, headers=problem.headers)
