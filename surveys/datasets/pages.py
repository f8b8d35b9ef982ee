"""The pages of an analyst: a form's newest records, and exports to ask for and fetch."""

from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backend.accounts.models import User
from backend.accounts.permissions import logged_in, may_unmask
from backend.problems import Problem
from surveys.datasets.build import request_export, stop_export
from surveys.datasets.columns import Column, Dataset
from surveys.datasets.downloads import own_export, own_exports
from surveys.datasets.export_files import KINDS
from surveys.datasets.records import Asked, records_page
from surveys.datasets.saved import drop_query, find_query, save_query, visible_queries
from surveys.datasets.tables import Row, all_datasets, dataset_of_form, find_form, words_of
from surveys.datasets.views import ring_exports_bell
from surveys.places.models import Place
from surveys.places.naming import names_of
from surveys.privacy.access import dataset_reader, masked_keys, may_read_form

COLUMNS_SHOWN = 12
RECORDS_A_PAGE = "50"
EXPORTS_SHOWN = 30
QUERIES_SHOWN = 100


@require_GET
@login_required
def records(request: HttpRequest, form_id: str) -> HttpResponse:
    """A form's records, newest first; takes the same filters as the API's address for them."""
    user = dataset_reader(logged_in(request), form_id)
    form = find_form(form_id)
    dataset = dataset_of_form(form)
    columns, masked = _columns_for(user, dataset)
    query = request.GET.copy()
    query.setdefault("ordering", "-received_at")
    query.setdefault("page_size", RECORDS_A_PAGE)
    if dataset.languages:
        query.setdefault("labels", dataset.language(get_language() or "-") or dataset.languages[0])
    query["fields"] = ",".join(["received_at", "place", *(c.name for c in columns)])
    request.GET = query  # type: ignore[assignment]
    page = records_page(Asked(form, dataset, dataset.root, user), request)
    language = dataset.language(query.get("labels", "")) or ""
    places = _names_of_places({record["place"] for record in page["results"]})
    context = {
        "dataset": dataset,
        "headings": [(c.name, c.field.labels.get(language, "")) for c in columns],
        "rows": [_row(record, columns, places) for record in page["results"]],
        "page": page,
        "masked": masked,
        "hidden": len(dataset.root.columns) - len(columns) - masked,
        "language": language,
    }
    return render(request, "datasets/records.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def exports(request: HttpRequest) -> HttpResponse:
    """What I asked for and how far it is, and a form to ask; a refusal keeps what was typed."""
    user = dataset_reader(logged_in(request))
    problem = None
    if request.method == "POST":
        try:
            _ask(user, request.POST.dict())
        except Problem as error:
            problem = error
        else:
            messages.success(request, _("The file is being made. You may leave this page."))
            return redirect("exports")
    datasets = all_datasets()
    context = {
        "exports": own_exports(user).select_related("form", "asked_by")[:EXPORTS_SHOWN],
        "datasets": datasets,
        "languages": list(dict.fromkeys(lang for d in datasets for lang in d.languages)),
        "kinds": {name: _(kind.words) for name, kind in KINDS.items()},
        "may_unmask": may_unmask(user),
        "asked": request.POST,
        "problem": problem,
    }
    return render(
        request, "datasets/exports.html", context, status=problem.status if problem else 200
    )


@require_POST
@login_required
def stop(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Stops an export that waits or runs."""
    user = dataset_reader(logged_in(request))
    try:
        stop_export(own_export(user, export_id), by=user)
    except Problem as problem:
        if problem.status == 404:
            raise
        messages.error(request, problem.words)
    else:
        messages.success(request, _("Stopped."))
    return redirect("exports")


def _ask(user: User, words: dict[str, str]) -> None:
    language = words.get("labels", "")
    request_export(
        form_id=words.get("form_id", ""),
        kind=words.get("kind", ""),
        by=user,
        language=language,
        labels=bool(language),
        purpose=words.get("purpose", "")[:300],
        unmask_reason=words.get("unmask", "").strip()[:300],
    )
    ring_exports_bell()


@require_http_methods(["GET", "POST"])
@login_required
def queries(request: HttpRequest) -> HttpResponse:
    """Saved queries with their links, and a form to save one from the address of a list."""
    user = dataset_reader(logged_in(request))
    problem = None
    if request.method == "POST":
        try:
            _save(user, request.POST.dict())
        except Problem as error:
            problem = error
        else:
            messages.success(request, _("The query is saved; its link stays."))
            return redirect("queries")
    context = {
        "queries": visible_queries(user)[:QUERIES_SHOWN],
        "datasets": [d for d in all_datasets() if may_read_form(user, d.form_id)],
        "asked": request.POST,
        "problem": problem,
    }
    return render(
        request, "datasets/queries.html", context, status=problem.status if problem else 200
    )


@require_POST
@login_required
def drop(request: HttpRequest, query_id: UUID) -> HttpResponse:
    """Ends the link of a saved query."""
    user = dataset_reader(logged_in(request))
    drop_query(find_query(user, query_id), by=user)
    return redirect("queries")


def _save(user: User, words: dict[str, str]) -> None:
    name = words.get("name", "").strip()[:120]
    if not name:
        raise Problem("value_invalid", field="name", reason=_("is empty"))
    save_query(
        name=name,
        form_id=words.get("form_id", ""),
        by=user,
        query=dict(parse_qsl(words.get("query", "").lstrip("?"), keep_blank_values=True)),
        shared=words.get("shared") == "on",
    )


def _columns_for(user: User, dataset: Dataset) -> tuple[list[Column], int]:
    """The first questions whose answers this user may see, and how many columns are masked."""
    columns = dataset.root.columns
    masked = masked_keys(user, (c.field for c in columns))
    seen = [c for c in columns if c.field.key not in masked]
    asked = [c for c in seen if any(c.field.labels.values())] or seen
    return asked[:COLUMNS_SHOWN], len(columns) - len(seen)


def _names_of_places(codes: set[str | None]) -> dict[str, str]:
    return names_of(Place.objects.filter(code__in=codes))


def _row(record: Row, columns: list[Column], places: dict[str, str]) -> dict[str, Any]:
    return {
        "id": record["id"],
        "received_at": datetime.fromisoformat(record["received_at"]),
        "place": places.get(record["place"], ""),
        "place_code": record["place"],
        "cells": [words_of(record.get(c.name)) for c in columns],
    }
