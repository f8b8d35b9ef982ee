"""What a filled form declares of entities, read from its XML (openrosa.md E6, E7).

Read here a second time, apart from the server's own reading, so that the two can be compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from surveys.xforms.questionnaire import Questionnaire


@dataclass(frozen=True, slots=True)
class Declared:
    """One entity element that asks for something; versions are 0 where it names none."""

    id: str
    creates: bool
    updates: bool
    label: str
    properties: Mapping[str, str]
    base: int
    trunk: int
    branch: str


def read_declared(xml: bytes, form: Questionnaire) -> Declared | None:
    """What the record asks of the household list, if anything."""
    root = etree.fromstring(xml)
    entity = root.find("meta/entity")
    if entity is None:
        return None
    creates, updates = (entity.get(name, "") in {"1", "true"} for name in ("create", "update"))
    if not creates and not updates:
        return None
    return Declared(
        id=entity.get("id", ""),
        creates=creates,
        updates=updates,
        label=(entity.findtext("label") or "").strip(),
        properties=_saved(root, form),
        base=int(entity.get("baseVersion") or 0),
        trunk=int(entity.get("trunkVersion") or 0),
        branch=entity.get("branchId", ""),
    )


def _saved(root: etree._Element, form: Questionnaire) -> dict[str, str]:
    """Answers saved to properties, by property; one that was not asked says nothing."""
    answers = {
        name: root.findtext(path.removeprefix(f"/{root.tag}/")) for path, name in form.saves.items()
    }
    return {name: text.strip() for name, text in answers.items() if text is not None}
