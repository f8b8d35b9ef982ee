"""Updates of a household as tablets send them, and what became of it."""

import uuid

from surveys.entities.models import Entity, EntityProblem
from tests.surveys.household_forms import entity_of

CARD = "KG-06-00123"
ID = entity_of(CARD)
ONE, OTHER = (uuid.uuid5(ID, name) for name in ("one tablet", "another"))


def update(
    instance_id: str,
    service: str | None,
    *,
    base: int | str = "",
    branch: uuid.UUID | str = "",
    trunk: int | str = "",
    entity: uuid.UUID = ID,
    create: str = "",
    label: str = "",
    topic: str = "",
    replaces: str = "",
) -> bytes:
    """A service that saves its type as `last_service`; None: the question was not relevant."""
    answer = "" if service is None else f"<service_type>{service}</service_type>"
    legal = f"<legal><topic>{topic}</topic></legal>" if topic else ""
    deprecated = f"<deprecatedID>{replaces}</deprecatedID>" if replaces else ""
    return f"""<data id="service" version="1">
      <pick><household>{entity}</household></pick>{answer}{legal}
      <meta><instanceID>{instance_id}</instanceID>{deprecated}
        <entity dataset="households" update="1" create="{create}" id="uuid:{str(entity).upper()}"
          baseVersion="{base}" trunkVersion="{trunk}" branchId="{branch}">
          <label>{label}</label></entity></meta>
    </data>""".encode()


def last_service(entity: uuid.UUID = ID) -> str | None:
    found = Entity.objects.get(pk=entity).data.get("last_service")
    return None if found is None else str(found)


def problems() -> list[str]:
    return sorted(EntityProblem.objects.values_list("code", flat=True))
