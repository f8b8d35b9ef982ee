"""claim_of: what a record says about its household, from its card number and its entity block."""

import uuid
from collections.abc import Mapping, Sequence
from functools import lru_cache

from surveys.cleaning.checks import submitted_at
from surveys.cleaning.clean import CleanRecord, Reading
from surveys.entities.block import EntityAction
from surveys.households.identity import (
    Known,
    Questions,
    household_record,
    normalize_card_number,
    questions_of,
)
from surveys.households.link import Claim
from surveys.linkage.record import HouseholdRecord
from surveys.xforms.models import schema_of_version

HOUSEHOLDS = "households"  # the entity list of the units we follow


def claim_of(
    record: CleanRecord, asks: Sequence[EntityAction], rounds: Mapping[int, str]
) -> Claim | None:
    """None for a record of no household: a refusal, an encrypted or deleted one, another subject.

    A registration is a filled form that makes an entity in `households`; or, of a form that uses no
    entities at all, one that has a card number. `asks`: what its head says in its entity block;
    `rounds`: form → code of its round.
    """
    reading, schema = record.reading, record.reading.schema
    if record.lineage.deleted or reading.root is None:
        return None
    actions = [a for a in asks if a.list_name == HOUSEHOLDS]
    card = _card(reading)
    makes = any(e.creates and e.list_name == HOUSEHOLDS for e in schema.entities)
    registers = makes or not (schema.entities or schema.entity_lists)
    entity_id = next((a.id for a in actions if a.id), None) or _chosen(reading)
    named = card or any(a.creates and a.id for a in actions)
    if not (named if registers else card or entity_id):
        return None
    return Claim(
        record_id=record.lineage.record_id,
        form_id=schema.form_id,
        registers=registers,
        card=card,
        entity_id=entity_id,
        place_id=record.place.pk if record.place else None,
        arrived_at=record.lineage.editions[0].received_at,
        told=_told(record, card, rounds.get(record.lineage.head.form_id, "")),
    )


def _told(record: CleanRecord, card: str, round_: str) -> HouseholdRecord | None:
    """What linkage compares; None where the form has no version, or asks nothing of that."""
    reading, head = record.reading, record.lineage.head
    if reading.version_pk is None:
        return None
    at = submitted_at(reading.answers) or head.received_at
    known = Known(
        record_id=str(record.lineage.record_id),
        card=card,
        round=round_,
        device=str(head.device_id or ""),
        submitted_at=at.isoformat(),
        place_path=record.place.path.split("/") if record.place else (),
    )
    return household_record(_questions(reading.version_pk), reading.answers, known)


@lru_cache(maxsize=256)
def _questions(version_pk: int) -> Questions:
    return questions_of(schema_of_version(version_pk))


def _card(reading: Reading) -> str:
    verbatim = reading.answers.root.verbatim
    keys = [f.key for f in reading.schema.fields if f.role == "household_key" and not f.repeat]
    cards = (normalize_card_number(verbatim.get(key, "")) for key in keys)
    return next((card[:60] for card in cards if card), "")


def _chosen(reading: Reading) -> uuid.UUID | None:
    """The household picked from the list, where the form has no entity block of its own."""
    for each in reading.schema.fields:
        if each.choices_file == f"{HOUSEHOLDS}.csv" and not each.repeat:
            try:
                return uuid.UUID(reading.answers.root.verbatim.get(each.key, "").strip())
            except ValueError:
                continue
    return None
