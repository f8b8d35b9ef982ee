"""A codebook → DDI Codebook 2.5 XML, as NADA and Nesstar read it. Pure.

Elements and their order are those of the DDI Alliance's schema, version 2.5 (2012).
"""

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from surveys.datasets.files.codebooks import Codebook, CodebookFile, Entry, Words
from surveys.datasets.files.variables import Missing
from surveys.datasets.languages import code_of

NAMESPACE = "ddi:codebook:2_5"
SCHEMA = "http://www.ddialliance.org/Specification/DDI-Codebook/2.5/XMLSchema/codebook.xsd"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
LANGUAGE_CODE = re.compile(r"[a-z]{2,8}(-[a-z0-9]{1,8})*")
NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
DISCRETE = frozenset({"coded", "flag"})
Element = etree._Element


def write_ddi(path: Path, book: Codebook) -> int:
    """Writes the document; returns its variables."""
    root = etree.Element(
        f"{{{NAMESPACE}}}codeBook",
        {"version": "2.5", f"{{{XSI}}}schemaLocation": f"{NAMESPACE} {SCHEMA}"},
        nsmap={None: NAMESPACE, "xsi": XSI},  # type: ignore[dict-item]
    )
    _study(root, book)
    for number, file in enumerate(book.files, 1):
        _file(root, file, f"F{number}")
    data = _add(root, "dataDscr")
    variables = 0
    for number, file in enumerate(book.files, 1):
        for entry in file.entries:
            variables += 1
            _variable(data, entry, book, f"V{variables}", f"F{number}")
    tree = etree.ElementTree(root)
    tree.write(str(path), encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return variables


def count_ddi(path: Path) -> int:
    """Variables, read back. Raises `XMLSyntaxError` where the file is not whole."""
    return len(etree.parse(str(path)).findall(f".//{{{NAMESPACE}}}var"))


def _study(root: Element, book: Codebook) -> None:
    study = _add(root, "stdyDscr")
    citation = _add(study, "citation")
    titles = _add(citation, "titlStmt")
    _add(titles, "titl", book.title)
    _add(titles, "IDNo", book.form_id)
    produced = _add(citation, "prodStmt")
    _add(produced, "prodDate", book.made_on, date=book.made_on)
    _add(produced, "software", "Oila")
    version = _add(citation, "verStmt")
    _add(version, "version", book.version, date=book.made_on)
    notes = "\n".join(f"{name}: {value}" for name, value in book.about)
    _add(study, "notes", notes)


def _file(root: Element, file: CodebookFile, number: str) -> None:
    text = _add(_add(root, "fileDscr", ID=number), "fileTxt")
    _add(text, "fileName", file.name)
    _add(text, "fileCont", file.label)
    size = _add(text, "dimensns")
    _add(size, "caseQnty", str(file.rows))
    _add(size, "varQnty", str(len(file.entries)))


def _variable(data: Element, entry: Entry, book: Codebook, number: str, file: str) -> None:
    summary = entry.summary
    shown = summary.variable
    kind = "discrete" if shown.type in DISCRETE else "contin"
    var = _add(data, "var", ID=number, name=shown.name, files=file, intrvl=kind)
    for language, words in _in_languages(entry.question, shown.label):
        _add(var, "labl", words, language)
    if entry.masked:
        _add(var, "security", "masked for whom this file was made")
    if any(entry.question.values()):
        question = _add(var, "qstn")
        for language, words in _in_languages(entry.question, ""):
            _add(question, "qstnLit", words, language)
    for kind, value in _statistics(entry):
        _add(var, "sumStat", value, type=kind)
    if shown.column != shown.name:
        _add(var, "txt", f"{shown.column} in the API, CSV, XLSX and Parquet")
    _categories(var, entry, book)
    _add(var, "varFormat", type="character" if shown.is_text else "numeric", schema="other")
    if entry.path:
        _add(var, "notes", f"{entry.type} at {entry.path}; privacy: {entry.privacy}")


def _statistics(entry: Entry) -> Iterator[tuple[str, str]]:
    summary = entry.summary
    yield "vald", str(summary.valid)
    yield "invd", str(summary.empty)
    if summary.least is not None and summary.most is not None:
        yield "min", summary.words(summary.least)
        yield "max", summary.words(summary.most)
        if summary.mean is not None and summary.variable.type in {"number", "whole"}:
            yield "mean", repr(summary.mean)


def _categories(var: Element, entry: Entry, book: Codebook) -> None:
    shown = entry.summary.variable
    for number, label in shown.value_labels.items():
        category = _add(var, "catgry")
        _add(category, "catValu", str(number))
        for language, words in _in_languages(entry.choices.get(number, {}), label):
            _add(category, "labl", words, language)
        if number in shown.codes and shown.codes[number] != str(number):
            _add(category, "txt", f"code {shown.codes[number]}")
        _add(category, "catStat", str(entry.summary.counts[number]), type="freq")
    if shown.keeps_gaps and not shown.is_text:
        for why, label in zip(Missing, book.missing_labels, strict=True):
            category = _add(var, "catgry", missing="Y")
            _add(category, "catValu", f".{why.value[0]}")
            _add(category, "labl", label, book.language)
            _add(category, "txt", f"{why.value[1]:.0f} in SPSS")
            _add(category, "catStat", str(entry.summary.gaps[why]), type="freq")


def _in_languages(words: Words, otherwise: str) -> Iterator[tuple[str, str]]:
    found = {language: text for language, text in words.items() if text}
    yield from (found or {"": otherwise} if found or otherwise else {}).items()


def _add(parent: Element, tag: str, text: str = "", language: str = "", **words: str) -> Element:
    child = etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}", words)
    code = code_of(language)
    if LANGUAGE_CODE.fullmatch(code):
        child.set(LANG, code)
    child.text = NOT_IN_XML.sub("", text) or None
    return child
