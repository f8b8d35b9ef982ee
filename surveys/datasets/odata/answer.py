"""How a view under `/v1/` asks and answers: who calls, JSON out, every error as tools expect it.

An error is our problem document with what ODK's clients (`message`) and OData's (`error`) look for.
"""

import logging
from collections.abc import Callable, Iterator
from functools import wraps
from itertools import chain, islice
from typing import Any
from urllib.parse import quote

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt

from backend.accounts.callers import caller_of
from backend.api import as_problem
from backend.origin import origin_of
from backend.problems import Problem

log = logging.getLogger(__name__)
ODATA_JSON = "application/json;odata.metadata=minimal;charset=utf-8"
HEADERS = {"OData-Version": "4.0", "Cache-Control": "private, no-cache", "Vary": "Authorization"}
View = Callable[..., HttpResponseBase]


def for_tools(view: Callable[..., HttpResponseBase]) -> View:
    """A GET for whoever sends a token, with the view's `user`; no session, errors as JSON."""

    def authenticated(request: HttpRequest, **parts: Any) -> HttpResponseBase:
        if request.method not in {"GET", "HEAD"}:
            raise Problem("method_not_allowed", method=request.method or "", allow="GET, HEAD")
        return view(request, caller_of(request), **parts)

    return telling_problems(authenticated)


def telling_problems(view: Callable[..., HttpResponseBase]) -> View:
    """Answers in JSON whatever goes wrong."""

    @csrf_exempt
    @wraps(view)
    def handle(request: HttpRequest, **parts: Any) -> HttpResponseBase:
        try:
            return view(request, **parts)
        except Exception as error:
            return error_answer(as_problem(error, request.method or ""), error)

    return handle


def error_answer(problem: Problem, error: Exception) -> HttpResponse:
    if problem.code == "internal":
        log.error("unexpected error", exc_info=error)
    said = {"code": problem.code, "message": problem.words}
    answer = json_answer({**problem.as_json(), **said, "error": said}, status=problem.status)
    for name, value in problem.headers.items():
        answer[name] = value
    if "allow" in problem.details:
        answer["Allow"] = str(problem.details["allow"])
    if problem.code == "login_required":
        answer["WWW-Authenticate"] = 'Basic realm="oila", charset="UTF-8"'
    return answer


def json_answer(body: Any, *, status: int = 200) -> HttpResponse:
    return HttpResponse(
        orjson.dumps(body, default=str), status=status, content_type=ODATA_JSON, headers=HEADERS
    )


def streamed(pieces: Iterator[bytes]) -> HttpResponseBase:
    """Whole where it is short; the first rows are read first, so that an error has its status."""
    ready = list(islice(pieces, 4))
    if len(ready) < 4:
        return HttpResponse(b"".join(ready), content_type=ODATA_JSON, headers=HEADERS)
    return StreamingHttpResponse(chain(ready, pieces), content_type=ODATA_JSON, headers=HEADERS)


def service_of(request: HttpRequest, project: int, form_id: str) -> str:
    """The absolute address of a form's feed, as callers see it: behind a proxy too."""
    return f"{origin_of(request)}/v1/projects/{project}/forms/{quote(form_id, safe='')}.svc"
