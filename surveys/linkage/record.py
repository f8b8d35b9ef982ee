"""The values that are compared: one household as one submission (or one row of a list) gives it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """One person as typed. `sex` is "M", "F" or ""; `birth` a date, a month, a year or ""."""

    name: str = ""
    relation: str = ""
    sex: str = ""
    birth: str = ""


@dataclass(frozen=True, slots=True)
class HouseholdRecord:
    """One household as typed; what is not known is "" or None.

    `district` and `village` are codes, only compared for equality; `card` is normalised; `members`
    is the whole roster, the head usually among them.
    """

    record_id: str
    round: str = ""
    submitted_at: str = ""
    enumerator: str = ""
    device: str = ""
    country: str = ""
    district: str = ""
    village: str = ""
    head: PersonRecord = PersonRecord(relation="head")
    phones: tuple[str, ...] = ()
    card: str = ""
    latitude: float | None = None
    longitude: float | None = None
    accuracy_m: float | None = None
    members: tuple[PersonRecord, ...] = ()
