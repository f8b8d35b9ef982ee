"""Does a filled copy keep the rules of its form? Pure.

Types, choices, what is required, constraints, how often a repeat repeats; of what is relevant only.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import isnan
from typing import Any

from surveys.cleaning.outline import Outline, child_path, local_name
from surveys.cleaning.placing import Fault, Placed
from surveys.xforms.functions import Value, is_true, to_number
from surveys.xforms.questionnaire import Bind, Element, Questionnaire

NOTHING = Bind()
# An expression at a node, with the bind and path it stands in; None where it cannot be worked out.
Evaluate = Callable[[str, Element, Bind, str], Value | None]


@dataclass(slots=True)
class Fitting:
    questionnaire: Questionnaire
    outline: Outline
    placed: Placed
    irrelevant: set[Element]
    doubtful: set[Element]  # perhaps not relevant: nothing there is required
    evaluate: Evaluate
    found: list[Fault] = field(default_factory=list)

    def faults(self, root: str) -> list[Fault]:
        """Every broken rule, in the form's order. What cannot be worked out counts as kept."""
        self._check_children(self.placed.form, root, "")
        return self.found

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
            self.found.append(Fault(shown, self.placed.wrong[node]))
        elif not node.text:
            required = bind.required and self.evaluate(bind.required, node, bind, path)
            if required is not None and is_true(required) and node not in self.doubtful:
                self.found.append(Fault(shown, "required_missing"))
        elif not self._is_offered(node, bind, path):
            self.found.append(Fault(shown, "not_a_choice"))
        elif bind.constraint:
            holds = self.evaluate(bind.constraint, node, bind, path)
            if holds is not None and not is_true(holds):
                self.found.append(Fault(shown, "constraint_broken", bind.constraint_message))

    def _is_offered(self, node: Element, bind: Bind, path: str) -> bool:
        control = self.questionnaire.controls[path]
        if control.kind in {"input", "upload", "range"}:
            return True
        offered = self.questionnaire.always_offered(control)
        if offered is None:
            items: Any = self.evaluate(control.choices, node, bind, path)
            if items is None:
                return True
            offered = frozenset(item.findtext(control.value) for item in items)
        several = control.kind in {"select", "rank"}
        return offered.issuperset(node.text.split() if several else [node.text.strip()])

    def _check_count(self, parent: Element, repeat: str, count: int, shown: str) -> None:
        bind = self.questionnaire.binds.get(repeat, NOTHING)
        if not count and bind.relevant:
            relevant = self.evaluate(bind.relevant, parent, bind, repeat)
            if relevant is None or not is_true(relevant):
                return
        value = self.evaluate(self.questionnaire.counts[repeat], parent, bind, repeat)
        wanted = 0.0 if value is None or isnan(to_number(value)) else to_number(value)
        if value is None or count == wanted or self._all_irrelevant(parent, repeat):
            return
        code = "too_many_repeats" if count > wanted else "too_few_repeats"
        self.found.append(Fault(f"{shown}/{repeat.rpartition('/')[2]}".strip("/"), code))

    def _all_irrelevant(self, parent: Element, repeat: str) -> bool:
        name = repeat.rpartition("/")[2]
        rows = [node for node in parent.iterchildren("*") if local_name(node) == name]
        return bool(rows) and all(row in self.irrelevant for row in rows)
