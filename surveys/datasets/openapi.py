"""Names every published form in the OpenAPI document, with the types of its fields."""

import re
from collections.abc import Iterator
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.utils import OpenApiParameter

from surveys.datasets.codebook import label_in
from surveys.datasets.columns import Column, Dataset, Table
from surveys.datasets.layers import LAYERS
from surveys.datasets.tables import all_datasets

Json = dict[str, Any]
NOT_IN_NAME = re.compile(r"[^A-Za-z0-9._-]")
METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
POINT: Json = {
    "type": ["object", "null"],
    "properties": {part: {"type": ["number", "null"]} for part in ("lat", "lon", "alt", "acc")},
}
TYPES: dict[str, Json] = {
    "integer": {"type": ["integer", "null"]},
    "decimal": {"type": ["number", "null"]},
    "boolean": {"type": ["boolean", "null"]},
    "date": {"type": ["string", "null"], "format": "date"},
    "dateTime": {"type": ["string", "null"], "format": "date-time"},
    "select_multiple": {"type": ["array", "null"], "items": {"type": "string"}},
    "geopoint": POINT,
    "geotrace": {"type": ["array", "null"], "items": POINT},
    "geoshape": {"type": ["array", "null"], "items": POINT},
}  # all others are text
TEXT: Json = {"type": ["string", "null"]}
UUID: Json = {"type": "string", "format": "uuid"}
MOMENT: Json = {"type": "string", "format": "date-time"}
KEYS: dict[str, Json] = {
    "id": UUID,
    "parent_id": UUID,
    "root_id": UUID,
    "index": {"type": "integer"},
    "instance_id": TEXT,  # null for who knows records by pseudonyms
    "form_id": {"type": "string"},
    "version": {"type": "string"},
    "household": {"type": ["string", "null"], "format": "uuid"},
    "place": TEXT,
    "submitted_at": {"type": ["string", "null"], "format": "date-time"},
    "received_at": MOMENT,
    "updated_at": MOMENT,
    "review_state": {"type": "string"},
}
QUERY = [
    OpenApiParameter("fields", str, description="Names of the fields to give, with commas."),
    OpenApiParameter("labels", str, description="A language: labels in place of codes."),
    OpenApiParameter("ordering", str, description="Fields to order by; `-` turns one round."),
    OpenApiParameter("updated_since", str, description="Only what changed since a time or day."),
    OpenApiParameter("place", str, description="A place's code, and everything below it."),
    OpenApiParameter("layer", str, enum=LAYERS, description="Which layer; corrected if not said."),
    OpenApiParameter("missing", bool, description="Adds why each answer that is not there is not."),
    OpenApiParameter("count", bool, description="Adds the number of all rows to `about`."),
    OpenApiParameter("unmask", str, description="Why you need to see personal data."),
    OpenApiParameter("page_size", int),
    OpenApiParameter("cursor", str),
]
# What may be asked of a single record.
ONE = frozenset({"fields", "labels", "unmask", "layer", "missing"})
DELETED = OpenApiParameter("deleted", bool, description="Ids of records that are gone.")
FILTERS = (
    "Filter by any field: `name=value`, `name__in=a,b`, `name__gte`, `name__gt`, `name__lte`, "
    "`name__lt`, `name__contains`, `name__isnull`. What each type takes stands in docs/api.md."
)


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the document calls a personal access token."""

    target_class = "backend.accounts.authentication.PersonalTokenAuthentication"
    name = "personalToken"

    def get_security_definition(self, auto_schema: Any) -> Json:
        return {"type": "http", "scheme": "bearer", "description": "A personal access token."}


class AnyJsonRenderer(OpenApiJsonRenderer):
    """So that a plain GET, by a browser or a tool, gets JSON."""

    media_type = "application/json"
    format = "json"


def name_every_form(result: Json, **_: Any) -> Json:
    """drf-spectacular's hook: adds a component and a path for each table of each form."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = _problem()
    for dataset in all_datasets():
        for table in dataset.tables:
            name = _name(dataset, table)
            schemas[f"Record_{name}"] = _record(dataset, table)
            schemas[f"RecordPage_{name}"] = _page(name)
            result["paths"][_path(dataset, table)] = {"get": _operation(result, dataset, table)}
    for operation in _operations(result):
        operation["responses"]["default"] = _refers("Problem", "application/problem+json")
    return result


def _name(dataset: Dataset, table: Table) -> str:
    name = f"{dataset.form_id}.{table.name}" if table.name else dataset.form_id
    return NOT_IN_NAME.sub("_", name)


def _path(dataset: Dataset, table: Table) -> str:
    repeat = f"repeats/{table.name}/" if table.name else ""
    return f"/api/v1/forms/{dataset.form_id}/{repeat}records/"


def _record(dataset: Dataset, table: Table) -> Json:
    language = dataset.languages[0]
    answers = {column.name: _answer(column, language) for column in table.columns}
    properties = {**{key: KEYS[key] for key in table.keys}, **answers}
    title = f"{dataset.title}: {table.name}" if table.name else dataset.title
    return {"type": "object", "title": title, "properties": properties, "required": ["id"]}


def _answer(column: Column, language: str) -> Json:
    field = column.field
    described: Json = {"title": label_in(field.labels, language), "x-privacy": field.privacy}
    if field.choices:
        described["x-codes"] = column.choice_labels(language)
    return {**TYPES.get(field.type, TEXT), **described}


def _page(name: str) -> Json:
    link = {"type": ["string", "null"], "format": "uri"}
    records = {"type": "array", "items": {"$ref": f"#/components/schemas/Record_{name}"}}
    return {
        "type": "object",
        "properties": {
            "next": link,
            "previous": link,
            "results": records,
            "about": {"$ref": "#/components/schemas/AboutShape"},
        },
        "required": ["next", "previous", "results"],
    }


def _operation(result: Json, dataset: Dataset, table: Table) -> Json:
    """As the path for any form, with this form's own record."""
    kind = "repeats/{repeat}/" if table.name else ""
    general = result["paths"][f"/api/v1/forms/{{form_id}}/{kind}records/"]["get"]
    name = _name(dataset, table)
    return {
        **general,
        "operationId": f"records_{name.replace('.', '_').replace('-', '_')}_list",
        "tags": [dataset.form_id],
        "parameters": [p for p in general["parameters"] if p["in"] == "query"],
        "responses": {"200": _refers(f"RecordPage_{name}", "application/json")},
    }


def _operations(result: Json) -> Iterator[Json]:
    for path in result["paths"].values():
        yield from (path[method] for method in METHODS if method in path)


def _refers(schema: str, media_type: str) -> Json:
    reference = {"$ref": f"#/components/schemas/{schema}"}
    return {"description": schema, "content": {media_type: {"schema": reference}}}


def _problem() -> Json:
    text = {"type": "string"}
    return {
        "type": "object",
        "description": "What went wrong (RFC 9457); `code` is stable, see docs/problems.md.",
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "code": text,
        },
        "required": ["type", "title", "status", "detail", "code"],
    }
