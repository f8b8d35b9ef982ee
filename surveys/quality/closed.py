"""Closed: which flags are for people named for legal aid, by the forms as they are asked."""

from collections.abc import Collection, Mapping

from surveys.datasets.columns import Dataset
from surveys.privacy.flags import is_restricted, restricted_paths, tells_of_restricted
from surveys.xforms.schema import Field


class Closed:
    """Which flags are for people named for legal aid, of forms as they are asked."""

    def __init__(self, datasets: Mapping[str, Dataset]) -> None:
        self._fields = {form: _fields(dataset) for form, dataset in datasets.items()}
        self._paths = {form: restricted_paths(told) for form, told in self._fields.items()}

    def covers(self, form: str, path: str, reads: Collection[str]) -> bool:
        read = (each for each in self._fields.get(form, ()) if each.name in reads)
        return is_restricted(path, self._paths.get(form, frozenset())) or tells_of_restricted(read)


def _fields(dataset: Dataset) -> list[Field]:
    return [c.field for table in dataset.tables for c in table.columns]
