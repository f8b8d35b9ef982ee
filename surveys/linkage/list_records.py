"""read_rows, read_json_lines: a list or exported submissions → household records, none lost.

JSON lines as tablets' records are exported; or CSV and XLSX with one row a household, or one row a
person with the number of the household.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from surveys.linkage.list_rows import ListError, Row, Sheet
from surveys.linkage.names import fold
from surveys.linkage.record import HouseholdRecord, PersonRecord


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a line, in words. The line is kept as a record all the same."""

    line: int
    words: str


@dataclass(frozen=True, slots=True)
class HouseholdList:
    """`bad`: ids of records of which nothing could be read; each is a cluster of its own."""

    records: tuple[HouseholdRecord, ...]
    findings: tuple[Finding, ...]
    bad: frozenset[str]


def is_json_lines(path: Path) -> bool:
    """By its ending: there is no telling JSON lines from a list of one column."""
    return path.suffix.lower() in (".jsonl", ".ndjson", ".json")


def read_json_lines(path: Path) -> HouseholdList:
    """One submission a line: record_id, head_name, phone, lat, lon, members and so on."""
    read = _Reading()
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        for line, text in enumerate(lines, start=1):
            if not text.strip():
                continue
            try:
                read.add(line, _from_json(json.loads(text), f"line {line}"))
            except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
                read.lose(line, f"This is no record: {error}.")
    return read.done(path)


def _from_json(stored: dict[str, Any], name: str) -> HouseholdRecord:
    said = {key: "" if value is None else str(value) for key, value in stored.items()}
    members = stored.get("members") or []
    return HouseholdRecord(
        record_id=said.get("record_id") or name,
        round=said.get("round", ""),
        submitted_at=said.get("submitted_at", ""),
        enumerator=said.get("enumerator_id") or said.get("enumerator", ""),
        device=said.get("device_id") or said.get("device", ""),
        country=said.get("country", ""),
        district=said.get("district", ""),
        village=said.get("village_code") or said.get("village", ""),
        head=PersonRecord(
            said.get("head_name", ""), "head", said.get("head_sex", ""), said.get("head_birth", "")
        ),
        phones=_phones(said.get("phone", "")),
        card=card_as_compared(said.get("card_no") or said.get("card", "")),
        latitude=_number(said.get("lat", "")),
        longitude=_number(said.get("lon", "")),
        accuracy_m=_number(said.get("gps_accuracy_m", "")),
        members=tuple(_member(member) for member in members),
    )


def _member(member: dict[str, Any]) -> PersonRecord:
    said = {key: "" if value is None else str(value) for key, value in member.items()}
    return PersonRecord(*(said.get(key, "") for key in ("name", "relation", "sex", "birth")))


def read_rows(sheet: Sheet, columns: Mapping[str, str], path: Path) -> HouseholdList:
    """A list whose columns are known: see `guess_columns`."""
    if not {"name", "head_name", "given_name", "family_name", "card", "phone"} & columns.keys():
        raise ListError(
            "list_columns_unknown", "No column says a name, a phone or a card; name one."
        )
    read = _Reading()
    said = ((row, _said(row, columns)) for row in sheet.rows)
    if "household" in columns and "relation" in columns:
        _read_persons(said, read)
    else:
        for row, cells in said:
            name = cells.get("record_id") or cells.get("household") or str(row.line)
            read.add(row.line, _household(cells, name, _own_members(cells)))
    return read.done(path)


def _said(row: Row, columns: Mapping[str, str]) -> dict[str, str]:
    cells = {kind: row.cells.get(column, "") for kind, column in columns.items()}
    parts = [cells.get(kind, "") for kind in ("family_name", "given_name", "father_name")]
    if any(parts):
        cells["name"] = " ".join(filter(None, parts))
    return cells


def _read_persons(said: Iterable[tuple[Row, dict[str, str]]], read: "_Reading") -> None:
    """Rows of one household need not stand together; the first one says where it lives."""
    homes: dict[str, tuple[int, dict[str, str], list[PersonRecord]]] = {}
    for row, cells in said:
        number = cells["household"] or f"row {row.line}"
        if not cells["household"]:
            read.find(row.line, "No household number: a household of its own.")
        home = homes.setdefault(number, (row.line, cells, []))
        home[2].append(_person(cells))
        for kind, value in cells.items():
            home[1][kind] = home[1].get(kind) or value
    for number, (line, cells, people) in homes.items():
        head = next((each for each in people if each.relation == "head"), people[0])
        cells |= {"head_name": head.name, "head_birth": head.birth, "head_sex": head.sex}
        read.add(line, _household(cells, number, tuple(people)))


