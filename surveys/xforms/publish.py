"""publish_form: a workbook becomes a form version that tablets can fetch, or nothing changes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction

from backend.accounts.models import User
from backend.audit.log import log_event
from surveys.xforms.assign import assign_form, find_round
from surveys.xforms.document import ITEMSETS
from surveys.xforms.drafting import Draft, compare_with_published, draft_form
from surveys.xforms.media import attach_media, md5_of
from surveys.xforms.models import Form, FormVersion
from surveys.xforms.schema import schema_to_json


@dataclass(frozen=True, slots=True)
class Published:
    """`created` is False when exactly this was published before."""

    version: FormVersion
    created: bool


def publish_form(
    *,
    content: bytes,
    by: User | None = None,
    round_code: str = "",
    renamed: Iterable[tuple[str, str]] = (),
) -> Published:
    """Publishes a workbook; the same workbook again gives the version it already made.

    `renamed` holds (old, new) names or paths of questions that are the same under another name;
    each keeps its column. Raises `Problem`: workbook_unreadable, workbook_too_large,
    xlsform_invalid (with findings), version_exists, round_unknown, rename_invalid.
    """
    find_round(round_code)
    return publish_draft(
        draft=draft_form(content=content), by=by, round_code=round_code, renamed=renamed
    )


@transaction.atomic
def publish_draft(
    *,
    draft: Draft,
    by: User | None = None,
    round_code: str = "",
    renamed: Iterable[tuple[str, str]] = (),
    files: Mapping[str, bytes] | None = None,
) -> Published:
    """Publishes what was drafted, with its files, compared anew under the form's lock.

    Raises as `publish_form` does, and what `attach_media` raises.
    """
    round_, renames = find_round(round_code), tuple(renamed)
    form_id, title = draft.schema.form_id, draft.schema.title
    Form.objects.get_or_create(form_id=form_id, defaults={"title": title})
    form = Form.objects.select_for_update().get(form_id=form_id)
    draft = compare_with_published(draft, renames, files or ())
    if round_ is not None:
        assign_form(form=form, round_=round_, by=by)
    for name, content in (files or {}).items():
        attach_media(form=form, name=name, content=content, by=by)
    if draft.existing is not None:
        return Published(draft.existing, created=False)
    return Published(_create_version(form, draft, by), created=True)


def _create_version(form: Form, draft: Draft, by: User | None) -> FormVersion:
    schema = draft.schema
    version = form.versions.create(
        version=schema.version,
        title=schema.title,
        xlsform=draft.workbook,
        xform=draft.xform,
        md5=md5_of(draft.xform),
        schema_json=schema_to_json(schema),
        warnings=[each.as_json() for each in (*draft.missing, *draft.warnings)],
        changes=[each.as_json() for each in draft.changes],
        renamed=draft.renamed,
        published_by=by,
    )
    if draft.itemsets:
        attach_media(form=form, name=ITEMSETS, content=draft.itemsets, by=by)
    form.current, form.title, form.retired_at = version, schema.title, None
    form.save(update_fields=["current", "title", "retired_at"])
    log_event(
        "form.published",
        by=by,
        target=version,
        form_id=form.form_id,
        version=version.version,
        breaks=draft.breaks,
    )
    return version
