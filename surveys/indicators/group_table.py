"""The groups of units: each combination once, and the values of each name as numbers. Pure."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from surveys.indicators.figures import UNKNOWN, Groups

if TYPE_CHECKING:
    import numpy as np

_NOT_ASKED, _SEVERAL = -1, -2


@dataclass(slots=True)
class _Name:
    """One name's values: `codes` has a number for each combination, looked up when asked for."""

    codes: "np.ndarray[Any, Any]"
    numbers: dict[str, int] = field(default_factory=dict)


class GroupTable:
    """`all`: the combinations in the order in which they came; their place is their number.

    All indicators of a run share one, as their units share the dictionaries of households: one
    that was seen is known by its id. So each is kept, or another might come to bear its id.
    """

    def __init__(self, groups: list[Groups] | None = None) -> None:
        self.all: list[Groups] = groups or []
        self.by_id: dict[int, int] = {}
        self._numbers: dict[Any, int] = {}
        self._kept: list[Groups] = []
        self._names: dict[str, _Name] = {}

    def number(self, groups: Groups) -> int:
        key = tuple(groups.items())
        at = self._numbers.get(key)
        if at is None:
            at = self._numbers[key] = len(self.all)
            self.all.append(groups)
        self.by_id[id(groups)] = at
        self._kept.append(groups)
        return at

    def codes(
        self, name: str, used: "np.ndarray[Any, Any]"
    ) -> "tuple[np.ndarray[Any, Any], list[str]] | None":
        """A code for each of the `used` combinations, and the value of each code.

        None where one of them has several values.
        """
        import numpy as np  # noqa: PLC0415 - 15 MB for who adds up only

        known = self._names.setdefault(name, _Name(np.zeros(0, dtype=np.int64)))
        lacking = len(self.all) - len(known.codes)
        if lacking:
            more = np.full(lacking, _NOT_ASKED, dtype=np.int64)
            known.codes = np.concatenate((known.codes, more))
        codes = known.codes[used]
        new = used[codes == _NOT_ASKED]
        if len(new):
            known.codes[new] = [self._code(name, at, known.numbers) for at in new.tolist()]
            codes = known.codes[used]
        return None if (codes == _SEVERAL).any() else (codes, list(known.numbers))

    def _code(self, name: str, at: int, numbers: dict[str, int]) -> int:
        said = self.all[at].get(name) or UNKNOWN
        if isinstance(said, tuple):
            return _SEVERAL
        return numbers.setdefault(said, len(numbers))
