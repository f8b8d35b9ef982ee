"""Entity lists as tablets download them: a CSV, and a token that changes exactly when it does.

An incomplete CSV would delete rows on tablets (openrosa.md E4), so an error here must reach the
tablet as an error, never as a shorter list.
"""

import csv
import hashlib
import io
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from backend.statements import run_prepared
from surveys.entities.block import saved_answers
from surveys.entities.models import Entity
from surveys.xforms.models import FormVersion, schema_of_version
from surveys.xforms.schema import Schema


class Edition(NamedTuple):
    """All that a list's CSV depends on; zeros while nothing was ever saved to it."""

    pk: int
    revision: int
    newest_version: int  # of all forms: versions are only ever added


EDITION = """
SELECT coalesce(list.id, 0), coalesce(list.revision, 0), coalesce(newest.id, 0)
FROM (SELECT max(id) AS id FROM xforms_formversion) AS newest
LEFT JOIN entities_entitylist AS list ON list.name = %(name)s
"""


def entity_csv(name: str) -> bytes:
    """The list as RFC 4180 in UTF-8: `name,label,__version` and the properties (E3)."""
    edition = _edition(name)
    return _csv(edition.pk, edition.revision, _properties(name, edition.newest_version))


def entity_list_token(name: str, edition: Edition | None = None) -> str:
    """32 hex digits that change exactly when a row or column of the CSV does (E2).

    A manifest reads the edition along with its own rows and hands it in.
    """
    edition = edition or _edition(name)
    properties = _properties(name, edition.newest_version)
    columns = "\n".join((name, str(edition.pk), str(edition.revision), *properties))
    return hashlib.sha256(columns.encode()).hexdigest()[:32]


def known_entities(name: str, ids: Iterable[str]) -> list[str]:
    """Those of the ids that are on the list; what is no UUID is none."""
    wanted = {each.strip().lower() for each in ids}
    found = Entity.objects.filter(entity_list__name=name, pk__in=filter(_is_uuid, wanted))
    return sorted(str(pk) for pk in found.values_list("pk", flat=True))


def list_properties(name: str) -> tuple[str, ...]:
    """The columns of a list: what any published form saves to it, creating forms first.

    The forms that only update count too, for they look their columns up before there is a value.
    """
    return _properties(name, _edition(name).newest_version)


@lru_cache(maxsize=64)
def _properties(name: str, newest: int) -> tuple[str, ...]:
    """Published versions are only ever added, so the newest key stands for them all."""
    keys = FormVersion.objects.filter(pk__lte=newest).order_by("form_id", "pk")
    schemas = [schema_of_version(pk) for pk in keys.values_list("pk", flat=True)]
    makers = [s for s in schemas if any(e.list_name == name and e.creates for e in s.entities)]
    return tuple(dict.fromkeys(p for s in [*makers, *schemas] for p in _saved_to(name, s)))


def _saved_to(name: str, schema: Schema) -> Iterable[str]:
    saved = saved_answers(schema)
    for each in schema.entities:
        if each.list_name == name:
            yield from saved[each.path.removesuffix("meta/entity").rstrip("/")].values()


def _edition(name: str) -> Edition:
    return Edition(*run_prepared(EDITION, {"name": name})[0])


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=16)
def _csv(list_pk: int, revision: int, properties: tuple[str, ...]) -> bytes:
    """Kept by revision: every tablet of a round fetches the same bytes."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("name", "label", "__version", *properties))
    rows = Entity.objects.filter(entity_list_id=list_pk).order_by("created_at", "pk")
    for pk, label, version, data in rows.values_list("pk", "label", "version", "data").iterator():
        writer.writerow((pk, label, version, *(data.get(each, "") for each in properties)))
    return text.getvalue().encode()
