"""progress_of: targets and what was done → how far each place is in each round. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from surveys.interviews.forecast import Forecast, forecast


@dataclass(frozen=True, slots=True)
class Aim:
    """So many households are to be interviewed in a round, in a place and all below it."""

    round: str
    path: str  # of the place as it stands today
    households: int


@dataclass(frozen=True, slots=True)
class Done:
    """Households whose first interview of a round was in this place on this day."""

    round: str
    path: str
    day: date
    households: int = 1


@dataclass(frozen=True, slots=True)
class Progress:
    """`path` is "" for all places of a round; `elsewhere`: done where no place has a target."""

    round: str
    path: str
    target: int
    done: int
    forecast: Forecast
    elsewhere: int = 0

    @property
    def left(self) -> int:
        return max(self.target - self.done, 0)

    @property
    def share(self) -> float:
        return self.done / self.target


def progress_of(aims: Iterable[Aim], done: Iterable[Done], today: date) -> list[Progress]:
    """A line for each aim, by round and path; before those of a round its whole, if it has several.

    A household counts for every place above it that has an aim, and once for the whole, which adds
    up the highest places alone.
    """
    aimed = _aimed(aims)
    found: list[Progress] = []
    by_round: dict[str, list[Done]] = {}
    for each in done:
        by_round.setdefault(each.round, []).append(each)
    for name in sorted(aimed):
        found += _lines(name, aimed[name], by_round.get(name, ()), today)
    return found


def _aimed(aims: Iterable[Aim]) -> dict[str, dict[str, int]]:
    """Round → path → households; those of places that were joined are added."""
    found: dict[str, dict[str, int]] = {}
    for aim in aims:
        paths = found.setdefault(aim.round, {})
        paths[aim.path] = paths.get(aim.path, 0) + aim.households
    return found


def _lines(
    name: str, targets: Mapping[str, int], done: Iterable[Done], today: date
) -> list[Progress]:
    on: dict[str, Counter[date]] = {path: Counter() for path in ("", *targets)}
    elsewhere = 0
    for each in done:
        above = [path for path in _up(each.path) if path in targets]
        for path in above:
            on[path][each.day] += each.households
        if above:
            on[""][each.day] += each.households
        else:
            elsewhere += each.households
    lines = [_line(name, path, targets[path], on[path], today) for path in sorted(targets)]
    highest = [path for path in targets if not any(up in targets for up in _up(path)[1:])]
    if len(lines) == 1 and not elsewhere:
        return lines
    whole = _line(name, "", sum(targets[path] for path in highest), on[""], today)
    return [replace(whole, elsewhere=elsewhere), *lines]


def _up(path: str) -> Sequence[str]:
    """A path and all above it."""
    codes = path.split("/")
    return ["/".join(codes[:depth]) for depth in range(len(codes), 0, -1)]


def _line(name: str, path: str, target: int, on: Mapping[date, int], today: date) -> Progress:
    return Progress(name, path, target, sum(on.values()), forecast(on, target, today))
