"""Every error leaves the JSON API as the same kind of document (RFC 9457)."""

import json
from string import Formatter

import pytest
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.test import RequestFactory
from rest_framework import exceptions

from backend.api import as_problem, problem_answer, problem_json
from backend.problems import KINDS, RETRY_AFTER_SECONDS, Problem


def details_for(code: str) -> dict[str, str]:
    names = {name for _text, name, _spec, _conversion in Formatter().parse(KINDS[code].words)}
    return {name: "7" for name in names if name}


@pytest.mark.parametrize("code", sorted(KINDS))
def test_every_code_makes_a_problem_document(code):
    answer = problem_json(Problem(code, **details_for(code)))

    document = json.loads(answer.content)
    assert answer["Content-Type"] == "application/problem+json"
    assert document["status"] == answer.status_code == KINDS[code].status
    assert document["code"] == code
    assert document["type"] == f"/docs/problems#{code}"
    assert document["title"]
    assert "{" not in document["detail"]


@pytest.mark.parametrize(
    "code", sorted(c for c, kind in KINDS.items() if kind.status in {429, 503})
)
def test_what_will_pass_says_when_to_try_again(code):
    details = details_for(code)
    answer = problem_json(Problem(code, **details))
    assert answer["Retry-After"] == str(details.get("retry_after", RETRY_AFTER_SECONDS))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OperationalError("server closed the connection"), "database_away"),
        (InterfaceError("connection already closed"), "database_away"),
        (Http404(), "not_found"),
        (exceptions.NotAuthenticated(), "login_required"),
        (exceptions.MethodNotAllowed("PUT"), "method_not_allowed"),
        (exceptions.ParseError("JSON parse error"), "request_malformed"),
        (ValueError("Асанова Гүлнара"), "internal"),
    ],
)
def test_an_exception_becomes_its_problem_and_never_quotes_what_we_do_not_know(error, code):
    problem = as_problem(error)

    assert problem.code == code
    assert "Гүлнара" not in json.dumps(problem.as_json(), ensure_ascii=False)


def test_a_browser_gets_a_page_and_a_program_a_document():
    make = RequestFactory()
    problem = Problem("database_away")

    page = problem_answer(make.get("/", headers={"Accept": "text/html"}), problem)
    document = problem_answer(make.get("/", headers={"Accept": "application/json"}), problem)

    assert page["Content-Type"].startswith("text/html")
    assert document["Content-Type"] == "application/problem+json"
    assert page.status_code == document.status_code == 503
    assert page["Retry-After"] == document["Retry-After"]
