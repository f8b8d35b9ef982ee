"""Names every published form in the OpenAPI document, with the types of its fields."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.utils import OpenApiParameter

from backend.accounts.models import User
from surveys.datasets.codebook import label_in
from surveys.datasets.columns import Column, Dataset, Table
from surveys.datasets.layers import LAYERS
from surveys.datasets.tables import all_datasets
from surveys.privacy.access import may_read_form

Json = dict[str, Any]
NOT_IN_NAME = re.compile(r"[^A-Za-z0-9._-]")
NOT_IN_CLASS = re.compile(r"[\W_]+")  # what generators of clients leave out of names of classes
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


@dataclass(frozen=True, slots=True)
class _Model:
    """A table of a form as the document calls it; no two names or titles make one class."""

    dataset: Dataset
    table: Table
    name: str
    title: str


def name_every_form(result: Json, *, request: HttpRequest | None = None, **_: Any) -> Json:
    """drf-spectacular's hook: adds a component and a path for each table of each form that the
    caller's token opens."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = _problem()
    for model in _models(_opened(request), schemas):
        schemas[f"Record_{model.name}"] = _record(model)
        schemas[f"RecordPage_{model.name}"] = _page(model.name)
        result["paths"][_path(model)] = {"get": _operation(result, model)}
    for operation in _operations(result):
        operation["responses"]["default"] = _refers("Problem", "application/problem+json")
    return result


def _opened(request: HttpRequest | None) -> Iterator[Dataset]:
    user = getattr(request, "user", None)
    for dataset in all_datasets():
        if not isinstance(user, User) or may_read_form(user, dataset.form_id):
            yield dataset


def _models(datasets: Iterable[Dataset], others: Iterable[str]) -> Iterator[_Model]:
    taken = {_class_of(name) for name in others}
    for dataset in datasets:
        for table in dataset.tables:
            inner = (table.name,) if table.name else ()
            plain = NOT_IN_NAME.sub("_", ".".join((dataset.form_id, *inner)))
            title = ": ".join((dataset.title, *inner))
            name = _free(plain, ("Record_", "RecordPage_"), taken)
            yield _Model(dataset, table, name, _free(title, ("",), taken))


def _free(name: str, before: tuple[str, ...], taken: set[str]) -> str:
    """The name, with a number if what it makes behind each of `before` is taken. Notes them."""
    for number in count(1):
        found = name if number == 1 else f"{name}_{number}"
        classes = {_class_of(word + found) for word in before}
        if taken.isdisjoint(classes):
            taken |= classes
            return found
    raise AssertionError


def _class_of(name: str) -> str:
    return NOT_IN_CLASS.sub("", name).casefold()


def _path(model: _Model) -> str:
    repeat = f"repeats/{quote(model.table.name, safe='')}/" if model.table.name else ""
    return f"/api/v1/forms/{quote(model.dataset.form_id, safe='')}/{repeat}records/"


def _record(model: _Model) -> Json:
    language = model.dataset.languages[0]
    answers = {column.name: _answer(column, language) for column in model.table.columns}
    properties = {**{key: KEYS[key] for key in model.table.keys}, **answers}
    return {"type": "object", "title": model.title, "properties": properties, "required": ["id"]}


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


def _operation(result: Json, model: _Model) -> Json:
    """As the path for any form, with this form's own record."""
    kind, name = "repeats/{repeat}/" if model.table.name else "", model.name
    general = result["paths"][f"/api/v1/forms/{{form_id}}/{kind}records/"]["get"]
    return {
        **general,
        "operationId": f"records_{name.replace('.', '_').replace('-', '_')}_list",
        "tags": [model.dataset.form_id],
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
