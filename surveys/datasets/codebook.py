"""The codebook: what each column of a file means. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from surveys.datasets.columns import Column, Dataset, Table
from surveys.datasets.files.sheets import Cell, Sheet, sheet_of_rows

HEADER = ("table", "column", "question", "type", "path", "privacy", "masked", "choices", "short")


def codebook(
    dataset: Dataset, names: Mapping[str, str], masked: Mapping[str, frozenset[str]], language: str
) -> Sheet:
    """A row for each question; by the path of their table `names` says what the file calls it and
    `masked` which keys are masked."""
    rows = (
        row
        for table in dataset.tables
        for row in _rows(names[table.path], table, masked.get(table.path, frozenset()), language)
    )
    return sheet_of_rows("codebook", HEADER, rows)


def _rows(
    name: str, table: Table, masked: frozenset[str], language: str
) -> Iterator[tuple[Cell, ...]]:
    for column in table.columns:
        field = column.field
        yield (
            name,
            column.name,
            label_in(field.labels, language),
            field.type,
            field.path,
            "restricted" if field.restricted else field.privacy,
            "yes" if field.key in masked else "",
            "; ".join(_choices(column, language)),
            column.short,
        )


def label_in(labels: dict[str, str], language: str) -> str:
    """The label in a language, or the first there is."""
    return labels.get(language) or next(filter(None, labels.values()), "")


def _choices(column: Column, language: str) -> Iterable[str]:
    return (f"{code} = {label}" for code, label in column.choice_labels(language).items())
