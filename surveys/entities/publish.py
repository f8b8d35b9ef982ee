"""Entity lists as tablets download them: a CSV, and a token that changes exactly when it does.

An incomplete CSV would delete rows on tablets (openrosa.md E4), so an error here must reach the
tablet as an error, never as a shorter list. A tablet is given the households of its places; one
without places, all.
"""

import csv
import hashlib
import io
from collections.abc import Iterable
from functools import lru_cache
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q

from backend.statements import run_prepared
from surveys.entities.shelf import Shelf
from surveys.places.models import Place
from surveys.rounds.models import Communities
from surveys.xforms.models import FormVersion, schema_of_version
from surveys.xforms.saved import saved_properties

EVERYWHERE = Communities(frozenset())
SHELF = Shelf(most_bytes=16 * 1024 * 1024)  # of each process
REMEMBERED_SECONDS = 30

# All that the CSV of each list depends on: the newest revision of every place that is seen. These
# are few rows, so nobody reads the entities to learn that nothing has changed.
STAMPS = """
SELECT list.id, list.name, (
    SELECT coalesce(sum(hashint8extended(seen.revision, coalesce(seen.place_id, 0))), 0)::text
    FROM entities_listplace AS seen WHERE seen.entity_list_id = list.id
        AND (%(everywhere)s OR seen.place_id = ANY(%(places)s)))
FROM entities_entitylist AS list
"""
EDITION = f"""
WITH stamps (id, name, stamp) AS ({STAMPS})
SELECT coalesce(stamps.id, 0), coalesce(stamps.stamp, ''), coalesce(newest.id, 0)
FROM (SELECT max(id) AS id FROM xforms_formversion) AS newest
LEFT JOIN stamps ON stamps.name = %(name)s
"""  # noqa: S608 our own text, and no value
ROWS = """
SELECT id::text, label, version::text{columns} FROM entities_entity
WHERE entity_list_id = %(list)s AND deleted_at IS NULL AND redirect_to_id IS NULL
    AND (%(everywhere)s OR place_id = ANY(%(places)s))
ORDER BY created_at, id
"""
STATES = """
SELECT entity.id::text, entity.deleted_at IS NOT NULL OR entity.redirect_to_id IS NOT NULL
    OR NOT (%(everywhere)s OR coalesce(entity.place_id = ANY(%(places)s), FALSE))
FROM entities_entity AS entity JOIN entities_entitylist AS list ON list.id = entity.entity_list_id
WHERE list.name = %(name)s AND entity.id = ANY(%(ids)s)
ORDER BY 1
"""


class Edition(NamedTuple):
    """All that a list's CSV depends on, for one tablet; blank while nothing was saved to it."""

    pk: int
    stamp: str
    newest_version: int  # of all forms: versions are only ever added


def scope(places: Communities) -> dict[str, Any]:
    """What the statements above take: everywhere, or the keys of the places and of all below.

    Which those are is asked once in half a minute: enough to see that nothing has changed.
    """
    if not places.paths:
        return {"everywhere": True, "places": []}
    keys = _remembered(places.paths, int(monotonic() / REMEMBERED_SECONDS))
    return {"everywhere": False, "places": keys}


def _fresh_scope(places: Communities) -> dict[str, Any]:
    """The same as it is now: a row left out for half a minute would be deleted on a tablet (E4)."""
    return {"everywhere": not places.paths, "places": _places_below(places.paths)}


def entity_csv(name: str, places: Communities = EVERYWHERE) -> bytes:
    """The list as RFC 4180 in UTF-8: `name,label,__version` and the properties (E3)."""
    edition = _edition(name, places)
    token = entity_list_token(name, places, edition)
    return SHELF.get(token) or SHELF.put(token, _csv(name, places, edition))


def entity_list_token(
    name: str, places: Communities = EVERYWHERE, edition: Edition | None = None
) -> str:
    """32 hex digits that change exactly when a row or column does that these places see (E2).

    A manifest reads the edition along with its own rows and hands it in.
    """
    edition = edition or _edition(name, places)
    properties = list_columns(name, edition.newest_version)
    columns = "\n".join((name, str(edition.pk), edition.stamp, *properties))
    return hashlib.sha256(columns.encode()).hexdigest()[:32]


def entity_states(
    name: str, ids: Iterable[str], places: Communities = EVERYWHERE
) -> dict[str, bool]:
    """Of each of these entities that we ever had: is it gone from the places' list (E5)?

    Deleted, merged into another, or moved elsewhere. What is no UUID is none.
    """
    wanted = [UUID(each) for each in {each.strip().lower() for each in ids} if _is_uuid(each)]
    return dict(run_prepared(STATES, {"name": name, "ids": wanted, **_fresh_scope(places)}))


def list_properties(name: str) -> tuple[str, ...]:
    """The columns of a list: what any published form saves to it, creating forms first.

    The forms that only update count too, for they look their columns up before there is a value.
    """
    return list_columns(name, _edition(name, EVERYWHERE).newest_version)


@lru_cache(maxsize=64)
def list_columns(name: str, newest: int) -> tuple[str, ...]:
    """Published versions are only ever added, so the newest key stands for them all."""
    keys = FormVersion.objects.filter(pk__lte=newest).order_by("form_id", "pk")
    schemas = [schema_of_version(pk) for pk in keys.values_list("pk", flat=True)]
    makers = [s for s in schemas if any(e.list_name == name and e.creates for e in s.entities)]
    return tuple(
        dict.fromkeys(p for s in [*makers, *schemas] for p in saved_properties(s).get(name, ()))
    )


def forget_places() -> None:
    """Makes this process ask for the tree again; others do within half a minute."""
    _remembered.cache_clear()


def _edition(name: str, places: Communities) -> Edition:
    return Edition(*run_prepared(EDITION, {"name": name, **scope(places)})[0])


def _csv(name: str, places: Communities, edition: Edition) -> bytes:
    """Ten thousand rows in a tenth of a second: no model is made, and no JSON read."""
    properties = list_columns(name, edition.newest_version)
    named = {f"p{n}": each for n, each in enumerate(properties)}
    columns = "".join(f", data->>%({key})s::text" for key in named)
    rows = run_prepared(
        ROWS.format(columns=columns), {"list": edition.pk, **named, **_fresh_scope(places)}
    )
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("name", "label", "__version", *properties))
    writer.writerows(rows)
    return text.getvalue().encode()


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=512)
def _remembered(paths: frozenset[str], _half_minute: int) -> list[int]:
    return _places_below(paths)


def _places_below(paths: Iterable[str]) -> list[int]:
    below = Q(pk__in=())
    for path in paths:
        below |= Q(path=path) | Q(path__startswith=path + "/")
    return list(Place.objects.filter(below).order_by("pk").values_list("pk", flat=True))
