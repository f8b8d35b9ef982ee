"""The OpenAPI document of the sync API holds, against requests nobody thought of (schemathesis)."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis.checks import CHECKS

from backend.accounts.models import User
from surveys.xforms.models import Form
from sync.enrol import Enrolled

SYNC = "/api/v1/sync/"
CHECKED = ["not_a_server_error", "status_code_conformance", "content_type_conformance",
           "response_schema_conformance"]  # fmt: skip


@pytest.fixture
def document(alice: User) -> dict[str, Any]:
    client = Client()
    client.force_login(alice)
    return client.get("/api/schema/").json()


@pytest.fixture
def application() -> Iterator[Any]:
    """What the web server calls, on the connection of the test, as Django's own client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    wsgi = get_wsgi_application()
    # Schemathesis asks for compressed answers, but a WSGI client unpacks none.
    yield lambda environ, start: wsgi({**environ, "HTTP_ACCEPT_ENCODING": "identity"}, start)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    paths = {path: item for path, item in document["paths"].items() if path.startswith(SYNC)}
    assert {"enrol", "push", "pull", "health"} <= {path.removeprefix(SYNC) for path in paths}
    return [operation for item in paths.values() for operation in item.values()]


def test_every_operation_of_the_sync_api_is_described(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()
    assert document["components"]["securitySchemes"]["deviceToken"]["scheme"] == "bearer"
    for operation in operations(document):
        assert operation["tags"] == ["sync"], operation["operationId"]


def test_every_example_is_what_its_schema_says(document: dict[str, Any]) -> None:
    found = 0
    for operation in operations(document):
        answers = [answer for answer in operation["responses"].values() if "content" in answer]
        for content in (operation.get("requestBody", {}), *answers):
            for media in content.get("content", {}).values():
                schema = {**media["schema"], "components": document["components"]}
                for example in media.get("examples", {}).values():
                    Draft202012Validator(schema).validate(example["value"])
                    found += 1
    assert found >= 6


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "HEAD", "DELETE", "OPTIONS"])
def test_no_request_that_the_schema_allows_makes_a_server_error(
    method: str, document: dict[str, Any], application: Any, form: Form, enrolled: Enrolled
) -> None:
    """Every operation below /api/v1/sync/ that the document describes, now and later."""
    schema = schemathesis.openapi.from_dict(document)
    schema.app = application
    checks = [CHECKS.get_one(each) for each in CHECKED]
    token = {"Authorization": f"Bearer {enrolled.token}"}
    for path, item in document["paths"].items():
        if path.startswith(SYNC) and method.lower() in item:
            _try_out(schema[path][method], checks, token)


def _try_out(operation: Any, checks: list[Any], headers: dict[str, str]) -> None:
    @settings(
        max_examples=50, derandomize=True, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def call(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=headers, checks=checks)

    call()
