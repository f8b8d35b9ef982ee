"""keep_draft, attach_to_draft, publish_kept, drop_draft: a workbook on its way to tablets."""

from collections.abc import Iterable
from dataclasses import asdict

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.accounts.tokens import new_token
from backend.audit.log import log_event
from backend.problems import Problem
from surveys.publishing.models import DraftFile, FormDraft
from surveys.xforms import media_checks
from surveys.xforms.assign import assign_form, find_round
from surveys.xforms.document import ITEMSETS
from surveys.xforms.drafting import Draft, compare_with_published, draft_form
from surveys.xforms.excerpt import excerpts
from surveys.xforms.media import checked_media, md5_of
from surveys.xforms.models import FormVersion
from surveys.xforms.publish import publish_draft
from surveys.xforms.schema import schema_to_json
from surveys.xforms.translations import untranslated
from surveys.xforms.xlsform import read_sheets

MOST_KEPT = 1000  # missing translations that are listed


def keep_draft(*, content: bytes, by: User | None = None, file_name: str = "") -> FormDraft:
    """Keeps a workbook that could be published; tablets of the programme see nothing of it.

    Exactly the same workbook again gives the draft it already is. Raises as `draft_form` does.
    """
    drafted = draft_form(content=content)
    schema = drafted.schema
    with transaction.atomic():
        same = FormDraft.objects.open().filter(form_id=schema.form_id, version=schema.version)
        for kept in same:
            if bytes(kept.xlsform) == content:
                return kept
        sheets = read_sheets(content)
        missing = untranslated(sheets) if sheets else []
        draft = FormDraft.objects.create(
            form_id=schema.form_id,
            version=schema.version,
            title=schema.title,
            file_name=file_name[:255],
            xlsform=content,
            xform=drafted.xform,
            md5=md5_of(drafted.xform),
            schema_json=schema_to_json(schema),
            excerpts=[each.as_json() for each in excerpts(sheets, drafted.warnings)],
            untranslated=[asdict(each) for each in missing[:MOST_KEPT]],
            token=new_token(),
            created_by=by,
        )
        if drafted.itemsets:
            _put_file(draft, ITEMSETS, drafted.itemsets)
        log_event("draft.kept", by=by, target=draft, form_id=draft.form_id, version=draft.version)
    return draft


def attach_to_draft(
    *, draft: FormDraft, name: str, content: bytes, by: User | None = None
) -> DraftFile:
    """Adds a file that the form will need, or replaces the one of that name.

    Raises `Problem`: draft_closed, media_name_invalid, media_unreadable.
    """
    name, content = checked_media(name, content)
    with transaction.atomic():
        locked = _locked_open(draft.pk)
        file = _put_file(locked, name, content)
        log_event("draft.file_attached", by=by, target=locked, form_id=locked.form_id)
    return file


def compared(draft: FormDraft) -> Draft:
    """The draft as it stands to what is published now. Raises as `compare_with_published` does."""
    names = draft.files.values_list("name", flat=True)
    return compare_with_published(draft.as_draft(), have=names)


def publish_kept(
    *,
    draft: FormDraft,
    looked_at: int | None,
    breaks_confirmed: bool = False,
    round_code: str | None = None,
    renamed: Iterable[tuple[str, str]] = (),
    by: User | None = None,
) -> FormVersion:
    """Publishes exactly what was tried, once whoever does it has seen what it changes.

    `looked_at` is the version the draft was compared with on their page, None where the form is
    new. `round_code` is that of the form's round, empty for none, None to leave it. The same again
    gives the version it became. Raises `Problem`: draft_closed, comparison_changed,
    breaks_unconfirmed, and as `publish_form` does.
    """
    renames, round_ = tuple(renamed), find_round(round_code or "")
    with transaction.atomic():
        locked = FormDraft.objects.select_for_update().get(pk=draft.pk)
        if locked.published is not None:
            return locked.published
        _demand_open(locked)
        files = {file.name: bytes(file.content) for file in locked.files.all()}
        itemsets = files.pop(ITEMSETS, b"")
        now = compare_with_published(locked.as_draft(itemsets), renames, files)
        _demand_seen(now, looked_at, breaks_confirmed)
        done = publish_draft(
            draft=locked.as_draft(itemsets),
            by=by,
            renamed=renames,
            files=files,
        )
        if round_code is not None:
            assign_form(form=done.version.form, round_=round_, by=by)
        locked.published, locked.closed_at = done.version, timezone.now()
        locked.save(update_fields=["published", "closed_at"])
    draft.published, draft.closed_at = locked.published, locked.closed_at
    return done.version


@transaction.atomic
def drop_draft(*, draft: FormDraft, by: User | None = None) -> None:
    """Closes a draft that will not be published; it and its test records stay to be looked at.

    Raises `Problem("draft_closed")` for one that was published. Safe to run twice.
    """
    locked = FormDraft.objects.select_for_update().get(pk=draft.pk)
    if locked.published_id is not None:
        _demand_open(locked)
    if locked.closed_at is None:
        locked.closed_at = timezone.now()
        locked.save(update_fields=["closed_at"])
        log_event("draft.dropped", by=by, target=locked, form_id=locked.form_id)
    draft.closed_at = locked.closed_at


def _demand_seen(now: Draft, looked_at: int | None, breaks_confirmed: bool) -> None:
    if (now.current.pk if now.current else None) != looked_at:
        raise Problem("comparison_changed", form_id=now.schema.form_id)
    if now.breaks and not breaks_confirmed:
        raise Problem("breaks_unconfirmed", count=now.breaks)


def _locked_open(pk: int) -> FormDraft:
    locked = FormDraft.objects.light().select_for_update(of=("self",)).get(pk=pk)
    _demand_open(locked)
    return locked


def _demand_open(draft: FormDraft) -> None:
    if not draft.is_open:
        raise Problem("draft_closed", form_id=draft.form_id, version=draft.version)


def _put_file(draft: FormDraft, name: str, content: bytes) -> DraftFile:
    draft.files.filter(name__iexact=name).exclude(name=name).delete()
    file, _ = DraftFile.objects.update_or_create(
        draft=draft,
        name=name,
        defaults={
            "content": content,
            "content_type": media_checks.content_type(name),
            "md5": md5_of(content),
        },
    )
    return file
