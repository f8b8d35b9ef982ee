"""Projects, forms and submissions as ODK Central lists them, for clients written for Central.

A project is a survey; forms of no survey stand in project 1. A submission's `instanceId` is the
record's permanent id, the `__id` of the feed; the instanceID of its newest edition stands in
`currentVersion`.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Min, Q, QuerySet

from backend.accounts.models import User
from backend.problems import Problem
from surveys.cleaning.models import CleanRow
from surveys.datasets.columns import MEDIA_TYPES, Dataset
from surveys.datasets.odata.feed import row_id_of
from surveys.datasets.odata.model import clean_name
from surveys.datasets.odata.render import REVIEW_STATES
from surveys.datasets.tables import (
    dataset_of_form,
    find_form,
    published_forms,
    read_columns,
    shape_of,
    visible_rows,
)
from surveys.privacy.access import known_to, recipient_of
from surveys.rounds.models import Survey
from surveys.submissions.models import Attachment
from surveys.xforms.models import Form, FormQuerySet, FormVersion

NO_SURVEY = 1
FIELD_TYPES = {"integer": "int", "select_one": "select1", "select_multiple": "select"} | (
    dict.fromkeys(MEDIA_TYPES, "binary")
)


def user_json(user: User) -> dict[str, Any]:
    return {
        "id": user.pk,
        "type": "user",
        "displayName": user.get_full_name() or user.username,
        "email": user.email or user.username,
        "createdAt": user.date_joined,
        "updatedAt": None,
        "deletedAt": None,
        "verbs": [],
    }


def projects(user: User) -> list[dict[str, Any]]:
    """Every survey with a published form that the user's token opens."""
    surveys = _opened(user).order_by().values_list("round__survey")
    begun: dict[int, datetime] = {}
    for survey, at in surveys.annotate(at=Min("created_at")):
        pk = survey or NO_SURVEY
        begun[pk] = min(at, begun.get(pk, at))
    names = dict(Survey.objects.values_list("pk", "name"))
    return [_project(pk, names, at) for pk, at in sorted(begun.items())]


def project(user: User, pk: int) -> dict[str, Any]:
    """Raises `Problem("not_found")`."""
    found = next((each for each in projects(user) if each["id"] == pk), None)
    if found is None:
        raise Problem("not_found")
    return found


def _project(pk: int, names: dict[int, str], created_at: datetime) -> dict[str, Any]:
    return {
        "id": pk,
        "name": names.get(pk, "Forms of no survey"),
        "description": None,
        "archived": None,
        "keyId": None,
        "createdAt": created_at,
        "updatedAt": None,
        "deletedAt": None,
        "verbs": [],
    }


def forms_of(user: User, project_id: int) -> FormQuerySet:
    """The published forms of a project, retired ones too: they still have their records."""
    return _opened(user).filter(_inside(project_id)).with_current()


def _inside(project_id: int) -> Q:
    inside = Q(round__survey=project_id)
    return inside | Q(round=None) if project_id == NO_SURVEY else inside


def _opened(user: User) -> FormQuerySet:
    """A token may be for some forms only."""
    forms = published_forms()
    scope = user.token.form_ids if user.token is not None else []
    return forms.filter(form_id__in=scope) if scope else forms


def form_of(project_id: int, form_id: str) -> Form:
    """Raises `Problem("not_found")`."""
    return find_form(form_id, _inside(project_id))


def edition_of(form: Form) -> FormVersion:
    """The current version, or the last one of a form that has none any more."""
    return form.current or FormVersion.objects.filter(form=form).latest("published_at", "pk")


def form_json(form: Form, project_id: int) -> dict[str, Any]:
    edition = edition_of(form)
    return {
        "projectId": project_id,
        "xmlFormId": form.form_id,
        "name": form.title,
        "version": edition.version,
        "hash": edition.md5,
        "state": "closed" if form.retired_at else "open",
        "keyId": None,
        "enketoId": None,
        "enketoOnceId": None,
        "createdAt": form.created_at,
        "updatedAt": edition.published_at,
        "publishedAt": edition.published_at,
    }


