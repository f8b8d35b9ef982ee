"""A codebook → one HTML page to read and print, in all languages of the form. Pure."""

from collections.abc import Iterator
from html import escape
from pathlib import Path

from surveys.datasets.files.codebooks import Codebook, CodebookFile, Entry, Words
from surveys.datasets.files.variables import Missing
from surveys.datasets.languages import code_of

STYLE = """
body{font:16px/1.5 'Segoe UI','Noto Sans',Arial,sans-serif;color:#1b1f24}
body{margin:2rem auto;max-width:70rem;padding:0 1rem}
h1{font-size:1.6rem}
h2{margin-top:2.5rem;border-bottom:2px solid #1b5e5a}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid #d5dade}
th,td{overflow-wrap:anywhere}
code{font:.9em Consolas,monospace}
small{color:#57606a}
td p{margin:0}
@media(max-width:48rem){
table,tbody,tr,td,th{display:block}
thead{display:none}
td{border:0;padding:.1rem 0}
tr{border-bottom:1px solid #d5dade;padding:.6rem 0}
}"""


def write_html(path: Path, book: Codebook) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(_page(book))


def _page(book: Codebook) -> Iterator[str]:
    title = escape(book.title)
    yield f'<!doctype html><html lang="{escape(code_of(book.language) or "en")}">'
    yield '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    yield f"<title>{title}</title><style>{STYLE}</style><h1>{title}</h1><table>"
    for name, value in book.about:
        yield f"<tr><th>{escape(name)}<td>{escape(value)}"
    yield "</table>"
    for file in book.files:
        yield from _file(file, book)


def _file(file: CodebookFile, book: Codebook) -> Iterator[str]:
    yield f"<h2>{escape(file.label)}</h2>"
    yield f"<p><code>{escape(file.name)}</code>, {file.rows:,} rows</p>"
    yield "<table><thead><tr><th>Variable<th>Question<th>Values</thead>"
    for entry in file.entries:
        shown = entry.summary.variable
        column = f"<br><small>{escape(shown.column)}</small>" if shown.column != shown.name else ""
        yield f"<tr><td><code>{escape(shown.name)}</code>{column}<td>"
        yield from _words(entry.question, shown.label)
        privacy = f"; {escape(entry.privacy)}" if entry.privacy else ""
        masked = ", masked" if entry.masked else ""
        yield f"<small>{escape(entry.type or shown.type)}{privacy}{masked}</small><td>"
        yield from _values(entry, book)
    yield "</table>"


def _values(entry: Entry, book: Codebook) -> Iterator[str]:
    summary = entry.summary
    kind = summary.variable.type
    if summary.least is not None and summary.most is not None:
        yield f"<p>{summary.words(summary.least)} … {summary.words(summary.most)}"
        if kind in {"number", "whole"}:
            yield f", mean {summary.mean:.6g}"
        yield "</p>"
    for number, label in summary.variable.value_labels.items():
        code = summary.variable.codes.get(number, "")
        said = f" <code>{escape(code)}</code>" if code not in {"", str(number)} else ""
        yield f"<div>{number}{said} ({summary.counts[number]:,})"
        yield from _words(entry.choices.get(number, {}), label)
        yield "</div>"
    for why, label in zip(Missing, book.missing_labels, strict=True):
        if summary.gaps[why]:
            yield f"<div>.{why.value[0]} {escape(label)} ({summary.gaps[why]:,})</div>"
    yield f"<small>{summary.valid:,} with a value, {summary.empty:,} without</small>"


def _words(words: Words, otherwise: str) -> Iterator[str]:
    found = {language: text for language, text in words.items() if text} or {"": otherwise}
    for language, text in found.items():
        code = escape(code_of(language))
        yield f'<p lang="{code}">{escape(text)}</p>' if code else f"<p>{escape(text)}</p>"
