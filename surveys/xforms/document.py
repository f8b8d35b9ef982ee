"""An XForm taken apart: its model, binds, controls and texts. Pure: it knows XML, not fields.

Paths are node names below the root element: the bind of `/data/main/card_no` is `main/card_no`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from lxml import etree

from backend.said import Said

H = "{http://www.w3.org/1999/xhtml}"
JR = "{http://openrosa.org/javarosa}"
ENTITIES = "{http://www.opendatakit.org/xforms/entities}"
LAST_SAVED = "jr://instance/last-saved"  # client-side only (openrosa.md F11)
ONE_LANGUAGE = ("",)
ITEMSETS = "itemsets.csv"  # choices of select_one_external, an ordinary file beside the form
NO_TRANSLATION = "-"  # what pyxform writes where a language has no text

_INSTANCE = re.compile(r"instance\(\s*'([^']+)'\s*\)")
_ITEXT = re.compile(r"jr:itext\(\s*'([^']+)'\s*\)")
_PULLDATA = re.compile(r"(?:search|pulldata)\(\s*'([^']+)'")

Labels = dict[str, str]


class XFormError(Exception):
    """The XForm lacks what every client reads first (openrosa.md F2)."""

    def __init__(self, words: Said) -> None:
        super().__init__(words)
        self.words = words


@dataclass(frozen=True)
class XForm:
    """A parsed XForm. Elements are lxml's; lookups are by local name, as Collect does."""

    title: str
    model: etree._Element
    body: etree._Element
    root: etree._Element  # the root of the primary instance

    @property
    def form_id(self) -> str:
        return self.root.get("id") or ""

    @property
    def version(self) -> str:
        """Verbatim: blank and absent are one (L5)."""
        return attribute(self.root, "version")

    @property
    def entities_version(self) -> str:
        return self.model.get(f"{ENTITIES}entities-version") or ""

    @property
    def submission_action(self) -> str:
        return next((attribute(e, "action") for e in _named(self.model, "submission")), "")

    @cached_property
    def binds(self) -> dict[str, etree._Element]:
        return {self.path(bind.get("nodeset", "")): bind for bind in _named(self.model, "bind")}

    @cached_property
    def controls(self) -> dict[str, etree._Element]:
        """What the body asks or shows, by the path it refers to; groups and repeats too."""
        found: dict[str, etree._Element] = {}
        for element in self.body.iter(etree.Element):
            ref = element.get("ref", "")
            if ref.startswith("/") and local_name(element) not in {"label", "hint", "value"}:
                found.setdefault(self.path(ref), element)
        return found

    @cached_property
    def repeats(self) -> dict[str, etree._Element]:
        return {self.path(e.get("nodeset", "")): e for e in _named_below(self.body, "repeat")}

    @cached_property
    def set_by_actions(self) -> dict[str, str]:
        """Paths an action fills, with the action's name: setvalue, setgeopoint, recordaudio."""
        actions = ("setvalue", "setgeopoint", "recordaudio")
        both = (*self.model.iter(etree.Element), *self.body.iter(etree.Element))
        return {
            self.path(e.get("ref", "")): local_name(e) for e in both if local_name(e) in actions
        }

    @cached_property
    def instances(self) -> dict[str, etree._Element]:
        """Secondary instances by id: choice lists in the form, files beside it."""
        return {e.get("id", ""): e for e in _named(self.model, "instance") if e.get("id")}

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The default first; `("",)` where the form has one language without a name."""
        translations = sorted(self._translations, key=lambda t: t.get("default") != "true()")
        names = tuple(t.get("lang", "") for t in translations)
        return ONE_LANGUAGE if names in {(), ("default",)} else names

    @cached_property
    def _translations(self) -> list[etree._Element]:
        return [t for itext in _named(self.model, "itext") for t in _named(itext, "translation")]

    @cached_property
    def texts(self) -> dict[str, Labels]:
        """Texts by itext id, each by language; a language without its text is left out."""
        found: dict[str, Labels] = {}
        for translation in self._translations:
            language = translation.get("lang", "") if self.languages != ONE_LANGUAGE else ""
            for text in _named(translation, "text"):
                words = next((_words(v) for v in _named(text, "value") if not v.get("form")), "")
                if words not in {"", NO_TRANSLATION}:
                    found.setdefault(text.get("id", ""), {})[language] = words
        return found

    def label(self, element: etree._Element | None) -> Labels:
        """The label of a control, group or repeat in every language that has one."""
        if element is None:
            return {}
        label = next(iter(_named(element, "label")), None)
        if label is None:
            return {}
        reference = _ITEXT.search(label.get("ref", ""))
        if reference:
            return self.texts.get(reference[1], {})
        words = _words(label)
        return dict.fromkeys(self.languages, words) if words else {}

    def choices(self, control: etree._Element) -> Iterator[tuple[str, Labels]]:
        """Every choice of a select that the form itself holds, whatever its filter."""
        for item in _named(control, "item"):
            yield child_text(item, "value"), self.label(item)
        for itemset in _named(control, "itemset"):
            yield from self._itemset(itemset)

    def _itemset(self, itemset: etree._Element) -> Iterator[tuple[str, Labels]]:
        source = self.instances.get(_instance_name(itemset.get("nodeset", "")))
        if source is None or source.get("src"):
            return
        value = next((e.get("ref", "") for e in _named(itemset, "value")), "") or "name"
        label = next((e.get("ref", "") for e in _named(itemset, "label")), "") or "label"
        translated = re.fullmatch(r"jr:itext\((\w+)\)", label)
        for item in _named_below(source, "item"):
            text = child_text(item, translated[1] if translated else label)
            labels = self.texts.get(text, {}) if translated else dict.fromkeys(self.languages, text)
            yield child_text(item, value), labels

    def choices_file(self, control: etree._Element) -> str:
        """The name of the file or entity list a select takes its choices from, if it does."""
        if control.get("query"):  # select_one_external
            return ITEMSETS
        for itemset in _named(control, "itemset"):
            source = self.instances.get(_instance_name(itemset.get("nodeset", "")))
            if source is not None and source.get("src"):
                return file_name(source.get("src", ""))
        searched = _PULLDATA.search(control.get("appearance", ""))
        return _with_csv(searched[1]) if searched else ""

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Every file the form refers to, once each; never last-saved."""
        names = [
            file_name(e.get("src", ""))
            for e in self.instances.values()
            if e.get("src") and not e.get("src", "").startswith(LAST_SAVED)
        ]
        names += [
            file_name((value.text or "").strip())
            for value in _named_below(self.model, "value")
            if (value.text or "").strip().startswith("jr://")
        ]
        names += [name for c in self.controls.values() if (name := self.choices_file(c))]
        for bind in self.binds.values():
            calls = _PULLDATA.findall(bind.get("calculate", ""))
            names += [_with_csv(name) for name in calls]
        return tuple(dict.fromkeys(names))

    def path(self, nodeset: str) -> str:
        """`/data/main/card_no` → `main/card_no`."""
        return nodeset.strip().lstrip("/").partition("/")[2]


