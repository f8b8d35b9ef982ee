"""Fills in one copy of a questionnaire as a tablet does, and writes the instance.

What is relevant, what is calculated, how often a repeat repeats and which choices are offered
come from the form; the respondent only answers. One pass in document order: a calculation may
look back, not ahead, as in our questionnaires.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from lxml import etree

from surveys.xforms.functions import Value, is_true, to_text
from surveys.xforms.questionnaire import JAVAROSA, Bind, Control, Element, Questionnaire

NOTHING = Bind()


@dataclass(frozen=True, slots=True)
class Question:
    """What the respondent is asked; `index` is the repetition it stands in, counted from 0."""

    name: str
    path: str
    type: str
    control: str
    required: bool
    choices: Sequence[str]
    index: int


@dataclass(frozen=True, slots=True)
class Visit:
    """When, on which tablet, under which ids."""

    instance_id: str
    entity_id: str
    started: datetime
    ended: datetime
    device_id: str
    username: str = ""
    deprecated_id: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """A finished instance, and each answer in the order given."""

    xml: bytes
    answers: Sequence[tuple[str, str]]


Respondent: TypeAlias = Callable[[Question], str]


class AnswerRefused(Exception):
    """An answer breaks the form's own rule: a mistake in the respondent."""


def fill_in(questionnaire: Questionnaire, visit: Visit, respondent: Respondent) -> Filled:
    """Raises AnswerRefused where a constraint is broken or a required answer is blank."""
    return _Sitting(questionnaire, visit, respondent).fill_in()


class _Sitting:
    def __init__(self, questionnaire: Questionnaire, visit: Visit, respondent: Respondent) -> None:
        self.questionnaire = questionnaire
        self.visit = visit
        self.respondent = respondent
        self.today = visit.started.date().isoformat()
        self.form = deepcopy(questionnaire.instance)
        self.answers: list[tuple[str, str]] = []
        self.preloads = {
            "start": visit.started.isoformat(timespec="milliseconds"),
            "end": visit.ended.isoformat(timespec="milliseconds"),
            "today": self.today,
            "deviceid": visit.device_id,
            "username": visit.username,
            "uid": visit.instance_id,
        }

    def fill_in(self) -> Filled:
        self._fill_children(self.form, f"/{self.form.tag}", 0)
        # Collect declares the form's prefixes on the root, and no default namespace.
        names = self.questionnaire.namespaces
        root: Element = etree.Element(self.form.tag, dict(self.form.attrib), nsmap=names)
        root.extend(list(self.form))
        if self.visit.deprecated_id:
            etree.SubElement(root.find("meta"), "deprecatedID").text = self.visit.deprecated_id
        xml = "<?xml version='1.0' ?>" + etree.tostring(root, encoding="unicode")
        return Filled(xml.encode(), self.answers)

    def _fill_children(self, parent: Element, path: str, index: int) -> None:
        for node in list(parent):
            here = f"{path}/{node.tag}"
            relevant = self._bind(here).relevant
            if node.getparent() is None:  # the template's twin, gone with it
                continue
            if relevant and not is_true(self._evaluate(relevant, node)):
                _remove_all(node)  # irrelevant nodes are absent (openrosa.md S17)
            elif here in self.questionnaire.counts:
                self._repeat(node, here)
            else:
                self._fill_node(node, here, index)

    def _repeat(self, template: Element, path: str) -> None:
        parent = template.getparent()
        place = parent.index(template)
        _remove_all(template)
        template.attrib.pop(f"{JAVAROSA}template", "")
        count = to_text(self._evaluate(self.questionnaire.counts[path] or "1", parent))
        for index in range(int(count or 0)):
            repetition = deepcopy(template)
            parent.insert(place + index, repetition)
            self._fill_node(repetition, path, index)

    def _fill_node(self, node: Element, path: str, index: int) -> None:
        for name in node.attrib:
            value = self._written_by_tablet(node, f"{path}/@{name}")
            if value is not None:
                node.set(name, value)
        if len(node):
            self._fill_children(node, path, index)
            return
        node.text = self._written_by_tablet(node, path)
        control = self.questionnaire.controls.get(path)
        if node.text is None and control is not None and not self._bind(path).readonly:
            self._ask(node, path, control, index)

    def _written_by_tablet(self, node: Element, path: str) -> str | None:
        bind = self._bind(path)
        if self.questionnaire.presets.get(path) == "uuid()":
            return self.visit.entity_id
        if bind.calculate:
            return to_text(self._evaluate(bind.calculate, node))
        if path.endswith("/meta/audit"):
            return "audit.csv"
        return self.preloads.get(bind.preload)

    def _ask(self, node: Element, path: str, control: Control, index: int) -> None:
        bind = self._bind(path)
        question = Question(
            name=node.tag,
            path=path,
            type=bind.type,
            control=control.kind,
            required=bind.required == "true()",
            choices=self._choices(control, node),
            index=index,
        )
        node.text = self.respondent(question) or None
        if not self._accepts(node, question, bind):
            raise AnswerRefused(f"{path}: {node.text!r}")
        if node.text:
            self.answers.append((path, node.text))

    def _choices(self, control: Control, node: Element) -> list[str]:
        if not control.choices:
            return []
        items: Element = self._evaluate(control.choices, node)
        return [item.findtext(control.value) for item in items]

    def _accepts(self, node: Element, question: Question, bind: Bind) -> bool:
        if not node.text:
            return not question.required
        codes = node.text.split() if question.control == "select" else [node.text]
        if question.choices and not set(codes) <= set(question.choices):
            return False
        return not bind.constraint or is_true(self._evaluate(bind.constraint, node))

    def _bind(self, path: str) -> Bind:
        return self.questionnaire.binds.get(path, NOTHING)

    def _evaluate(self, text: str, node: Element) -> Value:
        form, today = self.form, self.today
        value: Value = self.questionnaire.evaluate(text, node, form=form, today=today)
        return value


def _remove_all(node: Element) -> None:
    """A node and its twins: a repeat stands in the form as template and first repetition."""
    parent = node.getparent()
    for each in parent.findall(node.tag):
        parent.remove(each)
