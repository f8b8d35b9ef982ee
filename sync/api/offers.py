"""What a tablet may see, and the forms it works with, as a pull tells them (sync.md 4)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson

from backend.statements import run_prepared
from surveys.entities.feed import Sight
from sync.api.cursor import HASH_BYTES
from sync.auth import Caller

# The oldest transaction still at work and the next to come; the rounds and places of the tablet
# ('/' and '0' are neighbours: all paths below one); which database this is, and which of its lives.
HORIZON = """
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
    ARRAY(SELECT round_id FROM sync_assignment WHERE device_id = %(device_id)s ORDER BY round_id),
    ARRAY(SELECT DISTINCT place.id FROM unnest(%(paths)s::text[]) AS above
          JOIN places_place AS place ON place.path = above
              OR (place.path ~>=~ (above || '/') AND place.path ~<~ (above || '0'))),
    (SELECT concat_ws('/', system_identifier, timeline_id, oid)
     FROM pg_control_system(), pg_control_checkpoint(), pg_database
     WHERE datname = current_database())
"""

# The current version of every form of the tablet's rounds and of none, the retired ones too.
FORMS = """
SELECT form.id, form.form_id, form.title, version.id, version.version, version.md5,
    form.retired_at IS NULL AND version.retired_at IS NULL
        AND coalesce(round.opens_on <= %(today)s, true)
        AND coalesce(round.closes_on >= %(today)s, true),
    ARRAY(SELECT jsonb_build_array(name, md5, octet_length(content)) FROM xforms_formmedia
          WHERE form_id = form.id ORDER BY name),
    ARRAY(SELECT jsonb_array_elements_text(version.entity_lists))
FROM xforms_form AS form JOIN xforms_formversion AS version ON version.id = form.current_id
LEFT JOIN rounds_round AS round ON round.id = form.round_id
WHERE form.round_id IS NULL OR %(rounds)s::bigint[] IS NULL OR form.round_id = ANY(%(rounds)s)
ORDER BY form.form_id
"""
LISTS = """
SELECT id, name, revision FROM entities_entitylist WHERE name = ANY(%(names)s) ORDER BY name
"""


@dataclass(frozen=True, slots=True)
class Horizon:
    """How far this reader sees: what the tablet may see, and which transactions are over.

    Transactions before `settled` are over; `next_change` is the first that has not begun.
    """

    settled: int
    next_change: int
    sight: Sight
    scope: bytes  # a hash of what the tablet may see, and where


class FormOffer(NamedTuple):
    """A form of the tablet; `media` are name, MD5 and size in bytes."""

    pk: int
    form_id: str
    title: str
    version_pk: int
    version: str
    md5: str
    is_open: bool
    media: list[tuple[str, str, int]]
    entity_lists: list[str]


class ListOffer(NamedTuple):
    """An entity list that one of the tablet's forms chooses from."""

    pk: int
    name: str
    revision: int


def read_horizon(caller: Caller) -> Horizon:
    """Read before anything else of a pull, so that what comes meanwhile is told next time."""
    paths = sorted(caller.places.paths)
    values = {"device_id": caller.device_id, "paths": paths}
    ((settled, next_change, rounds, places, database),) = run_prepared(HORIZON, values)
    sight = Sight(places if paths else None, rounds or None)
    return Horizon(settled, next_change, sight, short_hash([database, paths, rounds]))


def offered_forms(sight: Sight, today: date) -> list[FormOffer]:
    rows = run_prepared(FORMS, {"rounds": sight.rounds, "today": today})
    offers = (FormOffer(*row) for row in rows)
    return [o._replace(media=[tuple(orjson.loads(str(f))) for f in o.media]) for o in offers]


def offered_lists(forms: Sequence[FormOffer]) -> list[ListOffer]:
    """In a form a plain file wins over an entity list of the same name (openrosa.md F7)."""
    names = {
        name
        for form in forms
        for name in form.entity_lists
        if f"{name}.csv".casefold() not in {file[0].casefold() for file in form.media}
    }
    return [ListOffer(*row) for row in run_prepared(LISTS, {"names": sorted(names)})]


def form_json(form: FormOffer) -> dict[str, Any]:
    """`closed`: no new records; what is sent all the same is accepted."""
    return {
        "form_id": form.form_id,
        "version": form.version,
        "title": form.title,
        "hash": f"md5:{form.md5}",
        "url": f"/openrosa/xforms/{form.version_pk}.xml",
        "media": [
            {
                "name": name,
                "hash": f"md5:{md5}",
                "size": size,
                "url": f"/openrosa/xforms/{form.pk}/media/{quote(name, safe='')}",
            }
            for name, md5, size in form.media
        ],
        "state": "open" if form.is_open else "closed",
    }


def short_hash(value: Any) -> bytes:
    return hashlib.sha256(orjson.dumps(value)).digest()[:HASH_BYTES]
