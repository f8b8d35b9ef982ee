"""One number on several households. Pure. Who is who, linkage decides (`docs/linkage.md`); here is
told what it keeps apart, or was never sure of, although they share what should be their own.

Findings hold how many and which records; never the number.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from surveys.quality.facts import REGISTRATION, Finding, Record
from surveys.quality.grouping import by_key, homes, others


@dataclass(frozen=True, slots=True)
class Households:
    """How many households share it, at least."""

    households: float = 2


@dataclass(frozen=True, slots=True)
class Phones:
    """Neighbours lend their phones: how many households share one, at least."""

    households: float = 3


def card_repeated(records: Sequence[Record], limits: Households) -> Iterator[Finding]:
    """A programme card is one family's: the duplicate survey id of other programmes."""
    yield from _shared(records, "card_no", lambda r: _digits(r, "card_no"), limits.households)


def phone_repeated(records: Sequence[Record], limits: Phones) -> Iterator[Finding]:
    yield from _shared(records, "phone", lambda r: _digits(r, "phone"), limits.households)


def document_repeated(records: Sequence[Record], limits: Households) -> Iterator[Finding]:
    """The end of the document's number with the year and sex of its holder, in one district."""

    def holder(record: Record) -> object | None:
        number, year = record.code("id_last4"), record.number("head_birth_year")
        if not number or year is None or record.code("id_doc") != "passport":
            return None
        return number, year, record.code("head_sex"), record.code("district") or record.place

    yield from _shared(records, "id_last4", holder, limits.households)


def _shared(
    records: Sequence[Record],
    question: str,
    key: Callable[[Record], object | None],
    least: float,
) -> Iterator[Finding]:
    told = [record for record in records if record.form == REGISTRATION]
    for group in by_key(told, key).values():
        count = len(homes(group))
        if count >= least:
            for record in group:
                bounds = {"others": others(record, group)}
                yield Finding(record.id, question, measure={"households": count}, bounds=bounds)


def _digits(record: Record, name: str) -> str | None:
    """As it is compared: letters and digits only, in upper case."""
    return "".join(filter(str.isalnum, record.code(name).upper())) or None
