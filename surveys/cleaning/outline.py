"""A form's nodes by the names that plain answers may use for them. Pure."""

from collections import defaultdict
from dataclasses import dataclass

from surveys.cleaning.coerce import coercer
from surveys.xforms.questionnaire import Element, Questionnaire
from surveys.xforms.schema import ROOT, Field, Schema


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the form, by its path below the root; `repeat` is the one it stands in."""

    path: str
    repeat: str
    leaf: bool


class Outline:
    """Made once for a form version."""

    def __init__(self, questionnaire: Questionnaire, schema: Schema) -> None:
        self.fields: dict[str, Field] = {field.path: field for field in schema.fields}
        self.readers = {field.path: coercer(field) for field in schema.fields}
        self.repeats = {repeat.path for repeat in schema.repeats}
        self.nodes: dict[str, Node] = {}
        self._named: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._read(questionnaire.instance, "", ROOT)
        for field in schema.fields:
            self._named[field.repeat, field.key].add(field.path)
        self.looks_ahead = _looks_ahead(questionnaire, list(self.nodes))
        self._counted = [path for path, count in questionnaire.counts.items() if count]

    def find(self, name: str, *, below: str, repeat: str) -> Node | None:
        """What a name means inside a group of a repeat's row; None if nothing, or several things.

        A path first (`place/card_no`), then a node's own name, whatever groups lie between, then
        the name it has in our records where two would clash.
        """
        direct = self.nodes.get(f"{below}/{name}" if below else name)
        if direct is not None and direct.repeat == repeat:
            return direct
        inside = f"{below}/" if below else ""
        found = [p for p in self._named.get((repeat, name), ()) if p.startswith(inside)]
        return self.nodes[found[0]] if len(found) == 1 else None

    def repeats_in(self, parent: str) -> list[str]:
        """Repeats right below a node whose number the form gives; all paths as `/data/…`."""
        return [path for path in self._counted if path.rpartition("/")[0] == parent]

    def _read(self, parent: Element, path: str, repeat: str) -> None:
        for child in parent.iterchildren("*"):
            below = child_path(path, child)
            if below in self.nodes:  # a repeat stands there twice, template and first
                continue
            self.nodes[below] = Node(below, repeat, leaf=not len(child))
            self._named[repeat, below.rpartition("/")[2]].add(below)
            self._read(child, below, below if below in self.repeats else repeat)


def _looks_ahead(questionnaire: Questionnaire, paths: list[str]) -> bool:
    """Does any expression read a node that comes later? Then one pass in form order is not enough.

    So does one that reads all rows of the repeat it stands in.
    """
    root = f"/{local_name(questionnaire.instance)}/"
    places: dict[str, int] = {}
    for place, path in enumerate(paths):
        places[path.rpartition("/")[2]] = place
    repeats = [path.removeprefix(root) for path in questionnaire.counts]
    for path, bind in questionnaire.binds.items():
        below = path.removeprefix(root).partition("/@")[0]
        here = places.get(below.rpartition("/")[2], len(paths))
        if any(places.get(name, 0) > here for name in bind.reads):
            return True
        inside = [r.rpartition("/")[2] for r in repeats if below.startswith(f"{r}/")]
        if bind.reads & set(inside):
            return True
    return False


def child_path(path: str, child: Element) -> str:
    name = local_name(child)
    return f"{path}/{name}" if path else name


def local_name(element: Element) -> str:
    """Without its namespace: `meta` may stand in OpenRosa's or in none."""
    return str(element.tag).rpartition("}")[2]
