"""draft_form: what publishing a workbook would do, without doing it."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace

from backend.problems import Problem
from backend.said import Said
from surveys.xforms.compare import Change, compare_schemas
from surveys.xforms.document import XFormError
from surveys.xforms.findings import Finding, WorkbookError, XlsformError, shorten
from surveys.xforms.kept_keys import (
    Rename,
    RenameError,
    check_renames,
    keep_keys,
    likely_renames,
)
from surveys.xforms.media import known_entity_lists, missing_files
from surveys.xforms.models import Form, FormVersion, schema_of_version
from surveys.xforms.saved import saved_properties
from surveys.xforms.schema import Schema, read_schema
from surveys.xforms.xlsform import xlsform_to_xform


@dataclass(frozen=True, slots=True)
class Draft:
    """A workbook that could be published, compared with the edition tablets have now."""

    workbook: bytes
    xform: bytes
    schema: Schema
    warnings: tuple[Finding, ...]
    changes: tuple[Change, ...] = ()
    itemsets: bytes = b""  # of the external choices, else empty
    missing: tuple[Finding, ...] = ()  # files that nobody attached yet
    existing: FormVersion | None = None  # set when exactly this is published already
    current: FormVersion | None = None  # what it was compared with
    likely_renames: tuple[Rename, ...] = ()  # to be confirmed by whoever publishes
    renamed: dict[str, str] = field(default_factory=dict)  # confirmed: new path → old path

    @property
    def breaks(self) -> int:
        """How many changes keep old answers from being compared with new ones."""
        return sum(change.breaks for change in self.changes)


def draft_form(*, content: bytes) -> Draft:
    """Converts a workbook and compares it with what is published.

    Raises `Problem`: workbook_unreadable, workbook_too_large, xlsform_invalid (with findings),
    version_exists.
    """
    try:
        converted = xlsform_to_xform(content)
        schema = read_schema(converted.xform, privacy=converted.privacy, missing=converted.missing)
    except WorkbookError as error:
        raise Problem(error.code, **error.details) from error
    except XlsformError as error:
        raise _invalid(error.findings) from error
    except XFormError as error:
        raise _invalid([Finding(error.words, sheet="settings")]) from error
    warnings = tuple(shorten(converted.warnings))
    draft = Draft(content, converted.xform, schema, warnings, itemsets=converted.itemsets)
    return compare_with_published(draft)


def compare_with_published(
    draft: Draft, renames: Iterable[tuple[str, str]] = (), have: Iterable[str] = ()
) -> Draft:
    """The draft as it stands to what is published now.

    Published bytes are frozen (openrosa.md L6): other content needs another version. `have` are
    names of files that come with the draft. Raises `Problem`: version_exists, rename_invalid,
    xlsform_invalid.
    """
    clashes = [*_clashing_lists(draft.schema), *_clashing_properties(draft.schema)]
    if clashes:
        raise _invalid(clashes)
    draft = replace(draft, missing=tuple(missing_files(draft.schema, have)))
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
    return replace(
        draft,
        current=form.current,
        changes=tuple(compare_schemas(before, schema, draft.renamed)),
        existing=existing,
        likely_renames=() if existing else tuple(likely_renames(before, schema)),
    )


def _invalid(findings: list[Finding]) -> Problem:
    shown = [asdict(finding) for finding in shorten(findings)]
    return Problem("xlsform_invalid", count=len(findings), findings=shown)


def _clashing_lists(schema: Schema) -> Iterator[Finding]:
    """Tablets keep a list as a file and a table, whose names are one whatever their case."""
    known = {name.casefold(): name for name in known_entity_lists()}
    for name in saved_properties(schema):
        if (other := known.get(name.casefold(), name)) != name:
            words = Said(
                "A published form calls the list “{name}” “{other}”; write it so here too.",
                name=name,
                other=other,
            )
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
                words = Said(
                    "A published form calls the property “{property}” of “{name}” “{other}”.",
                    property=each,
                    name=name,
                    other=other,
                )
                yield Finding(words, "survey", column="save_to")


def _with_kept_keys(form: Form, draft: Draft, renames: Iterable[tuple[str, str]]) -> Draft:
    """The draft with the keys, and so the columns, that its questions have had so far."""
    earlier = [schema_of_version(pk) for pk in form.versions.values_list("pk", flat=True)]
    asked = list(renames)
    if asked and form.current is None:
        old, new = asked[0]
        raise Problem("rename_invalid", old=old, new=new, reason=Said("the form is new"))
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
