"""What a path of an answer is called: `roster/member[2]/age` → `Member 2 · Age`. Pure."""

import re
from collections.abc import Iterable, Iterator

from surveys.datasets.codebook import label_in
from surveys.datasets.columns import Dataset, Table

_POSITION = re.compile(r"\[(\d+)\]")
_REFERENCE = re.compile(r"\$\{[^}]*\}")


def label_of(dataset: Dataset, path: str, language: str) -> str:
    """In the language, with the number of each row of a repeat; the path where nobody knows it."""
    tables = {table.path: table for table in dataset.tables if table.path}
    rows = list(_rows(tables, path, language))
    plain = _POSITION.sub("", path)
    if plain in tables:
        return " · ".join(rows) or _name(tables[plain], language)
    column = next(iter(dataset.asked_at.get(plain, ())), None)
    if column is None:
        return path
    return " · ".join([*rows, asked_in(column.field.labels, language) or column.name])


def asked_in(labels: dict[str, str], language: str) -> str:
    """The label as people read it: `…` where the tablet puts in another answer."""
    return _REFERENCE.sub("…", label_in(labels, language))


def language_among(dataset: Dataset, asked: Iterable[str]) -> str:
    """The first of these languages that the form has, or the form's own first."""
    known = (dataset.language(name) for name in asked if name)
    return next(filter(None, known), dataset.languages[0])


def row_label(table: Table, index: int | str, language: str) -> str:
    return f"{_name(table, language)} {index}"


def _name(table: Table, language: str) -> str:
    return label_in(table.labels, language) or table.name


def _rows(tables: dict[str, Table], path: str, language: str) -> Iterator[str]:
    for found in _POSITION.finditer(path):
        table = tables.get(_POSITION.sub("", path[: found.start()]))
        if table is not None:
            yield row_label(table, found[1], language)
