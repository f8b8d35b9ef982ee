"""The OpenAPI document is valid, names every form's fields, and its page needs no other server."""

import json
import re

import yaml
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from openapi_spec_validator import OpenAPIV31SpecValidator

from backend.accounts.models import User
from backend.accounts.tokens import make_personal_token
from surveys.datasets.downloads import CONTENT_TYPES
from surveys.xforms.models import Form
from surveys.xforms.schema import Field, Schema
from tests.surveys.datasets.records import make_record, publish


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


def test_forms_called_alike_have_models_and_addresses_of_their_own(
    as_bob: Client, bob: User, form: Form
) -> None:
    for number, (form_id, title) in enumerate(
        [("a&b", "Visit"), ("a_b", "visit!"), ("a/b", "Problem"), ("A_b", "Форма"), ("{x}?#", "")]
    ):
        fields = (Field(f"q{number}", f"q{number}", f"q{number}", "string", ""),)
        make_record(publish(Schema(form_id, "1", title, ("",), fields, ())), {f"q{number}": "x"})

    document = as_bob.get("/api/schema/").json()

    OpenAPIV31SpecValidator(document).validate()
    schemas = document["components"]["schemas"]
    names = [n for n in schemas if n.startswith("Record_")]
    titles = [schemas[name]["title"] for name in names]
    classes = [re.sub(r"[\W_]", "", word).casefold() for word in (*schemas, *titles)]
    assert len(names) == 7
    assert len(set(classes)) == len(classes)
    for number, path in enumerate(["a%26b", "a_b", "a%2Fb", "A_b", "%7Bx%7D%3F%23"]):
        page = document["paths"][f"/api/v1/forms/{path}/records/"]["get"]["responses"]["200"]
        reference = page["content"]["application/json"]["schema"]["$ref"]
        items = schemas[reference.rpartition("/")[2]]["properties"]["results"]["items"]
        assert f"q{number}" in schemas[items["$ref"].rpartition("/")[2]]["properties"]
        (record,) = as_bob.get(f"/api/v1/forms/{path}/records/").json()["results"]
        assert record[f"q{number}"] == "x"
        assert as_bob.get(f"/api/v1/forms/{path}/").json()["fields"][0]["name"] == f"q{number}"
        one = as_bob.get(f"/api/v1/forms/{path}/records/{record['id']}/")
        assert one.json() == record
        assert as_bob.get(f"/api/v1/forms/{path}/groups/").json()["about"]["count"] == 1


def test_document_names_the_forms_that_the_token_opens(bob: User, form: Form) -> None:
    publish(Schema("hidden_one", "1", "Hidden", ("",), (), ()))
    token = make_personal_token(user=bob, name="one", form_ids=["visit"])
    document = Client(headers={"Authorization": f"Bearer {token}"}).get("/api/schema/").json()
    assert "Record_visit" in document["components"]["schemas"]
    assert "hidden_one" not in json.dumps(document)


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
