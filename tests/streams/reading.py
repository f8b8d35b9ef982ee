"""Reads a stream with its truth."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from math import cos, hypot, radians
from pathlib import Path
from typing import Any

from tests.streams.score import read_clusters, read_negatives

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
    stream = Stream(persons=read_clusters(folder / "truth_persons.csv"))
    truth = read_clusters(folder / "truth.csv")
    with (folder / "submissions.jsonl").open(encoding="utf-8") as file:
        for record in map(json.loads, file):
            stream.households[truth[record["record_id"]]].append(record)
    negatives = set(read_negatives(folder / "hard_negatives.csv"))
    stream.negatives.update(negative.kind for negative in negatives)
    return stream


def latin(name: str) -> bool:
    return bool(re.search("[a-zA-Z]", name))


def digits(phone: str) -> str:
    return re.sub(r"\D", "", phone)[-9:]


def distance(left: Record, right: Record) -> float:
    """Metres, as on a plane."""
    north = (left["lat"] - right["lat"]) * 111_320
    east = (left["lon"] - right["lon"]) * 111_320 * cos(radians(left["lat"]))
    return hypot(north, east)
