"""The page of a household: its records side by side, its decisions, and what is open about it."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from backend.accounts.permissions import logged_in, may_decide_links
from surveys.households.models import CandidateLink
from surveys.links.display import board_of
from surveys.links.profile import find_household, profile_of
from surveys.links.sides import sides_of
from surveys.privacy.access import reader


@require_GET
@login_required
@never_cache
def household(request: HttpRequest, household_id: UUID) -> HttpResponse:
    """One household; an id that was joined to another leads there."""
    user = reader(logged_in(request))
    found = find_household(user, household_id)
    if found.redirect_to_id is not None:
        messages.info(request, _("This household was joined to the one shown here."))
        return redirect("household", found.redirect_to_id)
    profile = profile_of(user, found)
    between = CandidateLink.objects.filter(a__in=profile.registered, b__in=profile.registered)
    sides = sides_of(user, profile.registered)
    context = {
        **board_of(request, user, sides, list(between.values_list("pk", flat=True))),
        "household": found,
        "cards": profile.cards,
        "former": profile.former,
        "others": profile.others,
        "cases": profile.cases(user) if may_decide_links(user) else [],
    }
    return render(request, "links/household.html", context)
