"""Instance: what an instance XML says about itself (openrosa.md S11, S14, S15). Pure.

The answers stay in `root`; cleaning reads them. Nothing here trusts the sender.
"""

import hashlib
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

ENCRYPTED_NAMESPACE = "http://opendatakit.org/submissions"
MAX_DEPTH = 100  # the deepest form we know nests 12 levels
MAX_ATTRIBUTES = 200  # of one element; those of forms have ten
MAX_ELEMENTS = 500_000  # a record of 1,000 repetitions has a hundred thousand
MAX_ID_LENGTH = 255
MAX_VERSION_LENGTH = 200
# Records without an instanceID get one from their content, so that a repeat is no new record.
MINTED = uuid.UUID("5d1f4d4e-7e02-5c8b-9a5f-3b1f6a0c2e11")

_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)""")
_too_deep = etree.XPath("boolean(" + "/*" * (MAX_DEPTH + 1) + ")")


class InstanceError(Exception):
    """Bytes that are no instance. `code` is that of the Problem to answer with."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Instance:
    """One filled form. `deprecated_id` is the instanceID that this edition replaces, or ""."""

    form_id: str
    version: str
    instance_id: str
    deprecated_id: str
    encrypted: bool
    root: etree._Element


def parse_instance(raw: bytes) -> Instance:
    """Reads the XML a tablet sent.

    Raises InstanceError: xml_malformed, xml_forbidden (DOCTYPE, entities), xml_too_deep,
    xml_too_wide, form_id_missing.
    """
    root = _read(raw)
    form_id = (root.get("id") or "").strip()
    if not form_id:
        raise InstanceError("form_id_missing")
    meta = _child(root, "meta")
    instance_id = _fit(_text(meta, "instanceID"))
    deprecated_id = _fit(_text(meta, "deprecatedID"))
    return Instance(
        form_id=form_id,
        version=_version(root)[:MAX_VERSION_LENGTH],
        instance_id=instance_id or _mint(form_id, root),
        deprecated_id=deprecated_id if deprecated_id != instance_id else "",
        encrypted=root.get("encrypted") == "yes" and _namespace(root) == ENCRYPTED_NAMESPACE,
        root=root,
    )


def canonical_digest(root: etree._Element) -> bytes:
    """SHA-256 of the answers, whatever the white space, quotes, prefixes or attribute order."""
    digest = hashlib.sha256()
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            attributes = sorted(element.attrib.items())
            parts = [str(element.tag), *(f"{name}\0{value}" for name, value in attributes)]
            parts += ["", (element.text or "").strip()]
        else:
            parts = ["", "" if element is root else (element.tail or "").strip()]
        digest.update("\0\0".join(parts).encode())
        digest.update(b"\0(" if event == "start" else b"\0)")
    return digest.digest()


def has_rows(root: etree._Element, path: str) -> bool:
    """Whether every row that a path counts out, as in `roster/member[2]/age`, was sent."""
    at: etree._Element | None = root
    for part in path.split("/"):
        name, counted, rest = part.partition("[")
        number = int(rest[:-1]) if counted else 1
        same = [] if at is None else list(at.iterchildren("{*}" + name))
        if counted and number > len(same):
            return False
        at = same[number - 1] if len(same) >= number else None
    return True


def _read(raw: bytes) -> etree._Element:
    _demand_width(raw)
    # A parser of its own for each document: they keep errors and are not shared by threads.
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InstanceError(_why(raw, str(error))) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise InstanceError("xml_forbidden")
    if _too_deep(root):
        raise InstanceError("xml_too_deep")
    return root


class _Widths:
    """Counts as the parser goes, and builds no tree."""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if len(attributes) > MAX_ATTRIBUTES:
            raise InstanceError("xml_too_wide")

    def close(self) -> None:
        """What a parser's target must have."""


def _demand_width(raw: bytes) -> None:
    """A tree's time grows with the square of an element's attributes: a hundred thousand of them
    would hold a server for minutes. Few records have so many `=` that it is worth a look.
    """
    if raw.count(b"<") > 2 * MAX_ELEMENTS:
        raise InstanceError("xml_too_wide")
    if raw.count(b"=") <= MAX_ATTRIBUTES and _shows_its_signs(raw):
        return
    widths: Any = _Widths()  # the stubs ask for methods that lxml does without
    parser = etree.XMLParser(target=widths, resolve_entities=False, no_network=True)
    try:
        etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError):
        return  # the words for it are found when the tree is built, and fails at the same place


def _shows_its_signs(raw: bytes) -> bool:
    """Whether `=` and `<` stand there as such, which they need not in UTF-7."""
    declared = _DECLARED.match(raw)
    plain = declared is None or declared[1].lower() in {b"utf-8", b"us-ascii"}
    return plain and b"<" in raw[:100]


def _why(raw: bytes, words: str) -> str:
    if b"<!DOCTYPE" in raw[:2000].replace(b"\0", b""):  # also in UTF-16
        return "xml_forbidden"
    return "xml_too_deep" if "depth" in words else "xml_malformed"


def _child(element: etree._Element, name: str) -> etree._Element | None:
    """The first child of that local name: `meta` may stand in OpenRosa's namespace or in none."""
    return next(element.iterchildren("{*}" + name), None)


def _text(meta: etree._Element | None, name: str) -> str:
    found = None if meta is None else _child(meta, name)
    return "" if found is None else (found.text or "").strip()


def _version(root: etree._Element) -> str:
    """The `version` attribute; some forms carry it as `orx:version`."""
    plain = root.get("version")
    if plain is not None:
        return str(plain)
    return next((str(v) for k, v in root.attrib.items() if str(k).endswith("}version")), "")


def _namespace(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[0].lstrip("{")


def _fit(name: str) -> str:
    """The id itself, or a stable short one for an id that no column holds."""
    if len(name) <= MAX_ID_LENGTH:
        return name
    return "sha256:" + hashlib.sha256(name.encode()).hexdigest()


def _mint(form_id: str, root: etree._Element) -> str:
    return f"uuid:{uuid.uuid5(MINTED, form_id + canonical_digest(root).hex())}"
