"""read_rows: a list in CSV or XLSX → household records, none lost.

One row is a household; or a person, where there are a household's number and a relation.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from backend.said import Said
from surveys.linkage.list_rows import ListError, Row, Sheet
from surveys.linkage.list_words import (
    card_as_compared,
    country_code,
    number,
    phones,
    place,
    relation_code,
)
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


def read_rows(sheet: Sheet, columns: Mapping[str, str], path: Path) -> HouseholdList:
    """A list whose columns are known: see `guess_columns`."""
    if not {"name", "head_name", "given_name", "family_name", "card", "phone"} & columns.keys():
        raise ListError(
            "list_columns_unknown", Said("No column says a name, a phone or a card; name one.")
        )
    read = Reading()
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


def _read_persons(said: Iterable[tuple[Row, dict[str, str]]], read: "Reading") -> None:
    """Rows of one household need not stand together; the first one says where it lives."""
    homes: dict[str, tuple[int, dict[str, str], list[PersonRecord]]] = {}
    above = ""
    for row, cells in said:
        person = _person(cells)
        if cells["household"]:
            above = cells["household"]
        elif above and person.relation not in ("", "head"):  # the number's cell is merged
            read.find(row.line, f"No household number: of the household above, {above}.")
        else:
            above = f"row {row.line}"
            read.find(row.line, "No household number: a household of its own.")
        home = homes.setdefault(above, (row.line, cells, []))
        home[2].append(person)
        for kind, value in cells.items():
            home[1][kind] = home[1].get(kind) or value
    for name, (line, cells, people) in homes.items():
        head = next((each for each in people if each.relation == "head"), people[0])
        cells |= {"head_name": head.name, "head_birth": head.birth, "head_sex": head.sex}
        read.add(line, _household(cells, name, tuple(people)))


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
        country=country_code(cells.get("country", "")),
        district=place(cells.get("district", "")),
        village=place(cells.get("village", "")),
        head=_head(cells),
        phones=phones(cells.get("phone", "")),
        card=card_as_compared(cells.get("card", "")),
        latitude=number(cells.get("latitude", "")),
        longitude=number(cells.get("longitude", "")),
        accuracy_m=number(cells.get("accuracy", "")),
        members=tuple(each for each in members if each.name or each.birth),
    )


class Reading:
    """Records as they come, each under an id of its own."""

    def __init__(self) -> None:
        self._records: dict[str, HouseholdRecord] = {}
        self._findings: list[Finding] = []
        self._bad: set[str] = set()

    def add(self, line: int, record: HouseholdRecord) -> str:
        """The id it has now: its own, or another where that came before."""
        name = record.record_id
        while name in self._records:
            name = f"{name} (line {line})"
        if name != record.record_id:
            self.find(line, f"The id {record.record_id} came before; this row is called {name}.")
        self._records[name] = replace(record, record_id=name)
        return name

    def lose(self, line: int, words: str) -> None:
        self.find(line, words)
        self._bad.add(self.add(line, HouseholdRecord(f"line {line}")))

    def find(self, line: int, words: str) -> None:
        self._findings.append(Finding(line, words))

    def done(self, path: Path) -> HouseholdList:
        if not self._records:
            raise ListError("list_empty", Said("{name} holds no record.", name=path.name))
        if len(self._bad) == len(self._records):
            words = Said("No line of {name} can be read as a record.", name=path.name)
            raise ListError("list_unreadable", words)
        return HouseholdList(
            tuple(self._records.values()), tuple(self._findings), frozenset(self._bad)
        )
