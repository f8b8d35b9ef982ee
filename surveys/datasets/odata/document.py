"""The two documents that say what a feed holds: the service document and `$metadata`. Pure.

`$metadata` is CSDL XML 4.0 with the names and nesting of ODK Central, and what Central's has no
words for: that every set can be filtered, sorted and expanded.
"""

from typing import Any

from lxml import etree

from surveys.datasets.odata.model import ID, SYSTEM, EntityType, Model, Path, clean_name

EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
EDM = "http://docs.oasis-open.org/odata/ns/edm"
SYSTEM_NAMESPACE = "org.opendatakit.submission"
SCHEMA_VERSION = "Org.OData.Core.V1.SchemaVersion"
CAPABILITIES = "Org.OData.Capabilities.V1"
REVIEW_STATES = ("hasIssues", "edited", "rejected", "approved")
STATUSES = ("notDecrypted", "missingEncryptedFormData")
# The last four are ours; what reads Central passes over them.
SYSTEM_PROPERTIES = {
    "submissionDate": "Edm.DateTimeOffset",
    "updatedAt": "Edm.DateTimeOffset",
    "deletedAt": "Edm.DateTimeOffset",
    "submitterId": "Edm.String",
    "submitterName": "Edm.String",
    "attachmentsPresent": "Edm.Int64",
    "attachmentsExpected": "Edm.Int64",
    "status": f"{SYSTEM_NAMESPACE}.Status",
    "reviewState": f"{SYSTEM_NAMESPACE}.ReviewState",
    "deviceId": "Edm.String",
    "edits": "Edm.Int64",
    "formVersion": "Edm.String",
    "deviceDate": "Edm.DateTimeOffset",
    "household": "Edm.String",
    "place": "Edm.String",
}


def service_document(model: Model, service: str) -> dict[str, Any]:
    """The sets of a feed; `service` is its absolute address up to `.svc`."""
    sets = [{"name": t.name, "kind": "EntitySet", "url": t.name} for t in model.types]
    return {"@odata.context": f"{service}/$metadata", "value": sets}


def metadata(model: Model) -> bytes:
    """The CSDL document of a form."""
    namespace = f"org.opendatakit.user.{clean_name(model.form_id)}"
    root = etree.Element(f"{{{EDMX}}}Edmx", nsmap={"edmx": EDMX}, Version="4.0")
    services = etree.SubElement(root, f"{{{EDMX}}}DataServices")
    _system_schema(services)
    schema = _schema(services, namespace)
    for entity in model.types:
        _entity_type(schema, entity, namespace, flat=model.flat)
    for entity in model.types:
        _complex_types(schema, entity, namespace)
    _container(schema, model, namespace)
    _add(schema, "Annotation", Term=SCHEMA_VERSION, String=model.schema_version)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _schema(parent: etree._Element, namespace: str) -> etree._Element:
    schema = etree.SubElement(parent, f"{{{EDM}}}Schema", nsmap={None: EDM})  # type: ignore[dict-item]
    schema.set("Namespace", namespace)
    return schema


def _add(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{EDM}}}{tag}", attributes)


def _system_schema(services: etree._Element) -> None:
    schema = _schema(services, SYSTEM_NAMESPACE)
    described = _add(schema, "ComplexType", Name="metadata")
    for name, edm in SYSTEM_PROPERTIES.items():
        _add(described, "Property", Name=name, Type=edm)
    for name, members in (("Status", STATUSES), ("ReviewState", REVIEW_STATES)):
        enum = _add(schema, "EnumType", Name=name)
        for member in members:
            _add(enum, "Member", Name=member)


def _entity_type(schema: etree._Element, entity: EntityType, namespace: str, *, flat: bool) -> None:
    element = _add(schema, "EntityType", Name=entity.name)
    _add(_add(element, "Key"), "PropertyRef", Name=ID)
    _add(element, "Property", Name=ID, Type="Edm.String", Nullable="false")
    if entity.parent_key:
        _add(element, "Property", Name=entity.parent_key, Type="Edm.String")
    elif flat:
        for name, edm in SYSTEM_PROPERTIES.items():
            plain = edm if edm.startswith("Edm.") else "Edm.String"
            _add(element, "Property", Name=f"{SYSTEM}_{name}", Type=plain)
    else:
        _add(element, "Property", Name=SYSTEM, Type=f"{SYSTEM_NAMESPACE}.metadata")
    _members(element, entity, (), namespace)


def _complex_types(schema: etree._Element, entity: EntityType, namespace: str) -> None:
    for group in entity.groups_in_order:
        element = _add(schema, "ComplexType", Name=_type_name(entity, group))
        _members(element, entity, group, namespace)


def _members(element: etree._Element, entity: EntityType, group: Path, namespace: str) -> None:
    """What stands directly in a group, or in the entity where the group is ()."""
    depth = len(group)
    for p in entity.properties:
        if p.path[:-1] == group:
            _add(element, "Property", Name=p.path[-1], Type=p.edm)
    for inner in entity.groups_in_order:
        if inner[:-1] == group:
            name = _type_name(entity, inner)
            _add(element, "Property", Name=inner[depth], Type=f"{namespace}.{name}")
    for n in entity.navigations:
        if n.path[:-1] == group:
            target = f"Collection({namespace}.{n.target})"
            _add(element, "NavigationProperty", Name=n.path[-1], Type=target)


def _type_name(entity: EntityType, group: Path) -> str:
    """Unique in the schema: a group inside a repeat has the repeat's path before it."""
    return ".".join((*entity.name.split(".")[1:], *group))


def _container(schema: etree._Element, model: Model, namespace: str) -> None:
    container = _add(schema, "EntityContainer", Name=clean_name(model.form_id))
    for entity in model.types:
        element = _add(
            container, "EntitySet", Name=entity.name, EntityType=f"{namespace}.{entity.name}"
        )
        for n in entity.navigations:
            _add(element, "NavigationPropertyBinding", Path=n.name, Target=n.target)
        _capabilities(element)


def _capabilities(element: etree._Element) -> None:
    _add(
        element,
        "Annotation",
        Term=f"{CAPABILITIES}.ConformanceLevel",
        EnumMember=f"{CAPABILITIES}.ConformanceLevelType/Minimal",
    )
    _add(element, "Annotation", Term=f"{CAPABILITIES}.BatchSupported", Bool="false")
    for term, able in (
        ("CountRestrictions", "Countable"),
        ("FilterRestrictions", "Filterable"),
        ("SortRestrictions", "Sortable"),
        ("ExpandRestrictions", "Expandable"),
    ):
        annotation = _add(element, "Annotation", Term=f"{CAPABILITIES}.{term}")
        _add(_add(annotation, "Record"), "PropertyValue", Property=able, Bool="true")
