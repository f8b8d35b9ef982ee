"""attach_media: a file that tablets fetch with a form; and which files a form still lacks."""

import hashlib
from collections.abc import Iterable

from django.db import transaction

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.problems import Problem
from backend.said import Said
from surveys.xforms import media_checks
from surveys.xforms.document import ITEMSETS
from surveys.xforms.findings import Finding
from surveys.xforms.models import Form, FormMedia, FormVersion
from surveys.xforms.schema import Schema


def missing_files(schema: Schema, have: Iterable[str] = ()) -> list[Finding]:
    """Files and lists the form refers to and that nobody can download yet.

    `have` are names of files that will be attached when the form is published.
    """
    attached = FormMedia.objects.filter(form__form_id=schema.form_id)
    known = {name.lower() for name in (*have, *attached.values_list("name", flat=True))}
    lists = known_entity_lists() | {entity.list_name for entity in schema.entities}
    known.add(ITEMSETS)  # made from the workbook
    files = [name for name in schema.media if name.lower() not in known]
    csv = ((name, f"{name}.csv") for name in schema.entity_lists)
    files += [file for name, file in csv if name not in lists and file.lower() not in known]
    return [Finding(_needs(name)) for name in files]


def _needs(name: str) -> Said:
    return Said(
        "The form needs the file “{name}”; attach it before tablets fetch the form.", name=name
    )


def known_entity_lists() -> set[str]:
    """Names of the entity lists that any published form writes to."""
    schemas = FormVersion.objects.values_list("schema_json__entities", flat=True)
    return {entity["list_name"] for entities in schemas for entity in entities}


def attach_media(*, form: Form, name: str, content: bytes, by: User | None = None) -> FormMedia:
    """Adds a file to a form's manifest, or replaces the one of that name.

    The same bytes keep hash and address (openrosa.md F8). Raises `Problem`: media_name_invalid,
    media_unreadable.
    """
    name, content = checked_media(name, content)
    reason = _name_taken(form, name)
    if reason:
        raise Problem("media_name_invalid", name=name, reason=reason)
    with transaction.atomic():
        media, created = FormMedia.objects.update_or_create(
            form=form,
            name=name,
            defaults={
                "content": content,
                "content_type": media_checks.content_type(name),
                "md5": md5_of(content),
            },
        )
        log_event("form.media_attached", by=by, target=media, form_id=form.form_id, new=created)
    return media


def checked_media(name: str, content: bytes) -> tuple[str, bytes]:
    """Name and bytes as tablets get them.

    Raises `Problem`: media_name_invalid, media_unreadable.
    """
    name = media_checks.clean_name(name)
    content = media_checks.clean_content(name, content)
    reason = media_checks.name_problem(name) or _is_entity_list(name)
    if reason:
        raise Problem("media_name_invalid", name=name, reason=reason)
    reason = media_checks.content_problem(name, content)
    if reason:
        raise Problem("media_unreadable", name=name, reason=reason)
    return name, content


def _is_entity_list(name: str) -> Said | None:
    """A plain file must not hide an entity list (F7)."""
    taken = name.removesuffix(".csv") in known_entity_lists()
    return Said("an entity list of that name is served already.") if taken else None


def _name_taken(form: Form, name: str) -> Said | None:
    """Names are unique without regard to case."""
    other = form.media.filter(name__iexact=name).exclude(name=name).first()
    return Said("the form has a file “{name}” already.", name=other.name) if other else None


def md5_of(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
