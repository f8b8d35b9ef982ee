"""Requests that nobody thought of, made from our OpenAPI document by schemathesis."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

CHECKED = ["not_a_server_error", "status_code_conformance", "content_type_conformance",
           "response_schema_conformance"]  # fmt: skip
Known = Mapping[str, Sequence[Any]]


@contextmanager
def application_of_the_test() -> Iterator[Any]:
    """What the web server calls, on the connection of the test, as Django's own client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    wsgi = get_wsgi_application()

    def whole_answers(environ: dict[str, Any], start: Any) -> list[bytes]:
        # Schemathesis asks for compressed answers, but a WSGI client unpacks none, nor closes.
        answer = wsgi({**environ, "HTTP_ACCEPT_ENCODING": "identity"}, start)
        with closing(answer):  # type: ignore[type-var]
            return [b"".join(answer)]

    yield whole_answers
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def try_out(
    operation: Any,
    headers: Mapping[str, str],
    *,
    examples: int = 50,
    mode: GenerationMode = GenerationMode.POSITIVE,
    known: Known | None = None,
    words: st.SearchStrategy[dict[str, str]] | None = None,
) -> None:
    """Calls one operation `examples` times and judges each answer by the document.

    `known` are values, of a path or of a body, that lead somewhere: three times in four they stand
    in place of what schemathesis makes up. `words` are more words for the query.
    """
    checks = [CHECKS.get_one(each) for each in CHECKED]

    @settings(
        max_examples=examples, derandomize=True, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(mode), data=st.data())
    def call(case: schemathesis.Case, data: st.DataObject) -> None:
        for part in (case.path_parameters, case.body):
            _lead_somewhere(part, known or {}, data)
        if words is not None:
            case.query = {**(case.query or {}), **data.draw(words)}
        case.call_and_validate(headers=dict(headers), checks=checks)

    call()


def _lead_somewhere(part: Any, known: Known, data: st.DataObject) -> None:
    if isinstance(part, dict):
        for name in part.keys() & known.keys():
            if data.draw(st.sampled_from([True, True, True, False])):
                part[name] = data.draw(st.sampled_from(known[name]))
