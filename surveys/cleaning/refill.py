"""An instance as it came, worked out again by its form: every text by its place. Pure.

A place is a path below the root with the rows of repeats counted, `roster/member[2]/age`.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import takewhile

from surveys.cleaning.fill import Filling, Frame
from surveys.cleaning.outline import Outline, child_path, local_name
from surveys.cleaning.placing import Fault, Placed
from surveys.xforms.questionnaire import JAVAROSA, Element, Questionnaire


@dataclass(frozen=True, slots=True)
class Refilled:
    """`texts`: of every question that is asked, "" where it has no answer."""

    texts: Mapping[str, str]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Laid:
    """A copy of the form with an instance's texts; which place each of its questions is."""

    outline: Outline
    placed: Placed
    places: dict[Element, str] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)  # place → path of the field

    def lay(self, parent: Element, sources: Sequence[Element], path: str, place: str) -> None:
        """Puts what the nodes `sources` of the instance hold into their node of the form."""
        seen: set[str] = set()
        for child in list(parent.iterchildren("*")):
            below, here = child_path(path, child), child_path(place, child)
            if below in seen:
                parent.remove(child)  # the template's twin
                continue
            seen.add(below)
            name = local_name(child)
            found = [e for source in sources for e in _named(source.iterchildren("*"), name)]
            if below in self.outline.repeats:
                self._lay_rows(child, found, below, here)
            elif len(child):
                self._lay_attributes(child, found)
                self.lay(child, found, below, here)
            else:
                self._lay_text(child, found, below, here)

    def change(self, element: Element, text: str) -> None:
        path = self.paths[self.places[element]]
        _, flag = self.outline.readers[path](text) if text else ("", "")
        if flag:
            kind = self.outline.fields[path].type
            is_choice = kind.startswith("select")
            self.placed.wrong[element] = "not_a_choice" if is_choice else f"not_{kind.lower()}"
        else:
            self.placed.given[element] = text

    def _lay_rows(self, template: Element, found: Sequence[Element], path: str, place: str) -> None:
        template.attrib.pop(f"{JAVAROSA}template", None)
        for number, source in enumerate(found, start=1):
            row = deepcopy(template)
            template.addprevious(row)
            self.lay(row, [source], path, f"{place}[{number}]")
        template.getparent().remove(template)

    def _lay_text(self, node: Element, found: Sequence[Element], path: str, place: str) -> None:
        self._lay_attributes(node, found)
        self.places[node] = place
        self.paths[place] = path
        if found:
            texts = [each.text or "" for each in found]
            self.placed.given[node] = next((t for t in texts if t and not t.isspace()), "")

    def _lay_attributes(self, node: Element, found: Sequence[Element]) -> None:
        if found and local_name(node) == "entity":
            self.placed.attributes[node] = {str(k): str(v) for k, v in found[0].attrib.items()}


def refill(
    questionnaire: Questionnaire,
    outline: Outline,
    root: Element,
    frame: Frame,
    changes: Mapping[str, str],
) -> Refilled:
    """What a form engine makes of the instance `root` with other texts at some places.

    Text that does not fit its question's type is a Fault. The caller holds `questionnaire.lock`.
    """
    laid = lay_out(questionnaire, outline, root)
    for element, place in laid.places.items():
        if place in changes:
            laid.change(element, changes[place])
    filling = Filling(questionnaire, outline, laid.placed, frame)
    faults = filling.work_out()
    hidden = {e for top in filling.irrelevant for e in (top, *top.iterdescendants("*"))}
    texts = {p: e.text or "" for e, p in laid.places.items() if e not in hidden}
    wrong = {laid.places[e]: changes[laid.places[e]] for e in laid.placed.wrong if e not in hidden}
    return Refilled({**texts, **wrong}, faults)


def lay_out(questionnaire: Questionnaire, outline: Outline, root: Element) -> Laid:
    """The form with as many rows of each repeat as the instance has, and its texts as given."""
    laid = Laid(outline, Placed(deepcopy(questionnaire.instance)))
    laid.lay(laid.placed.form, [root], "", "")
    return laid


def place_of(element: Element, root: Element, repeats: set[str]) -> str:
    """Where a node of an instance stands."""
    nodes = [element, *takewhile(lambda each: each is not root, element.iterancestors())]
    path, place = "", []
    for node in reversed(nodes if element is not root else []):
        name = local_name(node)
        path = f"{path}/{name}".strip("/")
        number = 1 + sum(1 for _ in _named(node.itersiblings("*", preceding=True), name))
        place.append(f"{name}[{number}]" if path in repeats else name)
    return "/".join(place)


def _named(nodes: Iterator[Element], name: str) -> Iterator[Element]:
    return (each for each in nodes if local_name(each) == name)
