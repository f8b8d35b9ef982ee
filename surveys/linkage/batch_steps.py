"""What the processes of a re-link do, each with a batch of its own: prepare, judge, settle."""

from array import array
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa

from surveys.linkage.blocking import KINDS, LinkKey, keys_of
from surveys.linkage.clusters import Match, Outcome, settle
from surveys.linkage.comparisons import COMPARISONS
from surveys.linkage.features import Features, features_of
from surveys.linkage.frequencies import Frequencies, countables
from surveys.linkage.judge import Judgement, match
from surveys.linkage.model import LinkModel
from surveys.linkage.record import HouseholdRecord

Counts = Mapping[tuple[str, str, str], int]
# Left, right, the level of each comparison as a byte, vetoes, members that are the same for sure.
JudgedRow = tuple[int, int, bytes, str, int]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Tables that go into those of the re-link as they are: records, the keys that they are
    searched with and found by, and what is to be counted. `stored`: features of each record, whose
    numbers begin at `first`."""

    first: int
    stored: list[bytes]
    records: pa.Table
    keys: pa.Table
    counted: pa.Table


def prepare(first: int, batch: Sequence[bytes | HouseholdRecord]) -> Prepared:
    """Numbers the records from `first` on and computes what tables need of them."""
    rows: list[tuple[int, str, str, str, int]] = []
    kept: list[bytes] = []
    keys = _Keys()
    counts: Counter[tuple[str, str, str]] = Counter()
    for number, each in enumerate(batch, start=first):
        features, stored = _features(each)
        facts = features.record_id, features.district, features.village
        rows.append((number, *facts, len(features.members)))
        kept.append(stored)
        keys.add(number, keys_of(features))
        counts.update(countables(features))
    counted = [(*item, times) for item, times in counts.items()]
    return Prepared(first, kept, table_of(rows), keys.as_table(), table_of(counted))


def _features(each: bytes | HouseholdRecord) -> tuple[Features, bytes]:
    if isinstance(each, bytes):
        return Features.from_json(orjson.loads(each)), each
    features = features_of(each)
    return features, orjson.dumps(features.to_json())


def table_of(rows: Collection[tuple[Any, ...]]) -> pa.Table:
    """Rows → a table whose columns are named c0, c1, …"""
    columns = [pa.array(column) for column in zip(*rows, strict=True)]
    return pa.table(columns, names=[f"c{i}" for i in range(len(columns))])


_KIND = {kind: code for code, kind in enumerate(KINDS)}
_KEY_TYPES = pa.int32(), pa.int64(), pa.uint8(), pa.uint8()


class _Keys:
    """Record numbers, values, kinds and whether a record is found by it, as columns: there are
    some thirty a record."""

    def __init__(self) -> None:
        self._columns = array("i"), array("q"), array("B"), array("B")

    def add(self, number: int, keys: Mapping[LinkKey, bool]) -> None:
        numbers, values, kinds, own = self._columns
        numbers.extend([number] * len(keys))
        values.extend([value for _, value in keys])
        kinds.extend([_KIND[kind] for kind, _ in keys])
        own.extend(keys.values())

    def as_table(self) -> pa.Table:
        columns = [
            pa.Array.from_buffers(kind, len(column), [None, pa.py_buffer(column)])
            for kind, column in zip(_KEY_TYPES, self._columns, strict=True)
        ]
        return pa.table(columns, names=["id", "value", "kind", "own"])


@dataclass(frozen=True, slots=True)
class Work:
    """A batch of pairs (left, right), the records they name, and how common their values are."""

    pairs: Sequence[tuple[int, int]]
    stored: Mapping[int, bytes]
    counts: Counts
    model: LinkModel

    def features(self) -> dict[int, Features]:
        return {i: Features.from_json(orjson.loads(raw)) for i, raw in self.stored.items()}


def judge_pairs(work: Work) -> list[JudgedRow]:
    """Levels and vetoes of each pair that reaches review; Splink weighs them afterwards."""
    features, frequencies = work.features(), Frequencies(work.counts)
    codes = level_codes(work.model)
    rows = []
    for left, right in work.pairs:
        judgement = match(features[left], features[right], frequencies, work.model)
        if judgement is None:
            continue
        levels = bytes(codes[reason.comparison][reason.level] for reason in judgement.reasons[1:])
        strong = sum(kind == "strong" for _, _, kind in judgement.aligned)
        rows.append((left, right, levels, " ".join(judgement.vetoes), strong))
    return rows


def level_codes(model: LinkModel) -> dict[str, dict[str, int]]:
    """Comparison → level → its byte."""
    return {
        name: {level: code for code, level in enumerate(model.weights[name])}
        for name in COMPARISONS
    }


@dataclass(frozen=True, slots=True)
class Weighed:
    """A pair with its weight and decision, before the vetoes of clusters."""

    left: int
    right: int
    decision: str
    weight: float
    vetoes: tuple[str, ...]


def settle_groups(
    work: Work, weighed: Sequence[Weighed], apart: Collection[tuple[int, int]]
) -> list[Weighed]:
    """The decisions of whole connected groups, after the vetoes of their clusters."""
    features = work.features()
    number = {each.record_id: i for i, each in features.items()}
    name = {i: each.record_id for i, each in features.items()}
    outcomes = settle(
        [
            Match(name[w.left], name[w.right], Judgement(w.weight, (), w.vetoes, w.decision, ()))
            for w in weighed
        ],
        members={record_id: [features[i]] for record_id, i in number.items()},
        cluster_of={record_id: record_id for record_id in number},
        apart=[frozenset((name[a], name[b])) for a, b in apart],
        frequencies=Frequencies(work.counts),
        model=work.model,
    )
    return [_numbered(outcome, number) for outcome in outcomes]


def _numbered(outcome: Outcome, number: Mapping[str, int]) -> Weighed:
    return Weighed(
        number[outcome.left],
        number[outcome.right],
        outcome.decision,
        outcome.weight,
        outcome.vetoes,
    )
