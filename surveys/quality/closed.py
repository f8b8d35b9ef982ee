"""Closed: which flags are for people named for legal aid, by the forms as they are asked."""

from collections.abc import Mapping

from surveys.datasets.columns import Dataset
from surveys.privacy.flags import is_restricted, restricted_paths, tells_of_restricted
from surveys.xforms.schema import Field


class Closed:
    """Which flags are for people named for legal aid, of forms as they are asked."""

    def __init__(self, datasets: Mapping[str, Dataset]) -> None:
        self._datasets = datasets
        self._paths: dict[str, frozenset[str]] = {}
        self._told: dict[tuple[str, tuple[str, ...]], bool] = {}

    def covers(self, form: str, path: str, reads: tuple[str, ...]) -> bool:
        """Whether a flag at this path, by a check that reads these questions too, is for them."""
        if form not in self._paths:
            self._paths[form] = restricted_paths(self._fields(form))
        return is_restricted(path, self._paths[form]) or (bool(reads) and self._tells(form, reads))

    def _tells(self, form: str, reads: tuple[str, ...]) -> bool:
        if (form, reads) not in self._told:
            read = [each for each in self._fields(form) if each.name in reads]
            self._told[form, reads] = tells_of_restricted(read)
        return self._told[form, reads]

    def _fields(self, form: str) -> list[Field]:
        return [c.field for table in self._datasets[form].tables for c in table.columns]
