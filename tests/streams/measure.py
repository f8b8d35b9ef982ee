"""What a stream is like: measures by which two streams can be compared, with the truth known.

`python -m tests.streams.measure FOLDER…` prints them side by side. SAMPLE holds the same measures
of the development sample of the linkage specification (medium noise, 1,500 households, 3 rounds);
the rates of noise.py were set until streams of ours came as near as test_measure.py demands.
"""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.streams.fold import fold, within_one_edit
from tests.streams.reading import Record, Stream, digits, distance, latin, read_stream

Measures = dict[str, float]

# Measured on the development sample with this module.
SAMPLE: Measures = {
    "records a household": 2.67,
    "members a record": 5.13,
    "records of two": 0.198,
    "head is a woman": 0.221,
    "child": 0.508,
    "grandchild": 0.0491,
    "birth missing": 0.0273,
    "birth year only": 0.0846,
    "birth 1 January": 0.132,
    "vague birth on 0 or 5": 0.425,
    "name Latin": 0.174,
    "name with own letters": 0.179,
    "name of one word": 0.358,
    "name of three": 0.155,
    "name in odd case": 0.113,
    "phone missing": 0.278,
    "position missing": 0.0956,
    "position over 30 m": 0.0823,
    "pair of one round": 0.157,
    "pair with one head": 0.824,
    "pair with heads swapped": 0.131,
    "pair with head's name as written": 0.0989,
    "pair in another village": 0.019,
    "all of the smaller roster": 0.884,
    "rosters the same": 0.511,
    "under three quarters of both": 0.189,
    "pair with one phone, of those with two": 0.812,
    "pair within 40 m": 0.648,
    "pair over 700 m": 0.0671,
    "person written the same": 0.123,
    "person in another script": 0.267,
    "person of another sex": 0.014,
    "person in another relation": 0.0651,
    "birth as written": 0.585,
    "birth of one year": 0.786,
    "birth one year off": 0.0988,
    "birth two to nine years off": 0.0738,
    "birth ten years off": 0.0402,
    "given name equal when folded": 0.741,
    "given name within one edit": 0.876,
    "phone of two households": 0.0929,
    "records in the largest village": 0.223,
    "strangers with one surname": 0.0505,
    "strangers with one given name": 0.0108,
    "strangers with one given name and year": 0.000196,
    "hard negatives a hundred: compound": 4.63,
    "hard negatives a hundred: cowife": 1.18,
    "hard negatives a hundred: namesake": 1.51,
    "hard negatives a hundred: shared_phone": 2.52,
    "hard negatives a hundred: split": 0.528,
}


def measure(stream: Stream) -> Measures:
    """All measures; shares unless the name says otherwise."""
    return (
        measure_records(stream)
        | measure_household_pairs(stream)
        | measure_person_pairs(stream)
        | measure_crowding(stream)
    )


def share(values: Iterable[bool]) -> float:
    """Of all values, how many are true; nothing at all is none."""
    hits = total = 0
    for value in values:
        total += 1
        hits += value
    return hits / total if total else 0.0


def measure_records(stream: Stream) -> Measures:
    records = list(stream.records)
    members = [m for record in records for m in record["members"]]
    births = [m["birth"] for m in members]
    vague = [b for b in births if b and (len(b) == 4 or b.endswith("-01-01"))]
    words = [len(m["name"].split()) for m in members]
    return {
        "records a household": len(records) / len(stream.households),
        "members a record": len(members) / len(records),
        "records of two": share(len(r["members"]) == 2 for r in records),
        "head is a woman": share(r["head_sex"] == "F" for r in records),
        "child": share(m["relation"] == "child" for m in members),
        "grandchild": share(m["relation"] == "grandchild" for m in members),
        "birth missing": share(b is None for b in births),
        "birth year only": share(b is not None and len(b) == 4 for b in births),
        "birth 1 January": share(bool(b) and b.endswith("-01-01") for b in births),
        "vague birth on 0 or 5": share(int(b[:4]) % 5 == 0 for b in vague),
        "name Latin": share(bool(re.search("[a-zA-Z]", m["name"])) for m in members),
        "name with own letters": share(
            bool(re.search("[ңөүғӣқӯҳҷў]", m["name"].lower())) for m in members
        ),
        "name of one word": share(n == 1 for n in words),
        "name of three": share(n == 3 for n in words),
        "name in odd case": share(not m["name"].strip().istitle() for m in members),
        "phone missing": share(r["phone"] is None for r in records),
        "position missing": share(r["lat"] is None for r in records),
        "position over 30 m": share((r["gps_accuracy_m"] or 0) > 30 for r in records),
    }


