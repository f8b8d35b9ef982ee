"""The page of brakes: for whom automatic joining pauses, why, since when; a manager lifts one."""

from collections.abc import Sequence

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backend.accounts.models import User
from backend.accounts.permissions import logged_in, may_lift_brakes
from backend.problems import Problem
from surveys.households.brakes import lift_brake
from surveys.households.models import LinkBrake
from surveys.links.adjudicate import checked_reason
from surveys.places.models import Place
from surveys.places.naming import names_of

BRAKES_SHOWN = 100


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def brakes(request: HttpRequest) -> HttpResponse:
    """Those that are on, then those lifted, the newest first."""
    user = logged_in(request)
    if not may_lift_brakes(user):
        raise Problem("not_allowed")
    if request.method == "POST":
        try:
            _lift(request.POST.get("brake", ""), request.POST.get("reason", ""), user)
            messages.success(request, _("Lifted: what it held is looked at again in a moment."))
        except Problem as problem:
            messages.error(request, f"{problem.title}. {problem.words}")
        return redirect("brakes")
    return render(request, "links/brakes.html", {"brakes": _shown()})


def _lift(number: str, reason: str, by: User) -> None:
    key = int(number[:18]) if number.isdecimal() else 0
    brake = LinkBrake.objects.filter(pk=key).first()
    if brake is None:
        raise Problem("not_found")
    lift_brake(brake=brake, by=by, reason=checked_reason(reason))


def _shown() -> Sequence[LinkBrake]:
    """With how many candidates each holds, and its name."""
    held = Count("held", filter=Q(held__state="open"))
    rows = LinkBrake.objects.annotate(waiting=held).select_related("lifted_by")
    found = list(rows.order_by(F("lifted_at").desc(nulls_first=True), "-pk")[:BRAKES_SHOWN])
    districts = {each.subject for each in found if each.kind == LinkBrake.Kind.BATCH}
    names = names_of(Place.objects.filter(code__in=districts))
    for each in found:
        each.name = names.get(each.subject, each.subject)  # type: ignore[attr-defined]
        each.percent = round((each.share or 0) * 100)  # type: ignore[attr-defined]
    return found