def fields_json(dataset: Dataset, *, clean: bool) -> list[dict[str, Any]]:
    """The form's fields, groups and repeats, outer before inner, as ruODK reads them."""
    found: dict[str, dict[str, Any]] = {}
    for table in dataset.tables:
        if table.path:
            _add_field(found, table.path, "repeat", clean)
        for column in table.columns:
            kind = column.field.type
            _add_field(found, column.field.path, FIELD_TYPES.get(kind, kind), clean)
    return list(found.values())


def _add_field(found: dict[str, dict[str, Any]], path: str, kind: str, clean: bool) -> None:
    above, _, name = path.rpartition("/")
    if above and above not in found:
        _add_field(found, above, "structure", clean)
    parts = [clean_name(part) for part in path.split("/")] if clean else path.split("/")
    found[path] = {
        "path": "/" + "/".join(parts),
        "name": parts[-1] if clean else name,
        "type": "string" if kind.startswith("select") else kind,
        "binary": True if kind == "binary" else None,
        "selectMultiple": True if kind == "select" else None,
    }


def submissions(form: Form, user: User) -> list[dict[str, Any]]:
    """Every record the user may see, newest first."""
    rows = _rows(form, user).order_by("-received_at", "-pk")
    return [_submission(row, recipient_of(user)) for row in _columns(rows)]


def submission(form: Form, user: User, key: str) -> dict[str, Any]:
    """One of them. Raises `Problem("not_found")`."""
    return _submission(find_row(form, user, key), recipient_of(user))


def find_row(form: Form, user: User, key: str) -> dict[str, Any]:
    """Raises `Problem("not_found")`."""
    row: dict[str, Any] | None = _columns(
        _rows(form, user).filter(pk=row_id_of(form, key, recipient_of(user)))
    ).first()
    if row is None:
        raise Problem("not_found")
    return row


def _rows(form: Form, user: User) -> QuerySet[CleanRow]:
    return visible_rows(form, dataset_of_form(form).root, user)


def _columns(rows: QuerySet[CleanRow]) -> QuerySet[CleanRow, Any]:
    return rows.values(
        "id",
        "instance_id",
        "received_at",
        "updated_at",
        "version",
        "submission_id",
        "submission__device_id",
        "submission__review_state",
    )


def _submission(row: dict[str, Any], recipient: str) -> dict[str, Any]:
    """`submitterId` is the tablet's number in the register, 0 where none is known.

    A recipient outside knows the record by an id of its own, and nothing of its tablet.
    """
    sender = 0 if recipient else row["submission__device_id"] or 0
    return {
        "instanceId": known_to(recipient, row["id"]),
        "instanceName": None,
        "submitterId": sender,
        "deviceId": None,
        "userAgent": None,
        "reviewState": REVIEW_STATES.get(row["submission__review_state"]),
        "createdAt": row["received_at"],
        "updatedAt": row["updated_at"],
        "currentVersion": {
            "instanceId": None if recipient else row["instance_id"],
            "current": True,
            "createdAt": row["updated_at"],
            "submitterId": sender,
            "formVersion": row["version"],
        },
    }


def attachments(form: Form, user: User, key: str) -> list[dict[str, Any]]:
    """The files that the record's answers name, as far as they may be seen, and if each is here."""
    root = find_row(form, user, key)
    names = dict.fromkeys(_file_names(form, user, root["id"]))
    here = set(
        Attachment.objects.filter(submission=root["submission_id"], alternate=0).values_list(
            "name", flat=True
        )
    )
    return [{"name": name, "exists": name in here} for name in names]


def _file_names(form: Form, user: User, record_id: Any) -> Iterable[str]:
    dataset = dataset_of_form(form)
    for table in dataset.tables:
        media = [c.name for c in table.columns if c.field.type in MEDIA_TYPES]
        if media:
            shape = shape_of(dataset, table, user)
            rows = visible_rows(form, table, user).filter(record_id=record_id)
            for record in map(shape.record, read_columns(rows)):
                yield from (str(record[name]) for name in media if record[name])
