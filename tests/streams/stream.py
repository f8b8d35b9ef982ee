"""Writes a whole stream: districts one after another, records in order of arrival.

Memory holds one district and the days' index, never the stream: what a district sends is put aside
by day of arrival and sorted day by day, when record ids are given.
"""

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TextIO

import orjson

from tests.streams.district import Settler
from tests.streams.events import HalfYear
from tests.streams.noise import noise_of
from tests.streams.people import Negative
from tests.streams.places import District, lay_out
from tests.streams.plan import Plan
from tests.streams.visits import FieldTeam, Visit

DAYS_BETWEEN_ROUNDS = 182
PUT_ASIDE_AT = 20_000  # lines held before they go to disk


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written."""

    records: int
    households_seen: int
    persons: int
    true_pairs: int
    hard_negative_pairs: int


def write_stream(plan: Plan, out: Path, *, workers: int = 1) -> Summary:
    """Writes submissions.jsonl, the truths, hard_negatives.csv and params.json into a folder.

    The files do not depend on the number of workers, which are processes.
    """
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out) as aside:
        negatives = _send_all_aside(plan, Path(aside), workers)
        summary = _Arrival(out, negatives).read_all(Path(aside), Random(plan.seed))
    params = asdict(plan) | {"start": plan.start.isoformat()} | asdict(summary)
    (out / "params.json").write_text(json.dumps(params, indent=1) + "\n")
    return summary


def districts_of(plan: Plan) -> list[District]:
    return lay_out(Random(f"places {plan.seed}"), plan.households, plan.village_count)


def visits_of(plan: Plan, district: District) -> Iterator[Visit | Negative]:
    """Everything one district sends in all rounds, and its hard negatives at the end."""
    rng, noise = Random(f"{plan.seed} {district.number}"), noise_of(plan.noise)
    settler = Settler(district, rng, plan.start, shared_card=plan.shared_card)
    settled = settler.settle()
    team = FieldTeam(plan, rng, settled, noise)
    for round_no in range(1, plan.rounds + 1):
        first_day = plan.start + timedelta(days=DAYS_BETWEEN_ROUNDS * (round_no - 1))
        if round_no > 1:
            HalfYear(settler, noise, round_no, first_day).pass_by()
        yield from team.round(round_no, first_day)
    yield from settled.negatives


def _send_all_aside(plan: Plan, folder: Path, workers: int) -> list[Negative]:
    """Puts all records aside, each worker into a folder of its own; gives the hard negatives."""
    folders = [folder / str(worker) for worker in range(workers)]
    for own in folders:
        own.mkdir()
    if workers == 1:
        parts = [_send_aside(plan, folders[0], 0, 1)]
    else:
        with ProcessPoolExecutor(workers) as pool:
            tasks = [
                pool.submit(_send_aside, plan, own, worker, workers)
                for worker, own in enumerate(folders)
            ]
            parts = [task.result() for task in tasks]
    return sorted(chain.from_iterable(parts), key=lambda n: (n.left, n.right))


def _send_aside(plan: Plan, folder: Path, worker: int, workers: int) -> list[Negative]:
    """Puts every record of a worker's districts into the file of its day."""
    negatives: list[Negative] = []
    days: dict[date, list[bytes]] = defaultdict(list)
    held = 0
    for district in districts_of(plan)[worker::workers]:
        for number, item in enumerate(visits_of(plan, district)):
            if isinstance(item, Negative):
                negatives.append(item)
                continue
            days[item.at.date()].append(_line(item, district.number, number))
            held += 1
        if held > PUT_ASIDE_AT:
            _flush(days, folder)
            held = 0
    _flush(days, folder)
    return negatives


def _line(visit: Visit, district: int, number: int) -> bytes:
    persons = ",".join(map(str, visit.persons))
    women = ",".join(map(str, visit.women))
    key = f"{visit.at.isoformat()} {district:03d} {number:07d}"
    truth = f"{key}\t{visit.household}\t{persons}\t{women}\t"
    return truth.encode() + orjson.dumps(visit.answers)[1:] + b"\n"


def _flush(days: dict[date, list[bytes]], folder: Path) -> None:
    for day, lines in days.items():
        with (folder / day.isoformat()).open("ab") as file:
            file.writelines(lines)
    days.clear()


class _Arrival:
    """Gives record ids in order of arrival and writes the final files."""

    def __init__(self, out: Path, negatives: list[Negative]):
        self.out, self.negatives = out, negatives
        self.records_of: dict[int, list[int]] = defaultdict(list)
        self.people: set[int] = set()
        self.count = 0

    def read_all(self, folder: Path, rng: Random) -> Summary:
        names = ("truth.csv", "truth_persons.csv", "truth_women.csv")
        files = [(self.out / name).open("w", encoding="utf-8", newline="") for name in names]
        with files[0], files[1], files[2], self._open("submissions.jsonl") as submissions:
            for file in files:
                file.write("record_id,cluster_id\n")
            for day in sorted({path.name for path in folder.glob("*/*")}):
                lines = [
                    line
                    for path in folder.glob(f"*/{day}")
                    for line in path.read_text(encoding="utf-8").split("\n")[:-1]
                ]
                for line in sorted(lines):
                    self._one(line, submissions, *files)
        sizes = [len(records) for records in self.records_of.values()]
        pairs = self._write_negatives(rng)
        return Summary(
            self.count, len(sizes), len(self.people), sum(n * (n - 1) // 2 for n in sizes), pairs
        )

    def _open(self, name: str) -> TextIO:
        return (self.out / name).open("w", encoding="utf-8", newline="")

    def _one(
        self, line: str, submissions: TextIO, truth: TextIO, persons: TextIO, women: TextIO
    ) -> None:
        _, household, members, woman_places, rest = line.split("\t", 4)
        self.count += 1
        record, keys = f"R{self.count:06d}", members.split(",")
        submissions.write(f'{{"record_id":"{record}",{rest}\n')
        truth.write(f"{record},H{int(household):08d}\n")
        persons.writelines(f"{record}#{no},P{int(key):08d}\n" for no, key in enumerate(keys, 1))
        places = map(int, woman_places.split(",")) if woman_places else ()
        women.writelines(f"{record}#{no},P{int(keys[no - 1]):08d}\n" for no in places)
        self.records_of[int(household)].append(self.count)
        self.people.update(map(int, keys))

    def _write_negatives(self, rng: Random) -> int:
        """Two pairs of records for each pair of households that were both seen."""
        rows = dict.fromkeys(self._negative_rows(rng))
        with self._open("hard_negatives.csv") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("record_id_l", "record_id_r", "kind"))
            writer.writerows(rows)
        return len(rows)

    def _negative_rows(self, rng: Random) -> Iterable[tuple[str, str, str]]:
        for negative in self.negatives:
            sides = [self.records_of.get(key) for key in (negative.left, negative.right)]
            if all(sides):
                for _ in range(2):
                    left, right = (s[int(rng.random() * len(s))] for s in sides if s)
                    yield f"R{left:06d}", f"R{right:06d}", negative.kind
