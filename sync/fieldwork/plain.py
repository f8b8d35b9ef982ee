"""A filled form as plain answers, as a client without a form engine would send them (sync.md 2)."""

from typing import Any

from lxml import etree

from surveys.xforms.questionnaire import Questionnaire

Json = dict[str, Any]


def plain_answers(xml: bytes, form: Questionnaire) -> Json:
    """Groups nested, repeats as lists; with the form's calculations: the
    server counts on them where it cannot make them itself."""
    root = etree.fromstring(xml)
    answers = _below(root, f"/{root.tag}", form)
    entity = root.find("meta/entity")
    if entity is not None:
        names = ("id", "baseVersion", "trunkVersion", "branchId")
        said = {name: entity.get(name, "") for name in names if entity.get(name)}
        answers["meta"] = {"entity": said}
    return answers


def _below(node: "etree._Element", path: str, form: Questionnaire) -> Json:
    answers: Json = {}
    for child in node:
        name, here = str(child.tag), f"{path}/{child.tag}"
        if name == "meta":
            continue
        if here in form.counts:
            answers.setdefault(name, []).append(_below(child, here, form))
        elif len(child):
            answers[name] = _below(child, here, form)
        elif child.text:
            answers[name] = child.text
    return answers
