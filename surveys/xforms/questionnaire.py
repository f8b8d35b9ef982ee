"""A published XForm read for filling in: binds, controls, repeats, lists and expressions. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeAlias

from lxml import etree

from surveys.xforms.expressions import Expression, NotCheckable, compile_expression
from surveys.xforms.functions import Value, to_text

XFORMS = "{http://www.w3.org/2002/xforms}"
JAVAROSA = "{http://openrosa.org/javarosa}"
SAVETO = "{http://www.opendatakit.org/xforms/entities}saveto"

_COLUMN = re.compile(r"[^\W\d][\w.-]*")
_ITEXT = re.compile(r"jr:itext\('(.+)'\)")
_WHOLE_LIST = re.compile(r"instance\('([^']+)'\)/root/item")
_NAMES = re.compile(r"(?<=/)[\w.-]+")
Element: TypeAlias = Any  # lxml's stubs take every child and attribute for possibly missing
Row: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Bind:
    """What holds for one node: the expressions as written, blank where there are none."""

    type: str = "string"
    relevant: str = ""
    calculate: str = ""
    constraint: str = ""
    constraint_message: str = ""  # in the form's default language
    required: str = ""
    readonly: bool = False
    preload: str = ""
    reads: frozenset[str] = frozenset()  # names of the nodes that its expressions look at


@dataclass(frozen=True, slots=True)
class Control:
    """How one node is asked: the element's name and where its choices come from."""

    kind: str
    choices: str = ""  # an expression for the items that are offered
    value: str = "name"
    offered: tuple[str, ...] = ()  # choices that stand in the control itself


