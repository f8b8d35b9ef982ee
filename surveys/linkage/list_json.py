"""read_json_lines: submissions as they are exported, one a line → household records, none lost."""

import json
from pathlib import Path
from typing import Any

from surveys.linkage.list_records import HouseholdList, Reading
from surveys.linkage.list_words import card_as_compared, number, phones
from surveys.linkage.record import HouseholdRecord, PersonRecord

Said = dict[str, Any]


def is_json_lines(path: Path) -> bool:
    """By its ending: there is no telling JSON lines from a list of one column."""
    return path.suffix.lower() in (".jsonl", ".ndjson", ".json")


def read_json_lines(path: Path) -> HouseholdList:
    """One submission a line: record_id, head_name, phone, lat, lon, members and so on.

    Raises ListError: list_empty, list_unreadable.
    """
    read = Reading()
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        for line, text in enumerate(lines, start=1):
            if text.strip():
                _read_line(read, line, text)
    return read.done(path)


def _read_line(read: Reading, line: int, text: str) -> None:
    try:
        stored = json.loads(text)
    except (ValueError, RecursionError) as error:
        read.lose(line, f"This is no record: {error}.")
        return
    if not isinstance(stored, dict):
        read.lose(line, "This is no record: it has no names and values.")
        return
    listed = stored.get("members") or []
    members = listed if isinstance(listed, list) else [listed]
    people = [member for member in members if isinstance(member, dict)]
    if len(people) < len(members):
        read.find(line, "Members without names and values are left out.")
    read.add(line, _record(stored, people, f"line {line}"))


def _record(stored: Said, people: list[Said], name: str) -> HouseholdRecord:
    said = _texts(stored)
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
        phones=phones(said.get("phone", "")),
        card=card_as_compared(said.get("card_no") or said.get("card", "")),
        latitude=number(said.get("lat", "")),
        longitude=number(said.get("lon", "")),
        accuracy_m=number(said.get("gps_accuracy_m", "")),
        members=tuple(map(_person, people)),
    )


def _person(stored: Said) -> PersonRecord:
    said = _texts(stored)
    return PersonRecord(*(said.get(key, "") for key in ("name", "relation", "sex", "birth")))


def _texts(stored: Said) -> dict[str, str]:
    return {key: "" if value is None else str(value) for key, value in stored.items()}
