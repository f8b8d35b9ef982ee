"""Plain answers and a form → the instance a tablet would have sent, or where they do not fit. Pure.

As a form engine does: defaults, calculations, what is relevant, choices, constraints. What this
server cannot work out (a function it does not know, a list it has not all of) is taken on trust.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from lxml import etree

from surveys.cleaning.fitting import NOTHING, Fitting
from surveys.cleaning.outline import Outline, child_path, local_name
from surveys.cleaning.placing import Fault, Placed, place_answers
from surveys.xforms.expressions import NotCheckable
from surveys.xforms.functions import Value, is_true, to_text
from surveys.xforms.questionnaire import Bind, Element, Questionnaire

MOST_PASSES = 6  # calculations that look ahead need another; a circle would never end
# Ids that the form makes with uuid(), from the record's own: the same answers, the same bytes.
MADE = UUID("0d4c1d6a-93f5-5b0e-8a7b-2f8f0b6c1c55")


@dataclass(frozen=True, slots=True)
class Frame:
    """What is known beside the answers. `today` and `now` are ISO text, by the tablet if it says.

    `lists` are lists beside the form (`questionnaire.as_list`), as far as they are here.
    """

    instance_id: str
    version: str
    today: str
    now: str
    deprecated_id: str = ""
    lists: Mapping[str, Element] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Filled:
    """`faults`: where the answers break the form's rules. `unchecked`: paths taken on trust."""

    xml: bytes
    faults: tuple[Fault, ...]
    unchecked: tuple[str, ...]


def fill(
    questionnaire: Questionnaire, outline: Outline, answers: Mapping[str, Any], frame: Frame
) -> Filled:
    """Any JSON object gives an instance; one to be kept only if there are no faults.

    The same answers and frame give the same bytes.
    """
    with questionnaire.lock:
        placed = place_answers(outline, questionnaire.instance, answers)
        return Filling(questionnaire, outline, placed, frame).fill()


