"""The pages of the checks: all as they are set, and one, which a manager sets."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from backend.accounts.models import User
from backend.accounts.permissions import logged_in, may_keep_quality
from backend.problems import Problem
from surveys.privacy.access import reader
from surveys.quality.catalog import BY_CODE, OWNERS, SEVERITIES
from surveys.quality.setting import checks_in_force, set_check, settings_of


@require_GET
@login_required
@never_cache
def checks(request: HttpRequest) -> HttpResponse:
    """Every check as it is set."""
    user = reader(logged_in(request))
    context = {"checks": list(checks_in_force().values()), "may_set": may_keep_quality(user)}
    return render(request, "quality/checks.html", context)


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def check(request: HttpRequest, code: str) -> HttpResponse:
    """One check, its parameters, and how it was set before; a manager sets it."""
    user = reader(logged_in(request))
    if code not in BY_CODE:
        raise Problem("check_unknown", check=code[:40])
    if request.method == "GET":
        return _check_page(request, user, code)
    if not may_keep_quality(user):
        raise Problem("not_allowed")
    try:
        _set(request, code, user)
    except Problem as problem:
        return _check_page(request, user, code, problem)
    messages.success(request, _("The check is set; it counts from the next run on."))
    return redirect("quality-checks")


def _check_page(
    request: HttpRequest, user: User, code: str, problem: Problem | None = None
) -> HttpResponse:
    context: dict[str, Any] = {
        "check": checks_in_force()[code],
        "standard": BY_CODE[code],
        "history": settings_of(code),
        "severities": SEVERITIES,
        "owners": OWNERS,
        "may_set": may_keep_quality(user),
        "problem": problem,
    }
    status = problem.status if problem else 200
    return render(request, "quality/check.html", context, status=status)


def _set(request: HttpRequest, code: str, user: User) -> None:
    typed = request.POST
    set_check(
        code=code,
        enabled=bool(typed.get("enabled")),
        severity=typed.get("severity", ""),
        owner=typed.get("owner", ""),
        parameters={name: typed.get(f"p_{name}", "") for name in BY_CODE[code].parameters()},
        by=user,
        reason=typed.get("reason", ""),
    )
