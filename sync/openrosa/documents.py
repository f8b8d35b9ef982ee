"""The XML that tablets read: form list, manifest, answers, integrity (OpenRosa 1.0). Pure.

Clients throw a whole list away for one missing value (openrosa.md L2, F5), so what lacks one is
left out here.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
# What XML 1.0 cannot carry at all, not even escaped.
_IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"})


@dataclass(frozen=True, slots=True)
class ListedForm:
    """One entry of the form list; `manifest_url` is empty where the form has no files (L12)."""

    form_id: str
    name: str
    version: str
    md5: str
    download_url: str
    manifest_url: str = ""


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One entry of a manifest. An entity list has an `integrity_url` and an opaque hash (E2)."""

    filename: str
    hash: str
    download_url: str
    integrity_url: str = ""


def form_list(forms: Iterable[ListedForm]) -> str:
    """L1: one `xform` a form; an empty title falls back to the form's id (L2)."""
    entries = [
        "<xform>"
        + _element("formID", form.form_id)
        + _element("name", form.name.strip() or form.form_id)
        + _element("version", form.version)
        + _element("hash", f"md5:{form.md5}")
        + _element("downloadUrl", form.download_url)
        + (_element("manifestUrl", form.manifest_url) if form.manifest_url else "")
        + "</xform>"
        for form in forms
        if form.form_id and form.md5 and form.download_url
    ]
    return _document("xforms", "http://openrosa.org/xforms/xformsList", entries)


def manifest(files: Iterable[ListedFile]) -> str:
    """F4: one `mediaFile` a file, with name, hash and address, or none at all (F5)."""
    entries = [
        ('<mediaFile type="entityList">' if file.integrity_url else "<mediaFile>")
        + _element("filename", file.filename)
        + _element("hash", file.hash)
        + _element("downloadUrl", file.download_url)
        + (_element("integrityUrl", file.integrity_url) if file.integrity_url else "")
        + "</mediaFile>"
        for file in files
        if file.filename and file.hash and file.download_url
    ]
    return _document("manifest", "http://openrosa.org/xforms/xformsManifest", entries)


def receipt(words: str) -> str:
    """The answer to a stored submission; Collect shows the words (S8)."""
    return _response(words, "submit_success")


def refusal(words: str) -> str:
    """The answer to anything refused, in words a person can act on (X1)."""
    return _response(words, "error")


def integrity(deleted: Mapping[str, bool]) -> str:
    """E5: of each entity asked for and known, whether it is gone."""
    entries = [
        f'<entity id="{_escape(name)}"><deleted>{"true" if gone else "false"}</deleted></entity>'
        for name, gone in deleted.items()
    ]
    return f"{HEAD}<data><entities>{''.join(entries)}</entities></data>"


def _response(words: str, nature: str) -> str:
    message = f'<message nature="{nature}">{_escape(words)}</message>'
    return _document("OpenRosaResponse", "http://openrosa.org/http/response", [message])


def _document(root: str, namespace: str, entries: Iterable[str]) -> str:
    return f'{HEAD}<{root} xmlns="{namespace}">{"".join(entries)}</{root}>'


def _element(name: str, text: str) -> str:
    return f"<{name}>{_escape(text)}</{name}>"


def _escape(text: str) -> str:
    return _IMPOSSIBLE.sub("", text).translate(_ESCAPES)
