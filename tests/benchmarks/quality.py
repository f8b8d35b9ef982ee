"""How well households are found, beside plain Splink on the same records, and how fast registers
are linked whole. Streams are of seeds that nobody tuned to."""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import orjson

from surveys.linkage.batch import relink
from surveys.linkage.features import features_of
from surveys.linkage.list_json import read_json_lines
from surveys.linkage.model import pinned_model
from surveys.linkage.record import HouseholdRecord
from tests.benchmarks.bench import Bench
from tests.benchmarks.plain_splink import cluster_plainly
from tests.benchmarks.report import Measurement
from tests.streams.score import Link, read_clusters, read_negatives, score
from tests.surveys.linkage import sample

HOUSEHOLDS = 7_600
SEEDS = {"medium": 921, "high": 922}
# B-cubed F1 at least, wrong merged clusters at most (%): the linkage spec, last paragraph.
LIMITS = {"sample": (0.95, 0.5), "medium": (0.95, 0.5), "high": (0.90, 0.8)}
LARGEST, RECALL, QUEUE, NEGATIVES = 12, 0.95, 8.0, 2.0
PIPELINE = 20_000
Result = TypeVar("Result")


def quality(bench: Bench) -> Iterator[Measurement]:
    """The development sample, and a stream at each noise."""
    with tempfile.TemporaryDirectory() as place:
        for name, folder in _streams(Path(place)):
            yield from _judged(name, folder)


def registers(bench: Bench) -> Iterator[Measurement]:
    """100,000 records linked whole, on two cores."""
    yield from _register(copies=5, limit_seconds=60.0)


def million(bench: Bench) -> Iterator[Measurement]:
    """The same for 1,000,000: ten minutes, so only by its name."""
    yield from _register(copies=50, limit_seconds=600.0)


def pipeline(bench: Bench) -> Iterator[Measurement]:
    """From the tablet to households: sent, cleaned and linked, every one."""
    bench.server.drain()
    began = time.perf_counter()
    for _ in range(10):
        bench.load(bench.posts(PIPELINE // 10), 8)
    bench.server.drain(600)
    name = f"{PIPELINE:,} records, sent, cleaned and linked"
    yield Measurement(name, time.perf_counter() - began, "s", 300.0)


def _streams(place: Path) -> Iterator[tuple[str, Path]]:
    folder = place / "sample"
    folder.mkdir()
    for file in sample.FOLDER.glob("*.xz"):
        (folder / file.stem).write_text(sample.text_of(file.stem))
    yield "sample", folder
    for noise, seed in SEEDS.items():
        yield noise, _stream(place / noise, HOUSEHOLDS, noise, seed)


def _stream(folder: Path, households: int, noise: str, seed: int) -> Path:
    wanted = ("--households", str(households), "--noise", noise, "--seed", str(seed))
    command = [sys.executable, "-m", "tests.streams", str(folder), *wanted, "--rounds", "3"]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def _judged(name: str, folder: Path) -> Iterator[Measurement]:
    records = read_json_lines(folder / "submissions.jsonl").records
    truth = read_clusters(folder / "truth.csv")
    at, (least, most) = f"{name}, {len(records):,} records", LIMITS[name]
    found, seconds = _timed(lambda: relink(records, pinned_model(), workers=1))
    links = [
        Link(each.left, each.right, "auto" if each.decision == "auto" else "review")
        for each in found.outcomes
    ]
    ours = score(truth, found.clusters, links, read_negatives(folder / "hard_negatives.csv"))
    recall = None if name == "high" else RECALL
    joined = max(ours.hard_negatives.values(), default=0.0)
    queue = 100 * ours.review_pairs / len(records)
    yield Measurement(f"{at}: B-cubed F1", ours.b3_f1, "", least, "higher")
    yield Measurement(f"{at}: wrong merged clusters", 100 * ours.wrong_merge_clusters, "%", most)
    yield Measurement(f"{at}: wrong automatic links", 100 * ours.auto_wrong, "%", 0.3)
    yield Measurement(f"{at}: recall with review", ours.review_pair_recall, "", recall, "higher")
    yield Measurement(f"{at}: queue, of records", queue, "%", QUEUE)
    yield Measurement(f"{at}: hard negatives joined", 100 * joined, "%", NEGATIVES)
    yield Measurement(f"{at}: largest cluster", ours.largest_cluster, "records", LARGEST)
    yield Measurement(f"{at}: linked in", seconds, "s")
    yield from _plain(at, records, truth)


def _plain(
    at: str, records: Sequence[HouseholdRecord], truth: Mapping[str, str]
) -> Iterator[Measurement]:
    clusters, seconds = _timed(lambda: cluster_plainly(records))
    plain = score(truth, clusters)
    yield Measurement(f"{at}: plain Splink, B-cubed F1", plain.b3_f1, "", None, "higher")
    wrong = 100 * plain.wrong_merge_clusters
    yield Measurement(f"{at}: plain Splink, wrong merged clusters", wrong, "%")
    yield Measurement(f"{at}: plain Splink, seconds", seconds, "s")


def _register(*, copies: int, limit_seconds: float) -> Iterator[Measurement]:
    with tempfile.TemporaryDirectory() as place:
        folder = _stream(Path(place) / "stream", HOUSEHOLDS, "medium", SEEDS["medium"])
        one = read_json_lines(folder / "submissions.jsonl").records[:PIPELINE]
        stored = Path(place) / "stored"  # as the register keeps them; nothing of it in memory
        with stored.open("wb") as file:
            for copy in range(copies):
                for record in one:
                    features = features_of(_shifted(record, copy))
                    file.write(orjson.dumps(features.to_json(), option=orjson.OPT_APPEND_NEWLINE))
        with stored.open("rb") as file:
            found, seconds = _timed(lambda: relink(file, pinned_model()))
    at = f"a register of {len(found.clusters):,} linked whole"
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    theirs = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    yield Measurement(at, seconds, "s", limit_seconds)
    yield Measurement(f"{at}: peak, three processes", (ours + 2 * theirs) / 1024, "MB", 4096.0)


def _shifted(record: HouseholdRecord, copy: int) -> HouseholdRecord:
    """The same families in other districts, under phones of their own."""
    if not copy:
        return record
    return replace(
        record,
        record_id=f"{record.record_id}-{copy}",
        district=f"{record.district}-{copy}",
        village=f"{record.village}-{copy}",
        phones=tuple(f"{phone[:-2]}{(int(phone[-2:]) + copy) % 100:02}" for phone in record.phones),
    )


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    began = time.perf_counter()
    return work(), time.perf_counter() - began