def _person(cells: Mapping[str, str]) -> PersonRecord:
    name = cells.get("name") or cells.get("head_name", "")
    relation = relation_code(cells.get("relation", ""))
    return PersonRecord(name, relation, cells.get("sex", ""), cells.get("birth", ""))


def _own_members(cells: Mapping[str, str]) -> tuple[PersonRecord, ...]:
    spouse = cells.get("spouse_name", "")
    return (_head(cells), PersonRecord(spouse, "spouse")) if spouse else (_head(cells),)


def _head(cells: Mapping[str, str]) -> PersonRecord:
    return PersonRecord(
        cells.get("head_name") or cells.get("name", ""),
        "head",
        cells.get("head_sex") or cells.get("sex", ""),
        cells.get("head_birth") or cells.get("birth", ""),
    )


def _household(
    cells: Mapping[str, str], name: str, members: tuple[PersonRecord, ...]
) -> HouseholdRecord:
    return HouseholdRecord(
        record_id=name,
        round=cells.get("round", ""),
        submitted_at=cells.get("submitted_at", ""),
        enumerator=cells.get("enumerator", ""),
        device=cells.get("device", ""),
        country=cells.get("country", "").upper()[:2],
        district=_place(cells.get("district", "")),
        village=_place(cells.get("village", "")),
        head=_head(cells),
        phones=_phones(cells.get("phone", "")),
        card=card_as_compared(cells.get("card", "")),
        latitude=_number(cells.get("latitude", "")),
        longitude=_number(cells.get("longitude", "")),
        accuracy_m=_number(cells.get("accuracy", "")),
        members=tuple(each for each in members if each.name or each.birth),
    )


class _Reading:
    """Records as they come, each under an id of its own."""

    def __init__(self) -> None:
        self._records: dict[str, HouseholdRecord] = {}
        self._findings: list[Finding] = []
        self._bad: set[str] = set()

    def add(self, line: int, record: HouseholdRecord) -> None:
        name = record.record_id
        if name in self._records:
            name = f"{name} (line {line})"
            self.find(line, f"The id {record.record_id} came before; this row is called {name}.")
        self._records[name] = replace(record, record_id=name)

    def lose(self, line: int, words: str) -> None:
        self.find(line, words)
        self.add(line, HouseholdRecord(f"line {line}"))
        self._bad.add(f"line {line}")

    def find(self, line: int, words: str) -> None:
        self._findings.append(Finding(line, words))

    def done(self, path: Path) -> HouseholdList:
        if not self._records:
            raise ListError("list_empty", f"{path.name} holds no record.")
        return HouseholdList(
            tuple(self._records.values()), tuple(self._findings), frozenset(self._bad)
        )


def _phones(text: str) -> tuple[str, ...]:
    for mark in (";", "/", "\n", ","):
        text = text.replace(mark, "|")
    return tuple(filter(None, (part.strip() for part in text.split("|"))))


def _place(text: str) -> str:
    """A place as compared: lists write names where tablets have codes."""
    return " ".join(text.lower().replace("ё", "е").split())


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", ".")) if text else None
    except ValueError:
        return None


_LOOK_ALIKES = str.maketrans("АВЕКМНОРСТУХГЈ", "ABEKMHOPCTYXGJ")


def card_as_compared(text: str) -> str:
    """A card number in capital Latin letters and digits alone."""
    return "".join(ch for ch in text.upper().translate(_LOOK_ALIKES) if ch.isalnum())


_RELATIONS = {
    "head": "head глава башчы башчысы сардор сарвар",
    "spouse": "spouse wife husband жена муж супруга супруг аялы күйөөсү жубайы ҳамсар зан шавҳар",
    "child": "child son daughter сын дочь ребенок уулу кызы бала баласы писар духтар фарзанд",
    "child_in_law": "child_in_law daughter-in-law невестка сноха зять келин күйөө арӯс домод",
    "grandchild": "grandchild grandson granddaughter внук внучка небере небереси набера",
    "parent": "parent mother father мать отец ата апа эне ата-эне падар модар",
    "sibling": "sibling brother sister брат сестра ага ини эже сиңди бародар хоҳар",
}
_CODE = {fold(word): code for code, words in _RELATIONS.items() for word in words.split()}


def relation_code(text: str) -> str:
    """Head, spouse, child … from what lists write; "other" where it is something else."""
    words = [fold(word) for word in text.replace("_", " ").split()]
    whole = fold(text)
    found = (_CODE[word] for word in [whole, *words] if word in _CODE)
    return next(found, "other" if whole else "")
