"""The first page, and the answers to what went wrong."""

import sys

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.permissions import logged_in
from backend.api import as_problem, problem_answer
from backend.home import cards_for, figures_for, happened_for, waits_for
from backend.problems import KINDS, Problem


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """What waits for whoever is logged in, what happened since yesterday, what there is."""
    user = logged_in(request)
    context = {
        "waits": waits_for(user),
        "happened": happened_for(user, timezone.now()),
        "figures": figures_for(user),
        "cards": list(cards_for(user)),
    }
    return render(request, "home.html", context)


def problems(request: HttpRequest) -> HttpResponse:
    """What each problem code means: where the `type` of every problem document points."""
    return render(request, "problems.html", {"kinds": KINDS})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_answer(
        request, Problem("request_malformed", reason=_("The request is not valid."))
    )


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_answer(request, Problem("not_allowed"))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_answer(request, Problem("not_found"))


def internal(request: HttpRequest) -> HttpResponse:
    """The last resort; a database lost while a middleware worked (its session, say) ends here."""
    error = sys.exc_info()[1]
    problem = as_problem(error) if isinstance(error, Exception) else Problem("internal")
    return problem_answer(request, problem)


def page_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF check failed."""
    return problem_answer(request, Problem("page_expired"))