class Filling:
    """A copy of the form on its way from what was given to what a form engine would keep."""

    def __init__(
        self, questionnaire: Questionnaire, outline: Outline, placed: Placed, frame: Frame
    ) -> None:
        self.questionnaire = questionnaire
        self.outline = outline
        self.placed = placed
        self.frame = frame
        self.today = _given(placed, "today") or _given(placed, "start")[:10] or frame.today
        self.form = placed.form
        self.defaults = {e: (e.text or "").strip() for e in self.form.iter("*") if not len(e)}
        self.irrelevant: set[Element] = set()
        self.doubtful: set[Element] = set()  # perhaps not relevant: nothing there is required
        self.unknown: set[str] = set()  # names of calculations that could not be made
        self.unchecked: dict[str, None] = {}
        self.changed = True

    def fill(self) -> Filled:
        faults = self.work_out()
        for element in self.irrelevant:
            element.getparent().remove(element)
        return Filled(self._write(), faults, tuple(self.unchecked))

    def work_out(self) -> tuple[Fault, ...]:
        """Fills the copy; gives the rules it breaks. What is not relevant is blank, and stays."""
        root = f"/{local_name(self.form)}"
        for _ in range(MOST_PASSES if self.outline.looks_ahead else 1):
            if self.changed:
                self.changed = False
                self._fill_children(self.form, root, relevant=True)
        fitting = Fitting(
            self.questionnaire, self.outline, self.placed, self.irrelevant, self.doubtful,
            self._evaluate,
        )  # fmt: skip
        return (*self.placed.faults, *fitting.faults(root))

    def _fill_children(self, parent: Element, path: str, *, relevant: bool) -> None:
        for node in parent.iterchildren("*"):
            here = child_path(path, node)
            bind = self.questionnaire.binds.get(here, NOTHING)
            shown = relevant and self._is_relevant(node, bind, here)
            self._mark(node, irrelevant=relevant and not shown)
            if len(node):
                self._fill_children(node, here, relevant=shown)
            else:
                self._put(node, self._value(node, bind, here) if shown else "")
            for name in node.attrib if shown else ():
                self._fill_attribute(node, str(name), f"{here}/@{name}")

    def _is_relevant(self, node: Element, bind: Bind, path: str) -> bool:
        if not bind.relevant:
            return True
        value = self._evaluate(bind.relevant, node, bind, path)
        if value is None:
            self.doubtful.add(node)
        return value is None or is_true(value)

    def _mark(self, node: Element, *, irrelevant: bool) -> None:
        if irrelevant != (node in self.irrelevant):
            self.changed = True
            (self.irrelevant.add if irrelevant else self.irrelevant.discard)(node)

    def _put(self, node: Element, text: str) -> None:
        if (node.text or "") != text:
            self.changed = True
            node.text = text or None

    def _value(self, node: Element, bind: Bind, path: str) -> str:
        given = self.placed.given.get(node, "")
        if bind.calculate:
            value = self._evaluate(bind.calculate, node, bind, path)
            if value is None and not given:
                self.unknown.add(local_name(node))
            return given if value is None else to_text(value)
        if node in self.placed.given or node in self.placed.wrong:
            return given
        if bind.preload == "uid":
            return self.frame.instance_id
        if bind.preload == "today":
            return self.today
        return self._preset(node, path) or self.defaults.get(node, "")

    def _fill_attribute(self, node: Element, name: str, path: str) -> None:
        given = self.placed.attributes.get(node, {}).get(name)
        bind = self.questionnaire.binds.get(path, NOTHING)
        if given is None and bind.calculate:
            value = self._evaluate(bind.calculate, node, bind, path)
            given = "" if value is None else to_text(value)
        elif given is None:
            given = self._preset(node, path)
        if given:
            node.set(name, given)

    def _preset(self, node: Element, path: str) -> str:
        """What the form sets when it is opened for the first time, so not in an edit."""
        expression = self.questionnaire.presets.get(path, "")
        if expression == "uuid()":
            seed = self.frame.deprecated_id or self.frame.instance_id
            return str(uuid5(MADE, f"{seed} {path} {_numbers(node)}"))
        if not expression or self.frame.deprecated_id:
            return ""
        value = self._evaluate(expression, node, NOTHING, path)
        return "" if value is None else to_text(value)

    def _evaluate(self, text: str, node: Element, bind: Bind, path: str) -> Value | None:
        """None for what cannot be worked out, also because it looks at something that cannot."""
        try:
            if bind.reads & self.unknown:
                raise NotCheckable("it reads what is not known")  # noqa: TRY301
            return self.questionnaire.evaluate(
                text,
                node,
                form=self.form,
                today=self.today,
                now=self.frame.now,
                lists=self.frame.lists,
            )
        except NotCheckable:
            self.unchecked[path.partition("/")[2].partition("/")[2]] = None
            return None

    def _write(self) -> bytes:
        # Collect declares the form's prefixes on the root, and no default namespace.
        names = self.questionnaire.namespaces
        root: Element = etree.Element(self.form.tag, dict(self.form.attrib), nsmap=names)
        root.set("version", self.frame.version)
        root.extend(list(self.form))
        meta = next(root.iterchildren("{*}meta"), None)
        if meta is None:
            meta = etree.SubElement(root, "meta")
        _set(meta, "instanceID", self.frame.instance_id)
        if self.frame.deprecated_id:
            _set(meta, "deprecatedID", self.frame.deprecated_id)
        xml: str = etree.tostring(root, encoding="unicode")
        return f"<?xml version='1.0' ?>{xml}".encode()


def _given(placed: Placed, name: str) -> str:
    """A question of the root, such as the day that the tablet says it is."""
    return next((text for e, text in placed.given.items() if local_name(e) == name), "")


def _numbers(node: Element) -> str:
    """Which repetition of each repeat above: what tells two entities of one record apart."""
    return ".".join(str(_place(each)) for each in (node, *node.iterancestors()))


def _place(node: Element) -> int:
    return sum(1 for _ in node.itersiblings(node.tag, preceding=True))


def _set(meta: Element, name: str, text: str) -> None:
    found = next(meta.iterchildren("{*}" + name), None)
    if found is None:
        namespace = str(meta.tag).rpartition("}")[0]
        found = etree.SubElement(meta, f"{namespace}}}{name}" if namespace else name)
    found.text = text