def parse_xform(content: bytes) -> XForm:
    """Takes an XForm apart. Raises `XFormError` where Collect's quick reader would fail (F2)."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        tree = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        words = Said("The form is not well-formed XML: {error}", error=error.msg)
        raise XFormError(words) from error
    title = (tree.findtext(f"{H}head/{H}title") or "").strip()
    model = next(_named_below(tree, "model"), None)
    body = tree.find(f"{H}body")
    if model is None or body is None:
        raise XFormError(Said("The form has no model or no body."))
    root = next((child for instance in _named(model, "instance") for child in instance), None)
    if root is None or not root.get("id"):
        raise XFormError(Said("The form has no form_id."))
    if not title:
        raise XFormError(Said("The form has no title."))
    return XForm(title=title, model=model, body=body, root=root)


def local_name(element: etree._Element) -> str:
    return etree.QName(element).localname


def attribute(element: etree._Element, name: str) -> str:
    """An attribute by local name, with or without a namespace."""
    return next((str(v) for k, v in element.attrib.items() if etree.QName(k).localname == name), "")


def child_text(element: etree._Element, name: str) -> str:
    return next(((e.text or "").strip() for e in _named(element, name)), "")


def file_name(src: str) -> str:
    """`jr://file-csv/households.csv` → `households.csv`."""
    return src.rpartition("/")[2]


def _with_csv(name: str) -> str:
    return name if name.endswith(".csv") else f"{name}.csv"


def _instance_name(nodeset: str) -> str:
    found = _INSTANCE.search(nodeset)
    return found[1] if found else ""


def _named(element: etree._Element, name: str) -> list[etree._Element]:
    return [e for e in element.iterchildren(etree.Element) if local_name(e) == name]


def _named_below(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return (e for e in element.iter(etree.Element) if local_name(e) == name)


def _words(element: etree._Element) -> str:
    """Text with every `<output>` as `${name}`, as the form's author wrote it."""
    parts = [element.text or ""]
    for child in element.iterchildren(etree.Element):
        if local_name(child) == "output":
            parts.append("${" + child.get("value", "").strip().rpartition("/")[2] + "}")
        parts.append(child.tail or "")
    return "".join(parts).strip()
