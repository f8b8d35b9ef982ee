"""Puts plain answers into a copy of the form's instance: repeats unfolded, nothing judged. Pure."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from surveys.cleaning.outline import Node, Outline, child_path, local_name
from surveys.cleaning.plain import PlainError, fit_for_xml, write_plain
from surveys.xforms.questionnaire import JAVAROSA, Element
from surveys.xforms.schema import ROOT

MAX_REPETITIONS = 1000  # in one record; a family has thirty members
ENTITY = ("id", "baseVersion", "trunkVersion", "branchId")


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where the answers do not fit the form."""

    path: str  # below the root, repetitions counted from 1: "roster/member[2]/age"
    code: str
    detail: str = ""


@dataclass(slots=True)
class Placed:
    """A copy of the form with what was given; a fault of a value counts only where it is asked."""

    form: Element
    given: dict[Element, str] = field(default_factory=dict)
    attributes: dict[Element, dict[str, str]] = field(default_factory=dict)  # of entities
    wrong: dict[Element, str] = field(default_factory=dict)  # code of the fault
    faults: list[Fault] = field(default_factory=list)


def place_answers(outline: Outline, instance: Element, answers: Mapping[str, Any]) -> Placed:
    """Any JSON object: what cannot be placed becomes a Fault, never an exception."""
    placing = _Placing(outline, deepcopy(instance))
    placing.take(answers, placing.open(placing.placed.form, ROOT), Node("", ROOT, leaf=False), "")
    for template in placing.templates:
        template.getparent().remove(template)
    return placing.placed


Places = dict[str, Element]  # the nodes of one row, by path; a repeat's template for a repeat


class _Placing:
    def __init__(self, outline: Outline, form: Element) -> None:
        self.outline = outline
        self.placed = Placed(form)
        self.templates: list[Element] = []
        self.repetitions = 0

    def open(self, row: Element, path: str) -> Places:
        """The nodes of a new row. Templates stay for now, to mark where repetitions go."""
        return dict(self._open(row, path))

    def _open(self, parent: Element, path: str) -> Iterator[tuple[str, Element]]:
        seen = set()
        for child in list(parent.iterchildren("*")):
            below = child_path(path, child)
            if below in seen:
                parent.remove(child)  # the template's twin
                continue
            seen.add(below)
            yield below, child
            if below in self.outline.repeats:
                child.attrib.pop(f"{JAVAROSA}template", None)
                self.templates.append(child)
            else:
                yield from self._open(child, below)

    def take(self, answers: Mapping[str, Any], row: Places, group: Node, shown: str) -> None:
        repeat = group.path if group.path in self.outline.repeats else group.repeat
        for name, value in answers.items():
            node = self.outline.find(name, below=group.path, repeat=repeat)
            if node is None:
                self._fault(f"{shown}/{name[:100]}", "question_unknown")
            elif node.path in self.outline.repeats:
                self._take_rows(value, row, node, f"{shown}/{_tail(node, group)}")
            elif node.leaf and node.path in row and not _is_entity(row[node.path]):
                self._take_value(value, row[node.path], node, f"{shown}/{_tail(node, group)}")
            else:
                self._take_group(value, row, node, f"{shown}/{_tail(node, group)}")

    def _take_value(self, value: Any, element: Element, node: Node, shown: str) -> None:
        question = self.outline.fields.get(node.path)
        if element in self.placed.given or element in self.placed.wrong:
            self._fault(shown, "answered_twice")
        try:
            if question is not None:
                self.placed.given[element] = write_plain(
                    value, question, self.outline.readers[node.path]
                )
            elif isinstance(value, str):  # meta, or a node that shows something
                self.placed.given[element] = fit_for_xml(value)
        except PlainError as error:
            self.placed.wrong[element] = error.code

    def _take_group(self, value: Any, row: Places, node: Node, shown: str) -> None:
        if value is None:
            return
        if not isinstance(value, dict):
            self._fault(shown, "wrong_type")
        elif _is_entity(row[node.path]):
            said = {name: value[name] for name in ENTITY if value.get(name) is not None}
            texts = {name: fit_for_xml(str(each)) for name, each in said.items()}
            self.placed.attributes[row[node.path]] = texts
        else:
            self.take(value, row, node, shown)

    def _take_rows(self, value: Any, row: Places, node: Node, shown: str) -> None:
        rows = [] if value is None else value
        if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
            self._fault(shown, "wrong_type")
            return
        self.repetitions += len(rows)
        if self.repetitions > MAX_REPETITIONS:
            self._fault(shown, "too_many_repeats")
            return
        template = row[node.path]
        fresh = [deepcopy(template) for _ in rows]
        for element in fresh:
            template.addprevious(element)
        for number, (element, answers) in enumerate(zip(fresh, rows, strict=True), start=1):
            self.take(answers, self.open(element, node.path), node, f"{shown}[{number}]")

    def _fault(self, path: str, code: str) -> None:
        self.placed.faults.append(Fault(path.strip("/"), code))


def _is_entity(element: Element) -> bool:
    """It has no child where the form only updates: no label to write."""
    return local_name(element) == "entity"


def _tail(node: Node, group: Node) -> str:
    return node.path.removeprefix(group.path).strip("/")
