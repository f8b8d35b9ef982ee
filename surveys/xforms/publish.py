"""publish_form: a workbook becomes a form version that tablets can fetch, or nothing changes."""

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.problems import Problem
from surveys.rounds.models import Round
from surveys.xforms.document import XFormError
from surveys.xforms.findings import Finding, WorkbookError, XlsformError
from surveys.xforms.models import Form, FormVersion
from surveys.xforms.schema import Schema, read_schema, schema_to_json
from surveys.xforms.xlsform import Converted, xlsform_to_xform


@dataclass(frozen=True, slots=True)
class Published:
    """`created` is False when exactly this was published before."""

    version: FormVersion
    created: bool


def publish_form(*, content: bytes, by: User | None = None, round_code: str = "") -> Published:
    """Publishes a workbook; the same bytes again give the version they already made.

    Raises `Problem`: workbook_unreadable, workbook_too_large, xlsform_invalid (with findings),
    version_exists, round_unknown.
    """
    converted, schema = convert_workbook(content)
    round_ = _find_round(round_code)
    with transaction.atomic():
        Form.objects.get_or_create(form_id=schema.form_id, defaults={"title": schema.title})
        form = Form.objects.select_for_update().get(form_id=schema.form_id)
        if round_ is not None and form.round_id != round_.pk:
            form.round = round_
            form.save(update_fields=["round"])
        existing = form.versions.filter(version=schema.version).first()
        if existing is not None:
            _demand_same(existing, content, converted, schema)
            return Published(existing, created=False)
        version = _create_version(form, content, converted, schema, by)
    return Published(version, created=True)


def convert_workbook(content: bytes) -> tuple[Converted, Schema]:
    """Converts and reads a workbook without writing anything. Raises as `publish_form` does."""
    try:
        converted = xlsform_to_xform(content)
        return converted, read_schema(converted.xform, privacy=converted.privacy)
    except WorkbookError as error:
        raise Problem(error.code, **error.details) from error
    except XlsformError as error:
        raise _invalid(error.findings) from error
    except XFormError as error:
        raise _invalid([Finding(str(error), sheet="settings")]) from error


def _invalid(findings: list[Finding]) -> Problem:
    return Problem(
        "xlsform_invalid", count=len(findings), findings=[asdict(finding) for finding in findings]
    )


def _find_round(code: str) -> Round | None:
    if not code:
        return None
    found = Round.objects.filter(code=code).first()
    if found is None:
        raise Problem("round_unknown", place=code)
    return found


def _demand_same(
    existing: FormVersion, content: bytes, converted: Converted, schema: Schema
) -> None:
    """Published bytes are frozen (openrosa.md L6): other content needs another version."""
    same_workbook = bytes(existing.xlsform) == content
    same_form = bytes(existing.xform) == converted.xform
    if not same_workbook and not (same_form and existing.schema == schema):
        raise Problem("version_exists", form_id=schema.form_id, version=schema.version)


def _create_version(
    form: Form, content: bytes, converted: Converted, schema: Schema, by: User | None
) -> FormVersion:
    version = form.versions.create(
        version=schema.version,
        title=schema.title,
        xlsform=content,
        xform=converted.xform,
        md5=hashlib.md5(converted.xform, usedforsecurity=False).hexdigest(),
        schema_json=schema_to_json(schema),
        warnings=[asdict(warning) for warning in converted.warnings],
        published_by=by,
    )
    form.current, form.title, form.retired_at = version, schema.title, None
    form.save(update_fields=["current", "title", "retired_at"])
    details: dict[str, Any] = {"form_id": form.form_id, "version": schema.version}
    log_event("form.published", by=by, target=version, **details)
    return version


def retire_form(*, form: Form, by: User | None = None) -> None:
    """Takes a form off the tablets' list; what was filled in is still accepted (S9)."""
    with transaction.atomic():
        form.retired_at = timezone.now()
        form.save(update_fields=["retired_at"])
        log_event("form.retired", by=by, target=form, form_id=form.form_id)