def measure_household_pairs(stream: Stream) -> Measures:
    """Two records of one household: what a linker has to see through."""
    seen: dict[str, list[bool]] = defaultdict(list)
    metres = []
    for left, right in stream.pairs():
        first, second = stream.people(left), stream.people(right)
        head_l, head_r = next(iter(first)), next(iter(second))
        common, smaller = first.keys() & second.keys(), min(len(first), len(second))
        swapped = head_l != head_r and head_l in second and head_r in first
        seen["pair of one round"].append(left["round"] == right["round"])
        seen["pair with one head"].append(head_l == head_r)
        seen["pair with heads swapped"].append(swapped)
        seen["pair with head's name as written"].append(left["head_name"] == right["head_name"])
        seen["pair in another village"].append(left["village_code"] != right["village_code"])
        seen["all of the smaller roster"].append(len(common) == smaller)
        seen["rosters the same"].append(first.keys() == second.keys())
        seen["under three quarters of both"].append(
            len(common) < 0.75 * len(first.keys() | second.keys())
        )
        if left["phone"] and right["phone"]:
            seen["pair with one phone, of those with two"].append(
                digits(left["phone"]) == digits(right["phone"])
            )
        if left["lat"] and right["lat"]:
            metres.append(distance(left, right))
    return {name: share(values) for name, values in seen.items()} | {
        "pair within 40 m": share(m < 40 for m in metres),
        "pair over 700 m": share(m > 700 for m in metres),
    }


def measure_person_pairs(stream: Stream) -> Measures:
    """One person in two records of one household: names and births."""
    seen: dict[str, list[bool]] = defaultdict(list)
    for left, right in stream.pairs():
        first, second = stream.people(left), stream.people(right)
        for person in first.keys() & second.keys():
            _compare_member(seen, first[person], second[person])
    return {name: share(values) for name, values in seen.items()}


def _compare_member(seen: dict[str, list[bool]], one: Record, two: Record) -> None:
    seen["person written the same"].append(one["name"] == two["name"])
    seen["person in another script"].append(latin(one["name"]) != latin(two["name"]))
    seen["person of another sex"].append(one["sex"] != two["sex"])
    seen["person in another relation"].append(one["relation"] != two["relation"])
    short, other = sorted((one["name"].split(), two["name"].split()), key=len)
    if len(short) == 1:
        word, others = fold(short[0]), [fold(w) for w in other]
        seen["given name equal when folded"].append(word in others)
        seen["given name within one edit"].append(any(within_one_edit(word, o) for o in others))
    if one["birth"] and two["birth"]:
        apart = abs(int(one["birth"][:4]) - int(two["birth"][:4]))
        seen["birth as written"].append(one["birth"] == two["birth"])
        seen["birth of one year"].append(apart == 0)
        seen["birth one year off"].append(apart == 1)
        seen["birth two to nine years off"].append(1 < apart < 10)
        seen["birth ten years off"].append(apart == 10)


def measure_crowding(stream: Stream) -> Measures:
    """How alike strangers of a village are: the chance that two of them share a name or phone."""
    villages: dict[str, list[tuple[str, Record]]] = defaultdict(list)
    phones: dict[str, set[str]] = defaultdict(set)
    for household, records in stream.households.items():
        villages[records[0]["village_code"]].append((household, records[0]))
        for record in records:
            if record["phone"]:
                phones[digits(record["phone"])].add(household)
    measures = {
        "phone of two households": share(len(h) > 1 for h in phones.values()),
        "records in the largest village": max(map(len, villages.values())) / len(stream.households),
        "strangers with one surname": _collision(villages, lambda r: [_stem(r["head_name"])]),
        "strangers with one given name": _collision(villages, _given_names),
        "strangers with one given name and year": _collision(villages, _given_and_year),
    }
    seen = sum(len(v) for v in stream.households.values())
    kinds = {f"hard negatives a hundred: {k}": 100 * n / seen for k, n in stream.negatives.items()}
    return measures | dict(sorted(kinds.items()))


def _collision(
    villages: dict[str, list[tuple[str, Record]]], values: Callable[[Record], list[str]]
) -> float:
    """The chance that a value of one household is one of another's, both of one village."""
    same = total = 0
    for households in villages.values():
        counts = Counter(value for _, record in households for value in values(record))
        count = sum(counts.values())
        same += sum(n * (n - 1) for n in counts.values())
        total += count * (count - 1)
    return same / total if total else 0.0


_SURNAME = re.compile(r"(ova?|eva?|iva?|zoda|i)$")


def _stem(name: str) -> str:
    words = [fold(word) for word in name.split()]
    known = [w for w in words if _SURNAME.search(w)]
    return _SURNAME.sub("", known[0] if known else words[0])


def _given_names(record: Record) -> list[str]:
    names = [m["name"].split() for m in record["members"]]
    return [fold(words[0]) for words in names if len(words) == 1]


def _given_and_year(record: Record) -> list[str]:
    return [
        f"{fold(m['name'])} {m['birth'][:4]}"
        for m in record["members"]
        if m["birth"] and len(m["name"].split()) == 1
    ]


def main() -> None:
    tables = {Path(folder).name: measure(read_stream(Path(folder))) for folder in sys.argv[1:]}
    names = dict.fromkeys(name for table in (SAMPLE, *tables.values()) for name in table)
    print(f"{'':42}{'sample':>9}" + "".join(f"{name[:12]:>13}" for name in tables))
    for name in names:
        row = "".join(f"{table.get(name, 0):13.4f}" for table in tables.values())
        print(f"{name:42}{SAMPLE.get(name, 0):9.4f}{row}")


if __name__ == "__main__":
    main()