class Questionnaire:
    """One form version; `lists` are the rows of the CSV lists that came with it, by name."""

    def __init__(self, xform: bytes, lists: Mapping[str, Sequence[Row]] | None = None) -> None:
        self.lock = Lock()  # what is compiled, and lxml's trees, are for one thread at a time
        document: Element = etree.fromstring(xform)
        self.namespaces = {prefix: uri for prefix, uri in document.nsmap.items() if prefix}
        for element in document.iter(f"{XFORMS}*"):
            element.tag = etree.QName(element).localname
        self.instance: Element = document.find(".//instance")[0]
        self.form_id: str = self.instance.get("id")
        self.version: str = self.instance.get("version", "")
        self.saves: dict[str, str] = {  # path of a question → the entity property it is saved to
            each.get("nodeset"): each.get(SAVETO)
            for each in document.iter("bind")
            if SAVETO in each.attrib
        }
        self.presets: dict[str, str] = {
            each.get("ref"): each.get("value") or repr(each.text or "")
            for each in document.iter("setvalue")
            if "first-load" in each.get("event", "")
        }
        # How often a repeat repeats; blank where the enumerator decides.
        self.counts: dict[str, str] = {
            each.get("nodeset"): each.get(f"{JAVAROSA}count", "")
            for each in document.iter("repeat")
        }
        self.controls = {
            each.get("ref"): _read_control(each)
            for each in document.iter("input", "select1", "select", "upload", "rank", "range")
        }
        self._labels = {
            each.get("id"): each.findtext("value") or ""
            for each in document.iterfind(".//translation[@default]/text")
        }
        self.binds = {
            each.get("nodeset"): _read_bind(each, self._labels) for each in document.iter("bind")
        }
        instances: dict[str, Element] = {
            each.get("id"): each for each in document.iterfind(".//instance[@id]")
        }
        # Lists that come as a file beside the form, with the file's address.
        self.files = {name: each.get("src") for name, each in instances.items() if each.get("src")}
        self._lists = {n: each for n, each in instances.items() if n not in self.files}
        self._lists |= {name: as_list(rows) for name, rows in (lists or {}).items()}
        self._compiled: dict[str, Expression] = {}
        self._whole: dict[str, frozenset[str]] = {}

    def put_list(self, name: str, rows: Sequence[Row]) -> None:
        """The rows of a list from now on."""
        self._lists[name] = as_list(rows)
        self._whole.pop(name, None)

    def rows(self, name: str) -> list[dict[str, str]]:
        """The rows of a list in the form or beside it, such as `village`."""
        items = self._lists[name].iterfind("root/item")
        return [{cell.tag: cell.text or "" for cell in item} for item in items]

    def always_offered(self, control: Control) -> frozenset[str] | None:
        """The choices of a control that filters none; None where answers decide, or a file."""
        found = _WHOLE_LIST.fullmatch(control.choices)
        if found is None or found[1] not in self._lists:
            return None if control.choices else frozenset(control.offered)
        if found[1] not in self._whole:
            items = self._lists[found[1]].iterfind("root/item")
            self._whole[found[1]] = frozenset(item.findtext(control.value) or "" for item in items)
        return self._whole[found[1]]

    def evaluate(
        self,
        text: str,
        node: Element,
        *,
        form: Element,
        today: str,
        now: str = "",
        lists: Mapping[str, Element] | None = None,
    ) -> Value:
        """An expression of this form at a node of the copy `form` that is being filled.

        `lists` (see `as_list`) go before those of the form. Raises NotCheckable.
        """
        if text not in self._compiled:
            own = {"choice-name": self._choice_name}
            self._compiled[text] = compile_expression(text, self.instance.tag, own)
        known = {**self._lists, **lists} if lists else self._lists
        return self._compiled[text](node, form=form, today=today, now=now, lists=known)

    def _choice_name(self, code: Value, path: Value) -> str:
        """`jr:choice-name`: the label, in the form's default language, of a chosen code."""
        control = self._control(to_text(path).strip())
        source = re.match(r"instance\('(.+?)'\)", control.choices)
        items = self._lists[source[1]].iterfind("root/item") if source else ()
        for item in items:
            if item.findtext(control.value) == to_text(code):
                itext = item.findtext("itextId") or ""
                return self._labels.get(itext, item.findtext("label") or "")
        return ""

    def _control(self, path: str) -> Control:
        """By its path, or where that is relative by its last step."""
        last = "/" + path.rpartition("/")[2]
        found = self.controls.get(path) or next(
            (each for ref, each in self.controls.items() if ref.endswith(last)), None
        )
        if found is None:
            raise NotCheckable("no such question")
        return found


def as_list(rows: Sequence[Row]) -> Element:
    """Rows as expressions see them: `instance('x')/root/item/<column>`."""
    instance = etree.Element("instance")
    root = etree.SubElement(instance, "root")
    for row in rows:
        item = etree.SubElement(root, "item")
        for column, value in row.items():
            if _COLUMN.fullmatch(column or ""):  # no expression could name another
                etree.SubElement(item, column).text = value
    return instance


def _read_bind(bind: Element, labels: Mapping[str, str]) -> Bind:
    preload = bind.get(f"{JAVAROSA}preloadParams") or bind.get(f"{JAVAROSA}preload")
    message = bind.get(f"{JAVAROSA}constraintMsg", "")
    reference = _ITEXT.fullmatch(message)
    written = {name: bind.get(name, "") for name in ("relevant", "calculate", "constraint")}
    return Bind(
        type=bind.get("type", "string"),
        **written,
        constraint_message=labels.get(reference[1], "") if reference else message,
        required=bind.get("required", ""),
        readonly=bind.get("readonly") == "true()",
        preload=preload or "",
        reads=frozenset(_NAMES.findall(" ".join((*written.values(), bind.get("required", ""))))),
    )


def _read_control(control: Element) -> Control:
    offered = tuple(item.findtext("value") or "" for item in control.iterfind("item"))
    itemset = control.find("itemset")
    if itemset is None:
        return Control(control.tag, offered=offered)
    return Control(control.tag, itemset.get("nodeset"), itemset.find("value").get("ref"))
