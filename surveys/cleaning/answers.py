"""One instance's XML → rows of typed and verbatim answers, by the form's schema. Pure.

A row for the root and one for each filled row of a repeat; a repeat's row that holds no answer at
all gives none. Nodes are found by local name, so namespaces do not matter (openrosa.md S11).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from surveys.cleaning.coerce import Coerced, coercer
from surveys.xforms.schema import ROOT, Field, Schema

NODE_UNKNOWN = "node_unknown"
NODE_REPEATED = "node_repeated"
MEDIA_TYPES = frozenset({"image", "audio", "video", "file"})
# In every instance, and stored with the submission or the entity.
_ENVELOPE = frozenset({"meta/instanceID", "meta/deprecatedID", "meta/entity"})
_MOST_FLAGS = 100  # of one submission; a hostile instance may hold a million unknown nodes


@dataclass(frozen=True, slots=True)
class Flag:
    """What a check found: a code of docs/data-quality.md, and at which node. Never an answer."""

    code: str
    path: str = ""


@dataclass(slots=True)
class Row:
    """Typed answers by field key; `verbatim` as sent, by the same key or by "/path" if unknown.

    A question that was sent without an answer is empty in `verbatim`: it was asked and left so.
    `received` is the text as it came where corrections hold in the record: then `verbatim` has the
    text that stands in its place.
    """

    repeat: str = ROOT
    parent: "Row | None" = None
    values: dict[str, Any] = field(default_factory=dict)
    verbatim: dict[str, str] = field(default_factory=dict)
    received: dict[str, str] | None = None
    element: "etree._Element | None" = None


@dataclass(slots=True)
class Answers:
    """`rows[0]` is the root; parents come before their children, siblings in order."""

    rows: list[Row]
    flags: list[Flag] = field(default_factory=list)
    restricted: bool = False  # an answered field may be seen by named people only
    media: dict[str, str] = field(default_factory=dict)  # file name → path of the field naming it

    @property
    def root(self) -> Row:
        return self.rows[0]


def read_answers(root: "etree._Element", plan: "Plan") -> Answers:
    """Every answer of the instance, typed where its field is known and it can be read."""
    answers = Answers(rows=[Row(element=root)])
    _Walk(answers).children(root, plan, answers.root)
    return answers


@dataclass(slots=True)
class Plan:
    """A node the form knows: a group, a repeat (`repeat` set) or a question (`field` set)."""

    path: str = ""
    children: dict[str, "Plan"] = field(default_factory=dict)
    repeat: str = ""
    field: Field | None = None
    key: str = ""
    read: Callable[[str], Coerced] | None = None
    media: bool = False
    restricted: bool = False


def make_plan(schema: Schema) -> Plan:
    """The form as a tree of nodes to look up while walking; keep it as long as the version."""
    top = Plan()
    for repeat in schema.repeats:
        _plan_at(top, repeat.path).repeat = repeat.path
    for each in schema.fields:
        plan = _plan_at(top, each.path)
        plan.field, plan.key, plan.read = each, each.key, coercer(each)
        plan.media = each.type in MEDIA_TYPES
        plan.restricted = each.restricted
    _close(top)
    return top


def _close(plan: Plan) -> bool:
    """Restricts groups in which nothing else is asked: whatever is sent there is as private."""
    if plan.children and plan.field is None:
        closed = [_close(child) for child in plan.children.values()]  # each, down to the leaves
        plan.restricted = all(closed)
    return plan.restricted


def _plan_at(plan: Plan, path: str) -> Plan:
    done = []
    for name in path.split("/"):
        done.append(name)
        plan = plan.children.setdefault(name, Plan(path="/".join(done)))
    return plan


@dataclass(slots=True)
class _Walk:
    answers: Answers
    flags: int = 0
    kept: dict[tuple[int, str], int] = field(default_factory=dict)  # times a path came, by row

    def children(self, element: "etree._Element", plan: Plan, row: Row) -> None:
        for child in element:
            tag = child.tag
            if not isinstance(tag, str):  # a comment or a processing instruction
                continue
            name = tag.rpartition("}")[2]
            known = plan.children.get(name)
            if known is None:
                path = f"{plan.path}/{name}" if plan.path else name
                self.unknown(child, Plan(path, restricted=plan.restricted), row)
            elif known.field is not None:
                if child.text is not None and not child.text.isspace():
                    self.question(child.text, known, row)
                else:
                    row.verbatim.setdefault(known.key, "")
                if len(child):
                    self.children(child, Plan(known.path, restricted=known.restricted), row)
            elif known.repeat:
                self.repeat(child, known, row)
            else:
                self.children(child, known, row)

    def question(self, text: str, plan: Plan, row: Row) -> None:
        if row.verbatim.get(plan.key):
            self.keep_beside(text, plan.path, row)
            self.flag(NODE_REPEATED, plan.path)
            return
        row.verbatim[plan.key] = text
        assert plan.read is not None
        value, code = plan.read(text)
        if value is not None:
            row.values[plan.key] = value
        if code:
            self.flag(code, plan.path)
        if plan.restricted:
            self.answers.restricted = True
        if plan.media and value:
            self.answers.media[value] = plan.path

    def repeat(self, element: "etree._Element", plan: Plan, parent: Row) -> None:
        rows = self.answers.rows
        row = Row(plan.repeat, parent, element=element)
        rows.append(row)
        self.children(element, plan, row)
        if rows[-1] is row and not any(row.verbatim.values()):
            rows.pop()

    def unknown(self, element: "etree._Element", plan: Plan, row: Row) -> None:
        """Keeps the text of a node the schema does not have, under its path."""
        if plan.path in _ENVELOPE:
            return
        text = element.text
        if text is not None and not text.isspace():
            self.keep_beside(text, plan.path, row)
            if not plan.path.startswith("meta/"):
                self.flag(NODE_UNKNOWN, plan.path)
                self.answers.restricted |= plan.restricted
        self.children(element, plan, row)

    def keep_beside(self, text: str, path: str, row: Row) -> None:
        times = self.kept[id(row), path] = self.kept.get((id(row), path), 0) + 1
        row.verbatim[f"/{path}" if times == 1 else f"/{path}[{times}]"] = text

    def flag(self, code: str, path: str) -> None:
        if self.flags < _MOST_FLAGS:
            self.flags += 1
            self.answers.flags.append(Flag(code, path))
