"""What a caller may fetch: the entries of the form list and of a form's manifest, with addresses.

One query each, however many forms there are: every tablet asks every 15 minutes (L12).
"""

import re
from urllib.parse import quote

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest

from backend.problems import Problem
from surveys.entities.publish import entity_list_token
from surveys.xforms.models import Form, FormMedia, FormQuerySet
from sync.auth import Caller
from sync.models import Assignment
from sync.openrosa.documents import ListedFile, ListedForm


def base_url(request: HttpRequest, base: str) -> str:
    """The address all our links begin with: as configured, or as the request reached us (L11)."""
    origin = settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"
    path = re.sub("/+", "/", f"/{base}/").rstrip("/")
    return origin + quote(path, safe="/:@!$&'()*+,;=~-._")


def listed_forms(caller: Caller, url: str, *, form_id: str | None = None) -> list[ListedForm]:
    """The current version of each form the caller works with, or the one asked for (L7, L9)."""
    forms = _forms(caller).order_by("form_id")
    if form_id is not None:
        forms = forms.filter(form_id=form_id.replace("\0", "�"))  # no text column takes NUL
    rows = forms.values_list(
        "pk",
        "form_id",
        "title",
        "current__pk",
        "current__version",
        "current__md5",
        "current__schema_json__entity_lists",
        Exists(FormMedia.objects.filter(form=OuterRef("pk"))),
    )
    return [
        ListedForm(
            form_id=name,
            name=title,
            version=version,
            md5=md5,
            download_url=f"{url}/xforms/{version_pk}.xml",
            manifest_url=f"{url}/xforms/{pk}/manifest" if media or lists else "",
        )
        for pk, name, title, version_pk, version, md5, lists, media in rows
    ]


def listed_files(caller: Caller, url: str, *, form_pk: int) -> list[ListedFile]:
    """The files of a form, and the entity lists it chooses from, as they are now (F5, E2)."""
    forms = _forms(caller).filter(pk=form_pk).order_by("media__name")
    rows = list(
        forms.values_list("current__schema_json__entity_lists", "media__name", "media__md5")
    )
    if not rows:
        raise Problem("not_found")
    files = [
        ListedFile(name, f"md5:{md5}", f"{url}/xforms/{form_pk}/media/{quote(name, safe='')}")
        for _, name, md5 in rows
        if name
    ]
    # In a form a plain file wins over an entity list of the same name (F7).
    taken = {file.filename.casefold() for file in files}
    return files + [
        _listed_entities(name, url) for name in rows[0][0] if f"{name}.csv".casefold() not in taken
    ]


def demand_entity_list(caller: Caller, name: str) -> None:
    """Raises Problem("not_found"): an empty CSV for a list that is none would delete data (E4)."""
    chosen = Q(current__schema_json__entity_lists__contains=[name])
    if not _forms(caller).filter(chosen).exists():
        raise Problem("not_found")


def _listed_entities(name: str, url: str) -> ListedFile:
    address = f"{url}/entity-lists/{quote(name, safe='')}"
    return ListedFile(
        filename=f"{name}.csv",
        hash=f"md5:{entity_list_token(name)}",
        download_url=f"{address}.csv",
        integrity_url=f"{address}/integrity",
    )


def _forms(caller: Caller) -> FormQuerySet:
    return Form.objects.listed().filter(_meant_for(caller))


def _meant_for(caller: Caller) -> Q:
    """A tablet with assignments sees the forms of its rounds and those of no round."""
    if caller.device_id is None:
        return Q()
    assigned = Assignment.objects.filter(device=caller.device_id)
    return Q(round=None) | ~Exists(assigned) | Exists(assigned.filter(round=OuterRef("round")))
