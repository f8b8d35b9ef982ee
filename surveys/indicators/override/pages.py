"""The page where a manager overrides *vulnerable*, and takes that back."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backend.accounts.permissions import logged_in
from backend.problems import Problem
from surveys.indicators.names import place_names
from surveys.indicators.override.decide import (
    override_vulnerable,
    overrides_for,
    revoke_override,
)
from surveys.indicators.views import keeper, ring_indicators_bell

MOST = 200


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def overrides(request: HttpRequest) -> HttpResponse:
    """Those that were made, and a form for another; a refusal leaves what was typed."""
    user = keeper(logged_in(request))
    problem = None
    if request.method == "POST":
        try:
            override_vulnerable(
                household=_household(request.POST.get("household", "")),
                vulnerable=request.POST.get("vulnerable") == "yes",
                reason=request.POST.get("reason", ""),
                by=user,
            )
        except Problem as error:
            problem = error
        else:
            ring_indicators_bell()
            messages.success(request, _("Kept. The next run counts the family as you say."))
            return redirect("indicator-overrides")
    said = request.POST if problem else request.GET
    context = {
        "overrides": overrides_for(user)[:MOST],
        "places": place_names(),
        "problem": problem,
        "household": said.get("household", ""),
        "vulnerable": said.get("vulnerable", "yes"),
        "reason": said.get("reason", ""),
    }
    status = problem.status if problem else 200
    return render(request, "indicators/overrides.html", context, status=status)


@require_POST
@login_required
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    user = keeper(logged_in(request))
    try:
        revoke_override(override_id=pk, reason=request.POST.get("reason", ""), by=user)
    except Problem as problem:
        messages.error(request, problem.words)
    else:
        ring_indicators_bell()
        messages.success(request, _("Revoked. The form's own answer counts again."))
    return redirect("indicator-overrides")


def _household(text: str) -> UUID:
    """Raises `Problem("not_found")`."""
    try:
        return UUID(text.strip())
    except ValueError as error:
        raise Problem("not_found") from error
