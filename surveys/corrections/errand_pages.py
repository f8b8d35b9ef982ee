"""How far an errand is, and its stop."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from backend.accounts.permissions import logged_in
from backend.problems import KINDS, Problem
from backend.said import Said
from surveys.corrections.errands import find_errand, stop_errand
from surveys.corrections.models import Errand
from surveys.corrections.visible import proposer
from surveys.corrections.words import cell_words
from surveys.privacy.access import reader


@require_GET
@login_required
@never_cache
def errand(request: HttpRequest, errand_id: UUID) -> HttpResponse:
    found = find_errand(errand_id, reader(logged_in(request)))
    context = {
        "errand": found,
        "refused": [(KINDS[code].title, count) for code, count in sorted(found.refused.items())],
        "problem": _problem(found) if found.error else None,
        "errors": [
            {**each, "words": cell_words(each["code"], each["words"])}
            for each in found.found.get("errors", ())
        ],
    }
    return render(request, "corrections/errand.html", context)


def _problem(errand: Errand) -> Problem:
    kept = errand.found.items()
    details = {n: Said.from_json(v) if isinstance(v, dict) else v for n, v in kept}
    return Problem(errand.error, **details)


@require_POST
@login_required
def stop(request: HttpRequest, errand_id: UUID) -> HttpResponse:
    user = proposer(logged_in(request))
    found = find_errand(errand_id, user)
    try:
        stop_errand(found, by=user)
    except Problem as problem:
        messages.info(request, f"{problem.kind.title}. {problem.words}")
    return redirect("errand", found.pk)
