"""The generator keeps its word: repeatable, complete truth, every trap, noise that grows."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.streams.measure import measure
from tests.streams.noise import noise_of
from tests.streams.places import share_out
from tests.streams.plan import Plan
from tests.streams.reading import digits, read_stream
from tests.streams.score import read_clusters, read_negatives, score
from tests.streams.stream import write_stream
from tests.streams.writing import MISREAD

KINDS = {"compound", "shared_phone", "namesake", "cowife", "twins", "split"}
KEYS = [
    "record_id", "round", "submitted_at", "enumerator_id", "device_id", "country", "district",
    "village_code", "head_name", "head_sex", "head_birth", "phone", "lat", "lon",
    "gps_accuracy_m", "members", "size",
]  # fmt: skip
FILES = (
    "submissions.jsonl", "truth.csv", "truth_persons.csv", "truth_women.csv", "hard_negatives.csv",
)  # fmt: skip
MEDIUM = Plan(households=900, seed=7)


@pytest.fixture(scope="module")
def medium(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("medium")
    write_stream(MEDIUM, out)
    return out


def records_of(folder: Path) -> Iterator[dict[str, Any]]:
    with (folder / "submissions.jsonl").open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def by_id(folder: Path) -> dict[str, dict[str, Any]]:
    return {record["record_id"]: record for record in records_of(folder)}


def test_one_seed_gives_one_stream_by_any_number_of_workers(tmp_path: Path) -> None:
    plan = Plan(households=120, seed=3)
    write_stream(plan, tmp_path / "one")
    write_stream(plan, tmp_path / "two", workers=2)
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_another_seed_gives_another_stream(tmp_path: Path) -> None:
    for seed in (3, 4):
        write_stream(Plan(households=60, seed=seed), tmp_path / str(seed))
    one, other = (list(records_of(tmp_path / str(seed))) for seed in (3, 4))
    assert {r["head_name"] for r in one} != {r["head_name"] for r in other}


def test_records_come_in_order_of_arrival_and_in_the_shape_of_the_sample(medium: Path) -> None:
    records = list(records_of(medium))
    assert [r["record_id"] for r in records] == [f"R{n:06d}" for n in range(1, len(records) + 1)]
    times = [datetime.fromisoformat(r["submitted_at"]) for r in records]
    assert times == sorted(times)
    for record in records:
        assert list(record) == KEYS
        assert [m["no"] for m in record["members"]] == list(range(1, len(record["members"]) + 1))
        head = record["members"][0]
        assert (head["relation"], head["name"]) == ("head", record["head_name"])
        assert all(m["name"].strip() for m in record["members"])


def test_the_truth_covers_every_record_and_every_member_once(medium: Path) -> None:
    records = by_id(medium)
    assert read_clusters(medium / "truth.csv").keys() == records.keys()
    persons = read_clusters(medium / "truth_persons.csv")
    assert persons.keys() == {f"{r}#{m['no']}" for r in records for m in records[r]["members"]}
    for name, record in records.items():
        keys = [persons[f"{name}#{m['no']}"] for m in record["members"]]
        assert len(set(keys)) == len(keys)


def test_the_women_are_persons_and_nearly_all_written_as_grown_women(medium: Path) -> None:
    records, women = by_id(medium), read_clusters(medium / "truth_women.csv")
    assert women.items() <= read_clusters(medium / "truth_persons.csv").items()
    sexes = Counter(
        records[member.split("#")[0]]["members"][int(member.split("#")[1]) - 1]["sex"]
        for member in women
    )
    assert sexes["F"] > 0.97 * sexes.total()
    assert sexes["M"] > 0  # a slip of the pen


def test_params_say_what_was_written(medium: Path) -> None:
    params = json.loads((medium / "params.json").read_text())
    truth = read_clusters(medium / "truth.csv")
    assert (params["seed"], params["noise"]) == (7, "medium")
    assert params["records"] == len(truth)
    assert params["households_seen"] == len(set(truth.values()))
    assert params["true_pairs"] == score(truth, truth).true_pairs
    assert params["persons"] == len(set(read_clusters(medium / "truth_persons.csv").values()))
    assert params["hard_negative_pairs"] == len(read_negatives(medium / "hard_negatives.csv"))


def test_every_kind_of_hard_negative_occurs_and_is_two_households(medium: Path) -> None:
    truth, negatives = (
        read_clusters(medium / "truth.csv"),
        read_negatives(medium / "hard_negatives.csv"),
    )
    assert {negative.kind for negative in negatives} == KINDS
    assert all(truth[n.left] != truth[n.right] for n in negatives)
    assert len(set(negatives)) == len(negatives)


def test_each_trap_has_what_makes_it_one(medium: Path) -> None:
    stream, negatives = read_stream(medium), read_negatives(medium / "hard_negatives.csv")
    records = by_id(medium)
    seen: dict[str, list[bool]] = defaultdict(list)
    for negative in negatives:
        left, right = records[negative.left], records[negative.right]
        people = [set(stream.people(each)) for each in (left, right)]
        phones = [digits(each["phone"]) for each in (left, right) if each["phone"]]
        seen[f"{negative.kind} persons"].append(bool(people[0] & people[1]))
        seen[f"{negative.kind} district"].append(left["district"] == right["district"])
        if len(phones) == 2:
            seen[f"{negative.kind} phone"].append(phones[0] == phones[1])
    shares = {name: sum(values) / len(values) for name, values in seen.items()}
    assert all(shares[f"{kind} district"] == 1 for kind in KINDS)
    assert shares["cowife persons"] > 0.6  # the husband stands in both rosters
    assert shares["split persons"] > 0.2  # the son was still at home in an earlier round
    assert shares["compound persons"] == shares["namesake persons"] == 0
    assert shares["shared_phone phone"] > 0.5
    assert shares["compound phone"] > 0.2


def test_some_households_are_registered_twice_in_a_round_mostly_by_others(medium: Path) -> None:
    truth, records = read_clusters(medium / "truth.csv"), by_id(medium)
    rounds: dict[tuple[str, int], list[str]] = defaultdict(list)
    for name, household in truth.items():
        rounds[household, records[name]["round"]].append(records[name]["enumerator_id"])
    doubles = [enumerators for enumerators in rounds.values() if len(enumerators) > 1]
    assert 0.08 < len(doubles) / len(rounds) < 0.2
    assert sum(len(set(each)) > 1 for each in doubles) > 0.5 * len(doubles)


def test_some_women_marry_from_one_household_into_another(medium: Path) -> None:
    truth, women = read_clusters(medium / "truth.csv"), read_clusters(medium / "truth_women.csv")
    homes: dict[str, set[str]] = defaultdict(set)
    for member, person in women.items():
        homes[person].add(truth[member.split("#")[0]])
    assert any(len(households) > 1 for households in homes.values())


def test_noise_grows_from_low_to_high(tmp_path: Path) -> None:
    levels = []
    for noise in ("low", "medium", "high"):
        write_stream(Plan(households=250, noise=noise, seed=5), tmp_path / noise)
        levels.append(measure(read_stream(tmp_path / noise)))
    growing = ("birth missing", "phone missing", "position missing", "birth ten years off")
    falling = ("person written the same", "given name equal when folded", "birth as written",
               "pair with one head", "rosters the same", "pair within 40 m")  # fmt: skip
    for name in growing:
        assert levels[0][name] < levels[1][name] < levels[2][name], name
    for name in falling:
        assert levels[0][name] > levels[1][name] > levels[2][name], name


def test_high_noise_is_about_twice_medium() -> None:
    medium, high = noise_of("medium"), noise_of("high")
    assert 1.6 <= high.typo / medium.typo <= 2
    assert 1.6 <= high.member_left_out / medium.member_left_out <= 2


def test_cards_and_partners_are_fields_only_where_asked_for(tmp_path: Path) -> None:
    write_stream(Plan(households=400, seed=9, card=True, partner=True), tmp_path)
    records, truth = by_id(tmp_path), read_clusters(tmp_path / "truth.csv")
    assert list(records["R000001"]) == [*KEYS, "card_no", "partner"]
    assert len({r["partner"] for r in records.values()}) == 3
    missing = sum(r["card_no"] is None for r in records.values()) / len(records)
    assert 0.03 < missing < 0.1
    written_cards: dict[str, list[str]] = defaultdict(list)
    for name, household in truth.items():
        if card := records[name]["card_no"]:
            written_cards[household].append(card.upper().replace("-", ""))
    wrong = total = 0
    for cards in (c for c in written_cards.values() if len(c) > 2):
        usual = Counter(cards).most_common(1)[0][0]
        for card in cards:
            total += 1
            wrong += card != usual
            slips = [(a, b) for a, b in zip(card, usual, strict=True) if a != b]
            assert all(MISREAD[a] == b for a, b in slips)
    assert 0.01 < wrong / total < 0.05


def test_a_village_may_share_one_card(tmp_path: Path) -> None:
    plan = Plan(households=300, seed=2, card=True, shared_card=True, noise="low")
    write_stream(plan, tmp_path)
    truth, holders = read_clusters(tmp_path / "truth.csv"), defaultdict(set)
    for name, record in by_id(tmp_path).items():
        if record["card_no"]:
            holders[record["card_no"]].add(truth[name])
    assert max(map(len, holders.values())) > 10


def test_one_household_is_a_stream_too(tmp_path: Path) -> None:
    summary = write_stream(Plan(households=1, rounds=2, coverage=1, dup_rate=0, seed=1), tmp_path)
    assert summary.records >= 1
    assert summary.true_pairs <= 1


@pytest.mark.parametrize(
    "wrong", [{"households": 0}, {"rounds": 0}, {"coverage": 0}, {"dup_rate": 1}, {"noise": "loud"}]
)
def test_a_plan_that_makes_no_stream_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"stream|coverage|noise"):
        Plan(**wrong)


def test_villages_share_out_all_households_unequally() -> None:
    sizes = share_out(Random(1), 7600, 63)
    assert sum(sizes) == 7600
    assert max(sizes) > 5 * sorted(sizes)[31]
