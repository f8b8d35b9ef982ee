"""Health, and the first page."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from backend.accounts.permissions import logged_in
from backend.api import problem_answer
from backend.home import cards_for, figures_for
from backend.problems import KINDS, Problem


def live(_request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def ready(_request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@login_required
def home(request: HttpRequest) -> HttpResponse:
    user = logged_in(request)
    context = {"figures": figures_for(user), "cards": list(cards_for(user))}
    return render(request, "home.html", context)


def problems(request: HttpRequest) -> HttpResponse:
    """What each problem code means: where the `type` of every problem document points."""
    return render(request, "problems.html", {"kinds": KINDS})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_answer(request, Problem("request_malformed", reason="The request is not valid."))


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_answer(request, Problem("not_allowed"))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_answer(request, Problem("not_found"))


def internal(request: HttpRequest) -> HttpResponse:
    return problem_answer(request, Problem("internal"))


def page_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF check failed."""
    return problem_answer(request, Problem("page_expired"))
