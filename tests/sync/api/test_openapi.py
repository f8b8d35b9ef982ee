"""The OpenAPI document of the sync API holds, against requests nobody thought of (schemathesis)."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.test import Client
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from backend.accounts.models import User
from surveys.xforms.models import Form
from sync.enrol import Enrolled
from tests.openapi import application_of_the_test, try_out

SYNC = "/api/v1/sync/"


@pytest.fixture
def document(alice: User) -> dict[str, Any]:
    client = Client()
    client.force_login(alice)
    return client.get("/api/schema/").json()


@pytest.fixture
def application() -> Iterator[Any]:
    with application_of_the_test() as found:
        yield found


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
    token = {"Authorization": f"Bearer {enrolled.token}"}
    for path, item in document["paths"].items():
        if path.startswith(SYNC) and method.lower() in item:
            try_out(schema[path][method], token)
