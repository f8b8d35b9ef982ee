"""Plain answers and a form → the instance a tablet would have sent, or where they do not fit. Pure.

As a form engine does: defaults, calculations, what is relevant, choices, constraints. What this
server cannot work out (a function it does not know, a list it has not all of) is taken on trust.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from lxml import etree

from surveys.cleaning.outline import Outline, child_path, local_name
from surveys.cleaning.placing import Fault, Placed, place_answers
from surveys.xforms.expressions import NotCheckable
from surveys.xforms.functions import Value, is_true, to_number, to_text
from surveys.xforms.questionnaire import Bind, Element, Questionnaire

NOTHING = Bind()
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
        return _Filling(questionnaire, outline, placed, frame).fill()


class _Filling:
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
        self.faults = list(placed.faults)

    def fill(self) -> Filled:
        root = f"/{local_name(self.form)}"
        for _ in range(MOST_PASSES if self.outline.looks_ahead else 1):
            if self.changed:
                self.changed = False
                self._fill_children(self.form, root, relevant=True)
        self._check_children(self.form, root, "")
        for element in self.irrelevant:
            element.getparent().remove(element)
        return Filled(self._write(), tuple(self.faults), tuple(self.unchecked))

    # --- Filling ---------------------------------------------------------------------------------

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

    # --- Checking --------------------------------------------------------------------------------

    def _check_children(self, parent: Element, path: str, shown: str) -> None:
        if parent in self.doubtful:
            return
        counts: dict[str, int] = {}
        for node in parent.iterchildren("*"):
            here = child_path(path, node)
            counts[here] = counts.get(here, 0) + 1
            if node in self.irrelevant:
                continue
            below = child_path(shown, node)
            if here in self.questionnaire.counts:
                below += f"[{counts[here]}]"
            if len(node):
                self._check_children(node, here, below)
            elif here in self.questionnaire.controls:
                self._check(node, here, below)
        for repeat in self.outline.repeats_in(path):
            self._check_count(parent, repeat, counts.get(repeat, 0), shown)

    def _check(self, node: Element, path: str, shown: str) -> None:
        bind = self.questionnaire.binds.get(path, NOTHING)
        if node in self.placed.wrong:
            self.faults.append(Fault(shown, self.placed.wrong[node]))
        elif not node.text:
            required = bind.required and self._evaluate(bind.required, node, bind, path)
            if required is not None and is_true(required) and node not in self.doubtful:
                self.faults.append(Fault(shown, "required_missing"))
        elif not self._is_offered(node, bind, path):
            self.faults.append(Fault(shown, "not_a_choice"))
        elif bind.constraint:
            holds = self._evaluate(bind.constraint, node, bind, path)
            if holds is not None and not is_true(holds):
                self.faults.append(Fault(shown, "constraint_broken", bind.constraint_message))

    def _is_offered(self, node: Element, bind: Bind, path: str) -> bool:
        control = self.questionnaire.controls[path]
        if control.kind in {"input", "upload", "range"}:
            return True
        offered = self.questionnaire.always_offered(control)
        if offered is None:
            items: Any = self._evaluate(control.choices, node, bind, path)
            if items is None:
                return True
            offered = frozenset(item.findtext(control.value) for item in items)
        several = control.kind in {"select", "rank"}
        return offered.issuperset(node.text.split() if several else [node.text.strip()])

    def _check_count(self, parent: Element, repeat: str, count: int, shown: str) -> None:
        bind = self.questionnaire.binds.get(repeat, NOTHING)
        if not count and bind.relevant:
            relevant = self._evaluate(bind.relevant, parent, bind, repeat)
            if relevant is None or not is_true(relevant):
                return
        wanted = self._evaluate(self.questionnaire.counts[repeat], parent, bind, repeat)
        if wanted is None or count == (to_number(wanted) or 0):
            return
        if self._all_irrelevant(parent, repeat):
            return
        code = "too_many_repeats" if count > to_number(wanted) else "too_few_repeats"
        self.faults.append(Fault(f"{shown}/{repeat.rpartition('/')[2]}".strip("/"), code))

    def _all_irrelevant(self, parent: Element, repeat: str) -> bool:
        name = repeat.rpartition("/")[2]
        rows = [node for node in parent.iterchildren("*") if local_name(node) == name]
        return bool(rows) and all(row in self.irrelevant for row in rows)

    # --- Both ------------------------------------------------------------------------------------

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
