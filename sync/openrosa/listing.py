"""What a caller may fetch: the entries of the form list and of a form's manifest, with addresses.

One statement each, however many forms there are: every tablet asks for all of them every quarter
of an hour (openrosa.md L12).
"""

import re
from collections.abc import Iterator
from itertools import starmap
from typing import Any, NamedTuple
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from backend.problems import Problem
from backend.statements import run_prepared
from surveys.entities.publish import STAMPS, Edition, entity_list_token, scope
from surveys.rounds.close import LISTED_AFTER_CLOSE
from sync.auth import Caller
from sync.openrosa.documents import ListedFile, ListedForm

# The current version of each form that is not retired, and whose round is not long closed. A tablet
# with assignments sees those of its rounds and those of no round; people see all.
FORMS = """
FROM xforms_form AS form JOIN xforms_formversion AS version ON version.id = form.current_id
LEFT JOIN rounds_round AS round ON round.id = form.round_id
WHERE form.retired_at IS NULL
    AND coalesce(round.closes_on >= %(closed_before)s, TRUE)
    AND (%(device_id)s::bigint IS NULL OR form.round_id IS NULL
         OR NOT EXISTS (SELECT FROM sync_assignment WHERE device_id = %(device_id)s)
         OR EXISTS (SELECT FROM sync_assignment AS assigned WHERE assigned.device_id = %(device_id)s
                    AND assigned.round_id = form.round_id))
"""
OFFERED = f"""
WITH stamps (id, name, stamp) AS MATERIALIZED ({STAMPS})
SELECT form.id, form.form_id, form.title, version.id, version.version, version.md5,
    ARRAY(SELECT ARRAY[name, md5] FROM xforms_formmedia WHERE form_id = form.id ORDER BY name),
    ARRAY(SELECT jsonb_array_elements_text(version.entity_lists)),
    ARRAY(SELECT ARRAY[coalesce(stamps.id, 0)::text, coalesce(stamps.stamp, ''),
                       (SELECT max(id) FROM xforms_formversion)::text]
          FROM jsonb_array_elements_text(version.entity_lists)
              WITH ORDINALITY AS chosen (name, position)
          LEFT JOIN stamps ON stamps.name = chosen.name
          ORDER BY chosen.position)
{FORMS}
    AND (%(pk)s::bigint IS NULL OR form.id = %(pk)s)
    AND (%(form_id)s::text IS NULL OR form.form_id = %(form_id)s)
ORDER BY form.form_id
"""  # noqa: S608 our own text, and no value
CHOOSES = f"SELECT EXISTS (SELECT {FORMS} AND version.entity_lists ? %(name)s)"


class Offered(NamedTuple):
    """A form the caller may fetch; `media` are names and MD5s."""

    pk: int
    form_id: str
    title: str
    version_pk: int
    version: str
    md5: str
    media: list[tuple[str, str]]
    entity_lists: list[str]
    editions: list[tuple[str, str, str]]  # of those lists, in the same order


def base_url(request: HttpRequest, base: str) -> str:
    """The address all our links begin with: as configured, or as the request reached us (L11)."""
    origin = settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"
    path = re.sub("/+", "/", f"/{base}/").rstrip("/")
    return origin + quote(path, safe="/:@!$&'()*+,;=~-._")


def listed_forms(caller: Caller, url: str, *, form_id: str | None = None) -> list[ListedForm]:
    """The current version of each form the caller works with, or the one asked for (L7, L9)."""
    if form_id is not None:
        form_id = form_id.replace("\0", "�")  # no text column takes NUL
    return [
        ListedForm(
            form_id=form.form_id,
            name=form.title,
            version=form.version,
            md5=form.md5,
            download_url=f"{url}/xforms/{form.version_pk}.xml",
            manifest_url=(
                f"{url}/xforms/{form.pk}/manifest" if form.media or form.entity_lists else ""
            ),
        )
        for form in _offered(caller, form_id=form_id)
    ]


def listed_files(caller: Caller, url: str, *, form_pk: int) -> list[ListedFile]:
    """The files of a form, and the entity lists it chooses from, as they are now (F5, E2).

    Raises Problem("not_found").
    """
    for form in _offered(caller, pk=form_pk):
        return [*_plain_files(form, url), *_entity_lists(form, url)]
    raise Problem("not_found")


def demand_entity_list(caller: Caller, name: str) -> None:
    """Raises Problem("not_found"): an empty CSV for a list that is none would delete data (E4)."""
    ((chosen,),) = run_prepared(CHOOSES, {"name": name.replace("\0", "�"), **_who(caller)})
    if not chosen:
        raise Problem("not_found")


def _offered(
    caller: Caller, *, pk: int | None = None, form_id: str | None = None
) -> Iterator[Offered]:
    values = {"pk": pk, "form_id": form_id, **_who(caller), **scope(caller.places)}
    return starmap(Offered, run_prepared(OFFERED, values))


def _who(caller: Caller) -> dict[str, Any]:
    return {
        "device_id": caller.device_id,
        "closed_before": timezone.localdate() - LISTED_AFTER_CLOSE,
    }


def _plain_files(form: Offered, url: str) -> Iterator[ListedFile]:
    for name, md5 in form.media:
        address = f"{url}/xforms/{form.pk}/media/{quote(name, safe='')}"
        yield ListedFile(name, f"md5:{md5}", address)


def _entity_lists(form: Offered, url: str) -> Iterator[ListedFile]:
    """In a form a plain file wins over an entity list of the same name (F7)."""
    taken = {name.casefold() for name, _ in form.media}
    for name, edition in zip(form.entity_lists, form.editions, strict=True):
        if f"{name}.csv".casefold() not in taken:
            address = f"{url}/entity-lists/{quote(name, safe='')}"
            yield ListedFile(
                filename=f"{name}.csv",
                hash=f"md5:{_token(name, edition)}",
                download_url=f"{address}.csv",
                integrity_url=f"{address}/integrity",
            )


def _token(name: str, edition: tuple[str, str, str]) -> str:
    pk, stamp, newest_version = edition
    return entity_list_token(name, edition=Edition(int(pk), stamp, int(newest_version)))
