"""read_audit, timing_of: a tablet's audit.csv → how long questions and interview took. Pure.

ODK's log of a form: a line an event, `event,node,start,end` and others, times in milliseconds
since 1970 (docs.getodk.org, Form Audit Log). Answers that it may hold (`old-value`, `new-value`)
are not looked at. Whatever the bytes are, nothing is raised.
"""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

MOST_BYTES = 5_000_000
MOST_EVENTS = 20_000
PAUSE = 600.0  # seconds on one screen, or between two: nobody was asking
_ASKING = frozenset({"question", "group questions"})
_AWAY = frozenset({"form exit", "form resume"})
_LATEST = 4_102_444_800_000  # the year 2100
_POSITION = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Event:
    """`node`: the question's path below the form's root, with the rows of repeats, "" of none.

    Times in milliseconds since 1970; `end` is `start` where the event has no length.
    """

    name: str
    node: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Audit:
    """Events by their beginning. `bad_lines` could not be read; `cut`: there was more."""

    events: Sequence[Event] = ()
    bad_lines: int = 0
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. `first` and `visits` are by the question's path: its first visit, and all of them;
    of a question in a repeat, the mean of its rows.

    `active`: some question was on the screen; `paused`: pauses together; `longest_pause`.
    """

    active: float
    paused: float
    longest_pause: float
    first: Mapping[str, float] = field(default_factory=dict)
    visits: Mapping[str, float] = field(default_factory=dict)


def read_audit(content: bytes) -> Audit:
    """Nothing of what is larger than 5 MB or has no header of an audit log; 20,000 events."""
    if len(content) > MOST_BYTES:
        return Audit(cut=True)
    lines = csv.reader(io.StringIO(content.decode("utf-8-sig", errors="replace"), newline=""))
    columns = _columns(lines)
    if columns is None:
        return Audit()
    events: list[Event] = []
    bad = 0
    for cells in _cells(lines):
        if len(events) == MOST_EVENTS:
            return Audit(_in_order(events), bad, cut=True)
        event = _event(cells, columns)
        if event is not None:
            events.append(event)
        else:
            bad += cells != []
    return Audit(_in_order(events), bad)


def timing_of(audit: Audit) -> Timing | None:
    """None where no question was on the screen for any time."""
    asked = [event for event in audit.events if event.name in _ASKING]
    shown = [event for event in asked if 0 < event.end - event.start <= PAUSE * 1000]
    if not shown:
        return None
    stretches = _joined(shown)
    pauses = list(_pauses(stretches, audit.events))
    first, visits = _by_question(shown)
    return Timing(
        active=_seconds(sum(end - start for start, end in stretches)),
        paused=_seconds(sum(pauses)),
        longest_pause=_seconds(max(pauses, default=0)),
        first=first,
        visits=visits,
    )


def _cells(lines: Iterator[list[str]]) -> Iterator[list[str] | None]:
    """The cells of each line; None of one that is no CSV."""
    while True:
        try:
            yield next(lines)
        except StopIteration:
            return
        except csv.Error:
            yield None


def _columns(lines: Iterator[list[str]]) -> tuple[int, int, int, int] | None:
    header = [name.strip().lower() for name in next(_cells(lines), None) or ()]
    try:
        event, node, start, end = map(header.index, ("event", "node", "start", "end"))
    except ValueError:
        return None
    return event, node, start, end


def _event(cells: list[str] | None, columns: tuple[int, int, int, int]) -> Event | None:
    if not cells or len(cells) <= max(columns):
        return None
    name, node, start, end = (cells[column].strip() for column in columns)
    began = _milliseconds(start)
    ended = _milliseconds(end) if end else began
    if not name or began is None or ended is None or ended < began:
        return None
    return Event(name, node.strip("/").partition("/")[2], began, ended)


def _milliseconds(text: str) -> int | None:
    if len(text) > 13 or not (text.isascii() and text.isdecimal()):
        return None
    return at if (at := int(text)) <= _LATEST else None


def _in_order(events: list[Event]) -> list[Event]:
    return sorted(events, key=lambda event: event.start)


def _joined(shown: Sequence[Event]) -> list[tuple[int, int]]:
    """Stretches without a hole: questions of one screen have the same time, which counts once."""
    stretches: list[tuple[int, int]] = []
    for event in shown:
        if stretches and event.start <= stretches[-1][1]:
            began, ended = stretches[-1]
            stretches[-1] = began, max(ended, event.end)
        else:
            stretches.append((event.start, event.end))
    return stretches


def _pauses(stretches: Sequence[tuple[int, int]], events: Sequence[Event]) -> Iterator[int]:
    """Holes longer than ten minutes, and those in which the form was left."""
    away = [event.start for event in events if event.name in _AWAY]
    position = 0
    for (_, ended), (began, _) in pairwise(stretches):
        while position < len(away) and away[position] < ended:
            position += 1
        left = position < len(away) and away[position] <= began
        if left or began - ended > PAUSE * 1000:
            yield began - ended


def _by_question(shown: Sequence[Event]) -> tuple[dict[str, float], dict[str, float]]:
    first: dict[str, int] = {}
    whole: dict[str, int] = defaultdict(int)
    for event in shown:
        if event.node:
            first.setdefault(event.node, event.end - event.start)
            whole[event.node] += event.end - event.start
    return _mean_of_rows(first), _mean_of_rows(whole)


def _mean_of_rows(told: Mapping[str, int]) -> dict[str, float]:
    rows: dict[str, list[int]] = defaultdict(list)
    for node, length in told.items():
        rows[_POSITION.sub("", node)].append(length)
    return {path: _seconds(sum(each) / len(each)) for path, each in rows.items()}


def _seconds(milliseconds: float) -> float:
    return round(milliseconds / 1000, 1)
