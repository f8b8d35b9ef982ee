"""publish_form: a workbook becomes a form version that tablets can fetch, or nothing changes."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace

from django.db import transaction

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.problems import Problem
from surveys.rounds.models import Round
from surveys.xforms import media_checks
from surveys.xforms.compare import Change, compare_schemas
from surveys.xforms.document import ITEMSETS, XFormError
from surveys.xforms.findings import Finding, WorkbookError, XlsformError, shorten
from surveys.xforms.kept_keys import (
    Rename,
    RenameError,
    check_renames,
    keep_keys,
    likely_renames,
)
from surveys.xforms.models import Form, FormMedia, FormVersion, schema_of_version
from surveys.xforms.saved import saved_properties
from surveys.xforms.schema import Schema, read_schema, schema_to_json
from surveys.xforms.xlsform import xlsform_to_xform


@dataclass(frozen=True, slots=True)
class Published:
    """`created` is False when exactly this was published before."""

    version: FormVersion
    created: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """A workbook that could be published, compared with the edition tablets have now."""

    workbook: bytes
    xform: bytes
    schema: Schema
    warnings: tuple[Finding, ...]
    changes: tuple[Change, ...]
    itemsets: bytes  # of the external choices, else empty
    existing: FormVersion | None = None  # set when exactly this is published already
    likely_renames: tuple[Rename, ...] = ()  # to be confirmed by whoever publishes
    renamed: dict[str, str] = field(default_factory=dict)  # confirmed: new path → old path


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
    round_ = _find_round(round_code)
    renames = tuple(renamed)
    draft = draft_form(content=content)
    with transaction.atomic():
        form_id, title = draft.schema.form_id, draft.schema.title
        Form.objects.get_or_create(form_id=form_id, defaults={"title": title})
        form = Form.objects.select_for_update().get(form_id=form_id)
        if round_ is not None and form.round_id != round_.pk:
            form.round = round_
            form.save(update_fields=["round"])
        draft = _compare_with_published(draft, renames)  # under the lock
        if draft.existing is not None:
            return Published(draft.existing, created=False)
        return Published(_create_version(form, draft, by), created=True)


def draft_form(*, content: bytes) -> Draft:
    """What publishing would do, without doing it. Raises as `publish_form` does."""
    try:
        converted = xlsform_to_xform(content)
        schema = read_schema(converted.xform, privacy=converted.privacy, missing=converted.missing)
    except WorkbookError as error:
        raise Problem(error.code, **error.details) from error
    except XlsformError as error:
        raise _invalid(error.findings) from error
    except XFormError as error:
        raise _invalid([Finding(str(error), sheet="settings")]) from error
    clashes = [*_clashing_lists(schema), *_clashing_properties(schema)]
    if clashes:
        raise _invalid(clashes)
    warnings = (*missing_files(schema), *shorten(converted.warnings))
    draft = Draft(content, converted.xform, schema, warnings, (), converted.itemsets)
    return _compare_with_published(draft)


def _invalid(findings: list[Finding]) -> Problem:
    shown = [asdict(finding) for finding in shorten(findings)]
    return Problem("xlsform_invalid", count=len(findings), findings=shown)


def _find_round(code: str) -> Round | None:
    found = Round.objects.filter(code=code).first()
    if code and found is None:
        raise Problem("round_unknown", round=code)
    return found


def missing_files(schema: Schema) -> list[Finding]:
    """Files and lists the form refers to and that nobody can download yet."""
    attached = FormMedia.objects.filter(form__form_id=schema.form_id)
    have = {name.lower() for name in attached.values_list("name", flat=True)}
    lists = known_entity_lists() | {entity.list_name for entity in schema.entities}
    have.add(ITEMSETS)  # made from the workbook
    files = [name for name in schema.media if name.lower() not in have]
    files += [f"{n}.csv" for n in schema.entity_lists if n not in lists and f"{n}.csv" not in have]
    return [
        Finding(f"The form needs the file “{name}”; attach it before tablets fetch the form.")
        for name in files
    ]


def known_entity_lists() -> set[str]:
    """Names of the entity lists that any published form writes to."""
    schemas = FormVersion.objects.values_list("schema_json__entities", flat=True)
    return {entity["list_name"] for entities in schemas for entity in entities}


def _clashing_lists(schema: Schema) -> Iterator[Finding]:
    """Tablets keep a list as a file and a table, whose names are one whatever their case."""
    known = {name.casefold(): name for name in known_entity_lists()}
    for name in saved_properties(schema):
        if (other := known.get(name.casefold(), name)) != name:
            words = f"A published form calls the list “{name}” “{other}”; write it so here too."
            yield Finding(words, "entities", column="list_name")


def _clashing_properties(schema: Schema) -> Iterator[Finding]:
    """A property once published is a column of its list for ever."""
    saved = saved_properties(schema)
    known: dict[tuple[str, str], str] = {}
    for pk in FormVersion.objects.values_list("pk", flat=True) if saved else ():
        for name, properties in saved_properties(schema_of_version(pk)).items():
            known |= {(name, each.casefold()): each for each in properties}
    for name, properties in saved.items():
        for each in properties:
            if (other := known.get((name, each.casefold()), each)) != each:
                words = f"A published form calls the property “{each}” of “{name}” “{other}”."
                yield Finding(words, "survey", column="save_to")


def _compare_with_published(draft: Draft, renames: Iterable[tuple[str, str]] = ()) -> Draft:
    """Published bytes are frozen (openrosa.md L6): other content needs another version."""
    form = Form.objects.filter(form_id=draft.schema.form_id).select_related("current").first()
    if form is None:
        return draft
    draft = _with_kept_keys(form, draft, renames)
    schema = draft.schema
    existing = form.versions.filter(version=schema.version).first()
    if existing is not None and not _is_same(existing, draft):
        raise Problem("version_exists", form_id=schema.form_id, version=schema.version)
    if form.current is None:
        return replace(draft, existing=existing)
    before = form.current.schema
    changes = compare_schemas(before, schema, draft.renamed)
    likely = () if existing else tuple(likely_renames(before, schema))
    return replace(draft, changes=tuple(changes), existing=existing, likely_renames=likely)


def _with_kept_keys(form: Form, draft: Draft, renames: Iterable[tuple[str, str]]) -> Draft:
    """The draft with the keys, and so the columns, that its questions have had so far."""
    earlier = [schema_of_version(pk) for pk in form.versions.values_list("pk", flat=True)]
    asked = list(renames)
    if asked and form.current is None:
        raise Problem("rename_invalid", old=asked[0][0], new=asked[0][1], reason="the form is new")
    try:
        before = form.current.schema if form.current else draft.schema
        renamed = check_renames(before, draft.schema, asked)
    except RenameError as error:
        raise Problem(
            "rename_invalid", old=error.old, new=error.new, reason=error.reason
        ) from error
    return replace(draft, schema=keep_keys(draft.schema, earlier, renamed), renamed=renamed)


def _is_same(existing: FormVersion, draft: Draft) -> bool:
    """The same workbook, or one saved anew that makes the same form."""
    if bytes(existing.xlsform) == draft.workbook:
        return True
    return bytes(existing.xform) == draft.xform and existing.schema == draft.schema


def _create_version(form: Form, draft: Draft, by: User | None) -> FormVersion:
    schema = draft.schema
    version = form.versions.create(
        version=schema.version,
        title=schema.title,
        xlsform=draft.workbook,
        xform=draft.xform,
        md5=_md5(draft.xform),
        schema_json=schema_to_json(schema),
        warnings=[asdict(warning) for warning in draft.warnings],
        changes=[asdict(change) for change in draft.changes],
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
        breaks=sum(change.breaks for change in draft.changes),
    )
    return version


def attach_media(*, form: Form, name: str, content: bytes, by: User | None = None) -> FormMedia:
    """Adds a file to a form's manifest, or replaces the one of that name.

    The same bytes keep hash and address (openrosa.md F8). Raises `Problem`: media_name_invalid,
    media_unreadable.
    """
    name = media_checks.clean_name(name)
    content = media_checks.clean_content(name, content)
    reason = media_checks.name_problem(name) or _name_taken(form, name)
    if reason:
        raise Problem("media_name_invalid", name=name, reason=reason)
    reason = media_checks.content_problem(name, content)
    if reason:
        raise Problem("media_unreadable", name=name, reason=reason)
    with transaction.atomic():
        media, created = FormMedia.objects.update_or_create(
            form=form,
            name=name,
            defaults={
                "content": content,
                "content_type": media_checks.content_type(name),
                "md5": _md5(content),
            },
        )
        log_event("form.media_attached", by=by, target=media, form_id=form.form_id, new=created)
    return media


def _name_taken(form: Form, name: str) -> str:
    """Names are unique without regard to case; a plain file must not hide an entity list (F7)."""
    if name.removesuffix(".csv") in known_entity_lists():
        return "an entity list of that name is served already."
    other = form.media.filter(name__iexact=name).exclude(name=name).first()
    return f"the form has a file “{other.name}” already." if other else ""


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
