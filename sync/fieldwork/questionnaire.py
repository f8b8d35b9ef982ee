"""A published XForm read for filling in: binds, controls, repeats, lists and expressions.

How one copy of it is filled stands in `sitting.py`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from lxml import etree

from sync.fieldwork.expressions import FUNCTIONS, Value, compile_expression, to_text

XFORMS = "{http://www.w3.org/2002/xforms}"
JAVAROSA = "{http://openrosa.org/javarosa}"

Element: TypeAlias = Any  # lxml's stubs take every child and attribute for possibly missing
Row: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Bind:
    """What holds for one node: the expressions as written, blank where there are none."""

    type: str = "string"
    relevant: str = ""
    calculate: str = ""
    constraint: str = ""
    required: bool = False
    readonly: bool = False
    preload: str = ""


@dataclass(frozen=True, slots=True)
class Control:
    """How one node is asked: the element's name and where its choices come from."""

    kind: str
    choices: str = ""
    value: str = "name"


class Questionnaire:
    """One form version; `lists` are the rows of the CSV lists that came with it, by name."""

    def __init__(self, xform: bytes, lists: Mapping[str, Sequence[Row]] | None = None) -> None:
        document: Element = etree.fromstring(xform)
        self.namespaces = {prefix: uri for prefix, uri in document.nsmap.items() if prefix}
        for element in document.iter(f"{XFORMS}*"):
            element.tag = etree.QName(element).localname
        self.instance: Element = document.find(".//instance")[0]
        self.form_id: str = self.instance.get("id")
        self.binds = {each.get("nodeset"): _read_bind(each) for each in document.iter("bind")}
        self.presets = {each.get("ref"): each.get("value") for each in document.iter("setvalue")}
        self.counts: dict[str, str] = {
            each.get("nodeset"): each.get(f"{JAVAROSA}count", "1")
            for each in document.iter("repeat")
        }
        self.controls = {
            each.get("ref"): _read_control(each)
            for each in document.iter("input", "select1", "select", "upload")
        }
        self._labels = {
            each.get("id"): each.findtext("value") or ""
            for each in document.iterfind(".//translation[@default]/text")
        }
        self._lists = {each.get("id"): each for each in document.iterfind(".//instance[@id]")}
        self._lists |= {name: _as_instance(rows) for name, rows in (lists or {}).items()}
        self._compiled: dict[str, etree.XPath] = {}
        self._functions = {
            **FUNCTIONS,
            "instance": lambda name: [self._lists[to_text(name)]],
            "choice-name": self._choice_name,
        }

    def rows(self, name: str) -> list[dict[str, str]]:
        """The rows of a list in the form or beside it, such as `village`."""
        items = self._lists[name].iterfind("root/item")
        return [{cell.tag: cell.text or "" for cell in item} for item in items]

    def evaluate(self, text: str, node: Element, *, form: Element, today: str) -> Value:
        """An expression of this form at a node of the copy `form` that is being filled."""
        if text not in self._compiled:
            self._compiled[text] = compile_expression(text, self.instance.tag, self._functions)
        evaluate: Any = self._compiled[text]
        result: Value = evaluate(node, form=form, today=today, here=node)
        return result

    def _choice_name(self, code: Value, path: Value) -> str:
        """`jr:choice-name`: the label, in the form's default language, of a chosen code."""
        control = self.controls[to_text(path).strip().replace("$form", f"/{self.instance.tag}")]
        source = re.match(r"instance\('(.+?)'\)", control.choices)
        rows = self.rows(source[1]) if source else []
        found = (self._labels[row["itextId"]] for row in rows if row["name"] == to_text(code))
        return next(found, "")


def _read_bind(bind: Element) -> Bind:
    preload = bind.get(f"{JAVAROSA}preloadParams") or bind.get(f"{JAVAROSA}preload")
    return Bind(
        type=bind.get("type", "string"),
        relevant=bind.get("relevant", ""),
        calculate=bind.get("calculate", ""),
        constraint=bind.get("constraint", ""),
        required=bind.get("required") == "true()",
        readonly=bind.get("readonly") == "true()",
        preload=preload or "",
    )


def _read_control(control: Element) -> Control:
    itemset = control.find("itemset")
    if itemset is None:
        return Control(control.tag)
    return Control(control.tag, itemset.get("nodeset"), itemset.find("value").get("ref"))


def _as_instance(rows: Sequence[Row]) -> Element:
    """CSV rows as expressions see them: `instance('x')/root/item/<column>`."""
    instance = etree.Element("instance")
    root = etree.SubElement(instance, "root")
    for row in rows:
        item = etree.SubElement(root, "item")
        for column, value in row.items():
            etree.SubElement(item, column).text = value
    return instance
