"""relink: a whole register at once. DuckDB finds the pairs, processes judge them, Splink weighs.

The same keys, levels, vetoes and clusters as one record at a time (`dedupe.py`). What is held in
memory is bounded by batches and by what is linked, not by the register.
"""

import gc
import os
import tempfile
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from surveys.linkage.batch_steps import (
    Weighed,
    judge_pairs,
    level_codes,
    prepare,
    settle_groups,
)
from surveys.linkage.batch_tables import Tables, numbers_of
from surveys.linkage.clusters import Outcome
from surveys.linkage.comparisons import COMPARISONS
from surveys.linkage.judge import decide
from surveys.linkage.model import LinkModel
from surveys.linkage.record import HouseholdRecord
from surveys.linkage.weigh import weigh

_RECORDS_AT_ONCE = 5_000  # and as many linked pairs
_PAIRS_AT_ONCE = 20_000
Result = TypeVar("Result")
Run = Callable[[Iterable[tuple[Callable[..., Result], tuple[Any, ...]]]], Iterator[Result]]


@dataclass(frozen=True, slots=True)
class Relinked:
    """`clusters`: record → cluster, named after its first record. `outcomes`: auto and review."""

    clusters: dict[str, str]
    outcomes: tuple[Outcome, ...]
    skipped_keys: int


def relink(
    stored: Iterable[bytes | HouseholdRecord],
    model: LinkModel,
    *,
    apart: Collection[Collection[str]] = (),
    workers: int = 2,
    backend: str = "duckdb",
    session: Any = None,
    folder: Path | None = None,
) -> Relinked:
    """Clusters of a register, in order of arrival: features as stored (JSON), or records.

    `apart`: pairs of records a person called not the same. `workers`: processes beside this one, 0
    for none. `backend`, `session`: see `weigh`. `folder`: where the tables lie while it runs.
    """
    with (
        tempfile.TemporaryDirectory(dir=folder) as place,
        _processes(workers) as run,
        closing(Tables(Path(place), model)) as tables,
    ):
        for prepared in run((prepare, batch) for batch in _numbered(stored)):
            tables.add(prepared)
        skipped = tables.find_pairs()
        for rows in run((judge_pairs, (work,)) for work in tables.works(_PAIRS_AT_ONCE)):
            tables.add_judged(rows)
        weighed = _decided(tables, model, backend, session)
        settled = _settled(tables, weighed, numbers_of(tables, apart), run)
        names = tables.names()
        clusters = Groups(len(names))
        for each in settled:
            if each.decision == "auto":
                clusters.join(each.left, each.right)
        return Relinked(
            {name: names[clusters.first(i)] for i, name in enumerate(names)},
            tuple(
                Outcome(names[s.left], names[s.right], s.decision, s.weight, s.vetoes)
                for s in settled
                if s.decision != "none"
            ),
            skipped,
        )


class _processes:  # noqa: N801  (reads as a phrase after `with`)
    """Runs calls in processes of their own, a few ahead; results come as they are ready."""

    def __init__(self, workers: int) -> None:
        spawned = get_context("spawn")
        make = partial(ProcessPoolExecutor, mp_context=spawned, initializer=_begin)
        self._pool = make(workers) if workers else None
        self._ahead = workers * 2

    def __enter__(self) -> "Run[Any]":
        return self._ahead_of_us if self._pool else self._here

    def __exit__(self, *_: object) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    @staticmethod
    def _here(calls: Iterable[tuple[Callable[..., Any], tuple[Any, ...]]]) -> Iterator[Any]:
        return (call(*given) for call, given in calls)

    def _ahead_of_us(
        self, calls: Iterable[tuple[Callable[..., Any], tuple[Any, ...]]]
    ) -> Iterator[Any]:
        assert self._pool
        waiting: set[Future[Any]] = set()
        for call, given in calls:
            waiting.add(self._pool.submit(call, *given))
            if len(waiting) >= self._ahead:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (each.result() for each in done)
        yield from (each.result() for each in waiting)


def _begin() -> None:
    """In each process, first of all."""
    gc.disable()  # it holds much and makes no cycles: looking for some took a fifth of its time
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent that was killed cannot tell its processes to stop."""
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)


def _numbered(
    stored: Iterable[bytes | HouseholdRecord],
) -> Iterator[tuple[int, list[bytes | HouseholdRecord]]]:
    rest, first = iter(stored), 0
    while batch := list(islice(rest, _RECORDS_AT_ONCE)):
        yield first, batch
        first += len(batch)


def _decided(tables: Tables, model: LinkModel, backend: str, session: Any) -> list[Weighed]:
    """What Splink's weights decide, pair by pair."""
    words = {name: list(codes) for name, codes in level_codes(model).items()}

    def levels(vector: bytes) -> tuple[str, ...]:
        return tuple(words[name][code] for name, code in zip(COMPARISONS, vector, strict=True))

    vectors = {vector: levels(vector) for vector in tables.vectors()}
    weights = weigh(vectors.values(), model, backend=backend, session=session)

    @cache  # most of a million pairs are like others
    def ruled(vector: bytes, codes: str, strong: int) -> tuple[str, float, tuple[str, ...]]:
        found, vetoes = vectors[vector], tuple(codes.split())
        named = dict(zip(COMPARISONS, found, strict=True))
        return decide(weights[found], vetoes, strong, named, model), weights[found], vetoes

    return [Weighed(left, right, *ruled(*found)) for left, right, *found in tables.judged()]


def _settled(
    tables: Tables, weighed: list[Weighed], apart: Collection[tuple[int, int]], run: "Run[Any]"
) -> list[Weighed]:
    """Group by group: what is connected by any pair is settled together."""
    groups = Groups(len(tables.districts))
    for each in weighed:
        groups.join(each.left, each.right)
    sizes = Counter(groups.first(each.left) for each in weighed)
    asked = {number for pair in apart for number in pair}
    # Two records alone have no cluster to contradict them.
    alone = [w for w in weighed if sizes[groups.first(w.left)] == 1 and w.left not in asked]
    rest = [w for w in weighed if sizes[groups.first(w.left)] > 1 or w.left in asked]
    rest.sort(key=lambda w: (tables.districts[groups.first(w.left)], groups.first(w.left)))

    def batches() -> Iterator[tuple[Callable[..., Any], tuple[Any, ...]]]:
        for batch in _whole_groups(rest, groups):
            pairs = [(each.left, each.right) for each in batch]
            known = {number for pair in pairs for number in pair}
            ours = [pair for pair in apart if known.issuperset(pair)]
            yield settle_groups, (tables.work(pairs), batch, ours)

    return alone + [each for batch in run(batches()) for each in batch]


def _whole_groups(weighed: list[Weighed], groups: "Groups") -> Iterator[list[Weighed]]:
    batch: list[Weighed] = []
    for each in weighed:
        new_group = batch and groups.first(batch[-1].left) != groups.first(each.left)
        if new_group and len(batch) >= _RECORDS_AT_ONCE:
            yield batch
            batch = []
        batch.append(each)
    if batch:
        yield batch


class Groups:
    """Connected components of numbers, each known by its lowest one."""

    def __init__(self, size: int) -> None:
        self._parent = array("l", range(size))

    def first(self, number: int) -> int:
        parent = self._parent
        while parent[number] != number:
            parent[number] = number = parent[parent[number]]
        return number

    def join(self, left: int, right: int) -> None:
        low, high = sorted((self.first(left), self.first(right)))
        self._parent[high] = low
