"""Which answers a form saves to which entity list (openrosa.md E6). Pure."""

from collections.abc import Mapping

from surveys.xforms.schema import EntityDeclaration, Schema

Saved = Mapping[str, Mapping[str, str]]


def saved_answers(schema: Schema) -> Saved:
    """By path of the group that holds an entity: path below it → property, in form order.

    Never a restricted question: nothing about legal aid reaches a list.
    """
    scopes = [_scope(each) for each in schema.entities]
    saved: dict[str, dict[str, str]] = {scope: {} for scope in scopes}
    for field in schema.fields:
        above = [s for s in scopes if not s or field.path.startswith(s + "/")]
        if field.entity_property and above and not field.restricted:
            nearest = max(above, key=len)
            below = field.path.removeprefix(nearest).lstrip("/")
            saved[nearest][below] = field.entity_property
    return saved


def saved_properties(schema: Schema) -> dict[str, tuple[str, ...]]:
    """By list: the properties that the form fills, in form order."""
    saved = saved_answers(schema)
    return {each.list_name: tuple(saved[_scope(each)].values()) for each in schema.entities}


def _scope(declared: EntityDeclaration) -> str:
    return declared.path.removesuffix("meta/entity").rstrip("/")
