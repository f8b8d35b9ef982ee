"""save_query, drop_query: a question asked of a form's records, under a link that stays."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.origin import origin_of
from backend.pagination import column_key, page_of, page_size_of
from backend.problems import Problem
from backend.said import Said
from surveys.datasets.build import request_export
from surveys.datasets.layers import CORRECTED
from surveys.datasets.models import Export, SavedQuery
from surveys.datasets.records import (
    CONTROLS,
    Asked,
    check_order,
    is_yes,
    reading_of,
    records_page,
    rows_asked_for,
    shape_for,
)
from surveys.datasets.tables import dataset_of_form, find_form, find_table
from surveys.privacy.access import dataset_reader

# What is said anew each time: where one is in the list, since when, and why one looks at persons.
NOT_KEPT = frozenset({"cursor", "page_size", "updated_since", "deleted", "unmask", "format"})
SHOWN = ("id", "name", "repeat", "query", "shared", "made_at")


def save_query(
    *,
    name: str,
    form_id: str,
    by: User,
    repeat: str = "",
    query: Mapping[str, str] | None = None,
    shared: bool = False,
) -> SavedQuery:
    """Keeps a query that could be asked now; `shared` lets others of the programme ask it too.

    They get what their own rights give. Raises `Problem` as the records API does, and
    `value_invalid` for words that are said anew each time.
    """
    words = {key: str(value) for key, value in (query or {}).items()}
    for word in NOT_KEPT & words.keys():
        raise Problem("value_invalid", field=word, reason=Said("is not kept; say it when you ask"))
    asked = _asked(by, form_id, repeat)
    _check(asked, words)
    saved = SavedQuery.objects.create(
        name=name, form=asked.form, repeat=repeat, query=words, shared=shared, owner=by
    )
    log_event("query.saved", by=by, target=saved, form_id=form_id, shared=shared)
    return saved


def drop_query(saved: SavedQuery, *, by: User) -> None:
    """Ends its link. Raises `Problem("not_allowed")` for somebody else's."""
    if saved.owner_id != by.pk and not by.has_role(User.Role.ADMIN):
        raise Problem("not_allowed")
    log_event("query.dropped", by=by, target=saved)
    saved.delete()


def visible_queries(user: User) -> QuerySet[SavedQuery]:
    """One's own, and what others of the programme share; a partner's are its own only."""
    mine = Q(owner=user) if user.is_partner else Q(owner=user) | Q(shared=True)
    if user.token is not None and user.token.form_ids:
        mine &= Q(form__form_id__in=user.token.form_ids)
    return SavedQuery.objects.filter(mine).select_related("form", "owner")


def find_query(user: User, query_id: UUID) -> SavedQuery:
    """Raises `Problem("not_found")`, also for somebody's own."""
    saved = visible_queries(user).filter(pk=query_id).first()
    if saved is None:
        raise Problem("not_found")
    return saved


def queries_page(user: User, request: HttpRequest) -> dict[str, Any]:
    page = page_of(
        visible_queries(user),
        [column_key("made_at", "made_at", descending=True), column_key("id", "id")],
        lambda ids: (
            {"id": saved.pk, "saved": saved} for saved in visible_queries(user).filter(pk__in=ids)
        ),
        request=request,
        list_name="queries",
        size=page_size_of(request),
    )
    results = [query_json(row["saved"], request) for row in page.rows]
    return {"next": page.next, "previous": page.previous, "results": results}


def query_json(saved: SavedQuery, request: HttpRequest) -> dict[str, Any]:
    shown = {name: getattr(saved, name) for name in SHOWN}
    link = origin_of(request) + reverse("query-records", args=[saved.pk])
    return {**shown, "form_id": saved.form.form_id, "owner": saved.owner.username, "records": link}


def saved_records(user: User, saved: SavedQuery, request: HttpRequest) -> dict[str, Any]:
    """A page of what the query finds now; `updated_since` and the like come with the request.

    Raises `Problem` as the records API does, and `field_unknown` for a word the query has not left
    open.
    """
    for word in set(request.GET) - NOT_KEPT - {"count"}:
        raise Problem("field_unknown", field=word)
    whole = request.GET.copy()
    if not is_yes(whole, "deleted"):  # what is gone fits no filter
        for word, value in saved.query.items():
            whole[word] = value
    request.GET = whole  # type: ignore[assignment]
    asked = _asked(user, saved.form.form_id, saved.repeat)
    return records_page(asked, request, as_json=True)


def export_query(
    saved: SavedQuery, *, by: User, updated_since: str = "", language: str = "", **words: Any
) -> Export:
    """Puts a file of what the query finds now, or of what changed of it, in the queue.

    Raises `Problem` as `request_export` does, and `value_invalid` for what no file is: rows of one
    repeat, chosen columns.
    """
    query = saved.query
    for name, value in (("repeat", saved.repeat), ("fields", query.get("fields"))):
        if value:
            reason = Said("a file holds whole records; save a query without it")
            raise Problem("value_invalid", field=name, reason=reason)
    filters = {name: value for name, value in query.items() if name not in CONTROLS}
    if updated_since:
        filters["updated_since"] = updated_since
    if not language and "labels" in query:
        language, words["labels"] = query["labels"], True
    return request_export(
        form_id=saved.form.form_id,
        by=by,
        layer=query.get("layer", CORRECTED),
        filter=filters,
        language=language,
        **words,
    )


def _asked(user: User, form_id: str, repeat: str) -> Asked:
    dataset_reader(user, form_id)
    form = find_form(form_id)
    dataset = dataset_of_form(form)
    return Asked(form, dataset, find_table(dataset, repeat), user)


def _check(asked: Asked, words: Mapping[str, str]) -> None:
    """Asks without reading, so that a query is refused when it is saved, not when it is needed."""
    query = QueryDict(mutable=True)
    query.update(words)
    shape = shape_for(asked, query)
    rows_asked_for(asked, shape, query)
    reading_of(shape, query)
    check_order(asked.table, query, shape)
