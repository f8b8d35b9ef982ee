"""A whole register at once says what one record at a time says."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest

from surveys.linkage.batch import relink
from surveys.linkage.batch_steps import prepare
from surveys.linkage.batch_tables import Tables
from surveys.linkage.comparisons import COMPARISONS
from surveys.linkage.dedupe import Deduped, dedupe
from surveys.linkage.features import features_of
from surveys.linkage.frequencies import Frequencies
from surveys.linkage.judge import Judgement, judge
from surveys.linkage.model import pinned_model
from surveys.linkage.record import HouseholdRecord
from surveys.linkage.train import weight_of
from surveys.linkage.weigh import Levels, weigh
from tests.surveys.linkage.people import FAMILY, household

Records = tuple[HouseholdRecord, ...]


def some_judgements(records: Records, frequencies: Frequencies) -> list[Judgement]:
    """Neighbours in the order of arrival, and each with itself: weights low and high."""
    known = [features_of(record) for record in records[:400]]
    pairs = [*pairwise(known), *zip(known, known, strict=True)]
    return [judge(left, right, frequencies, pinned_model()) for left, right in pairs]


def levels_of(found: Judgement) -> Levels:
    return tuple(reason.level for reason in found.reasons[1:])


def test_splink_gives_each_pair_the_weight_that_judge_gives(
    sample_records: Records, sample_frequencies: Frequencies
) -> None:
    found = some_judgements(sample_records, sample_frequencies)

    weights = weigh(map(levels_of, found), pinned_model())

    assert len(weights) > 100
    assert all(abs(weights[levels_of(each)] - each.weight) < 0.01 for each in found)


def test_each_level_of_the_model_weighs_the_same_in_splink() -> None:
    model = pinned_model()
    first = [next(iter(model.weights[name])) for name in COMPARISONS]
    vectors = {
        (*first[:i], level, *first[i + 1 :])
        for i, name in enumerate(COMPARISONS)
        for level in model.weights[name]
    }

    weights = weigh(vectors, model)

    assert all(abs(weights[each] - weight_of(each, model)) < 0.01 for each in vectors)


@pytest.mark.spark
def test_spark_gives_the_weights_that_duckdb_gives(
    sample_records: Records, sample_frequencies: Frequencies, spark: Any
) -> None:
    vectors = [levels_of(each) for each in some_judgements(sample_records, sample_frequencies)]

    here = weigh(vectors, pinned_model())
    there = weigh(vectors, pinned_model(), backend="spark", session=spark)

    assert here.keys() == there.keys()
    assert all(abs(here[vector] - there[vector]) < 0.01 for vector in here)


@pytest.mark.spark
def test_register_is_relinked_on_spark_as_on_duckdb(
    sample_records: Records, spark: Any, tmp_path: Path
) -> None:
    part = sample_records[:600]

    here = relink(part, pinned_model(), workers=0, folder=tmp_path)
    there = relink(part, pinned_model(), workers=0, folder=tmp_path, backend="spark", session=spark)

    assert here.clusters == there.clusters


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    if not shutil.which("java"):
        pytest.skip("No Java here: Spark needs one.")
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed: make test-spark")
    session = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )
    yield session
    session.stop()


def as_said(found: Any) -> dict[tuple[str, str], tuple[str, float, tuple[str, ...]]]:
    return {
        (min(o.left, o.right), max(o.left, o.right)): (o.decision, round(o.weight, 6), o.vetoes)
        for o in found.outcomes
    }


def test_register_at_once_is_clustered_as_in_memory(
    sample_records: Records, tmp_path: Path
) -> None:
    part = sample_records[:1200]
    memory: Deduped = dedupe(part, pinned_model())

    whole = relink(part, pinned_model(), workers=0, folder=tmp_path)

    assert whole.clusters == memory.clusters
    assert as_said(whole) == as_said(memory)


def test_stored_features_are_relinked_as_the_records_are(
    sample_records: Records, tmp_path: Path
) -> None:
    part = sample_records[:300]
    stored = [orjson.dumps(features_of(record).to_json()) for record in part]

    from_stored = relink(stored, pinned_model(), workers=0, folder=tmp_path)
    from_records = relink(part, pinned_model(), workers=2, folder=tmp_path)

    assert from_stored.clusters == from_records.clusters


def test_batches_of_records_may_be_ready_in_any_order(
    sample_records: Records, tmp_path: Path
) -> None:
    batches = [prepare(first, sample_records[first : first + 400]) for first in (0, 400, 800)]
    works = []
    for name, order in (("forth", batches), ("back", batches[::-1])):
        (tmp_path / name).mkdir()
        with closing(Tables(tmp_path / name, pinned_model())) as tables:
            for batch in order:
                tables.add(batch)
            tables.find_pairs()
            works.append([(work.pairs, work.stored) for work in tables.works(20)])

    assert works[0] == works[1]
    assert len(works[0]) > 1


def test_what_a_person_called_different_is_kept_apart(tmp_path: Path) -> None:
    records = [household(f"R{i}", *FAMILY, round=str(i)) for i in range(2)]

    joined = relink(records, pinned_model(), workers=0, folder=tmp_path)
    apart = relink(
        records,
        pinned_model(),
        workers=0,
        folder=tmp_path,
        apart=[("R1", "R0"), ("R0", "stranger")],
    )

    assert len(set(joined.clusters.values())) == 1
    assert len(set(apart.clusters.values())) == 2
    assert {o.vetoes for o in apart.outcomes} == {("not_the_same",)}


KILLED = """
import os, signal
from surveys.linkage.batch import _processes
if __name__ == "__main__":
    with _processes(2) as run:
        print(*set(run((os.getpid, ()) for _ in range(8))), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_processes_end_with_the_one_that_made_them(tmp_path: Path) -> None:
    (tmp_path / "killed.py").write_text(KILLED)
    ours = {**os.environ, "PYTHONPATH": str(Path.cwd())}

    killed = subprocess.run(
        [sys.executable, tmp_path / "killed.py"], stdout=subprocess.PIPE, env=ours, check=False
    )

    pids = killed.stdout.split()
    assert (killed.returncode, bool(pids)) == (-signal.SIGKILL, True)
    ends = time.monotonic() + 10
    while any(map(is_alive, map(int, pids))):
        assert time.monotonic() < ends
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_nothing_is_left_of_the_tables(tmp_path: Path) -> None:
    relink([household("R0", *FAMILY)], pinned_model(), workers=0, folder=tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_an_empty_register_is_answered(tmp_path: Path) -> None:
    assert relink([], pinned_model(), workers=0, folder=tmp_path).clusters == {}
