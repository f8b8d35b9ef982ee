"""Reads a stream with its truth."""

import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import cos, hypot, radians
from pathlib import Path
from typing import Any

Record = dict[str, Any]


@dataclass(slots=True)
class Stream:
    """A stream as read: records with their person keys beside them, by true household."""

    households: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    persons: dict[str, str] = field(default_factory=dict)
    negatives: Counter[str] = field(default_factory=Counter)

    @property
    def records(self) -> Iterator[Record]:
        return (record for records in self.households.values() for record in records)

    def people(self, record: Record) -> dict[str, Record]:
        """Members by true person."""
        name = record["record_id"]
        return {self.persons[f"{name}#{m['no']}"]: m for m in record["members"]}

    def pairs(self) -> Iterator[tuple[Record, Record]]:
        """Any two records of one true household."""
        for records in self.households.values():
            yield from combinations(records, 2)


def read_stream(folder: Path) -> Stream:
    stream = Stream(persons=dict(_rows(folder / "truth_persons.csv")))
    truth = dict(_rows(folder / "truth.csv"))
    with (folder / "submissions.jsonl").open(encoding="utf-8") as file:
        for record in map(json.loads, file):
            stream.households[truth[record["record_id"]]].append(record)
    stream.negatives.update(kind for *_, kind in set(_rows(folder / "hard_negatives.csv")))
    return stream


def _rows(path: Path) -> Iterator[Sequence[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        yield from map(tuple, rows)


def latin(name: str) -> bool:
    return bool(re.search("[a-zA-Z]", name))


def digits(phone: str) -> str:
    return re.sub(r"\D", "", phone)[-9:]


def distance(left: Record, right: Record) -> float:
    """Metres, as on a plane."""
    north = (left["lat"] - right["lat"]) * 111_320
    east = (left["lon"] - right["lon"]) * 111_320 * cos(radians(left["lat"]))
    return hypot(north, east)
