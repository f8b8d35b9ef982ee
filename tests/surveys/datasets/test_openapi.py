"""The OpenAPI document is valid, names every form's fields, and its page needs no other server."""

import re

import yaml
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from openapi_spec_validator import OpenAPIV31SpecValidator

from surveys.datasets.downloads import CONTENT_TYPES
from surveys.xforms.models import Form
from surveys.xforms.schema import Schema
from tests.surveys.datasets.records import publish


def test_document_is_valid_and_names_every_form_with_types(as_charlie: Client, form: Form) -> None:
    publish(Schema("odd form/id é", "1", "Odd", ("",), (), ()))

    document = as_charlie.get("/api/schema/").json()

    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1")
    schemas = document["components"]["schemas"]
    record = schemas["Record_visit"]["properties"]
    assert record["id"] == {"type": "string", "format": "uuid"}
    assert record["hh_size"]["type"] == ["integer", "null"]
    assert record["day"]["format"] == "date"
    assert record["village"]["title"] == "Село"
    assert record["country"]["x-codes"] == {"KG": "Кыргызстан", "TJ": "Таджикистан"}
    assert schemas["Record_visit.member"]["properties"]["age"]["type"] == ["integer", "null"]
    assert schemas["ChoiceShape"]["properties"].keys() == {"name", "labels"}
    assert schemas["ChosenSide"]["properties"].keys() == {"take", "value"}
    assert "/api/v1/forms/visit/records/" in document["paths"]
    assert "/api/v1/forms/visit/repeats/member/records/" in document["paths"]
    assert "/api/v1/households/" in document["paths"]


def test_document_is_made_without_a_warning(form: Form) -> None:
    """Two sets of choices of one name would be called after their sums: ENUM_NAME_OVERRIDES."""
    GENERATOR_STATS.reset()
    with GENERATOR_STATS.silence():
        document = SchemaGenerator().get_schema(public=True)
    found = [*GENERATOR_STATS._warn_cache, *GENERATOR_STATS._error_cache]
    assert (found, bool(GENERATOR_STATS)) == ([], False)
    assert not [n for n in document["components"]["schemas"] if re.search(r"[0-9a-f]{3}Enum$", n)]


def test_groups_are_described_with_their_figures(as_bob: Client, form: Form) -> None:
    document = as_bob.get("/api/schema/").json()
    for path in ("", "repeats/{repeat}/"):
        operation = document["paths"][f"/api/v1/forms/{{form_id}}/{path}groups/"]["get"]
        assert {"by", "of", "layer", "labels"} <= {p["name"] for p in operation["parameters"]}
    assert document["components"]["schemas"]["FiguresShape"]["properties"].keys() == {
        "count", "sum", "mean", "min", "max", "median"
    }  # fmt: skip


def test_download_says_which_types_it_gives(as_bob: Client, form: Form) -> None:
    path = as_bob.get("/api/schema/").json()["paths"]["/api/v1/exports/{export_id}/download/"]
    for status in ("200", "206"):
        assert path["get"]["responses"][status]["content"].keys() == set(CONTENT_TYPES.values())


def test_document_can_be_had_as_yaml(as_bob: Client, form: Form) -> None:
    response = as_bob.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi"})
    assert yaml.safe_load(response.content)["info"]["title"] == "Oila"


def test_docs_page_names_no_other_host(as_bob: Client) -> None:
    page = as_bob.get("/api/docs/")
    assert page.status_code == 200
    links = re.findall(r'(?:src|href)="([^"]+)"', page.content.decode())
    assert links
    assert [link for link in links if link.startswith(("http", "//"))] == []


def test_docs_page_sends_strangers_to_the_login(client: Client) -> None:
    response = client.get("/api/docs/")
    assert (response.status_code, response["Location"]) == (302, "/login/?next=/api/docs/")
