"""The pages of entity conflicts: those that wait, and one with its values side by side."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from backend.accounts.models import User
from backend.accounts.permissions import logged_in, may_settle_conflicts, may_unmask
from backend.problems import Problem
from surveys.entities.models import EntityConflict
from surveys.entities.reading import masked_properties, sides_of, visible_conflicts
from surveys.entities.settle import Choice, settle_conflict
from surveys.privacy.reason import reason_given, unmasking_for

TAKE, VALUE = "take:", "value:"  # before the name of a property, in the names of the page's fields
OWN = "own"
ON_A_PAGE = 50


@require_GET
@login_required
@never_cache
def conflicts(request: HttpRequest) -> HttpResponse:
    """Those of the user's places: the open ones, hard before soft, or the settled."""
    user = _settler(request)
    settled = request.GET.get("state") == "settled"
    found = visible_conflicts(user).filter(settled_at__isnull=not settled)
    ordered = found.order_by("-settled_at", "-pk") if settled else found.order_by("kind", "pk")
    page = Paginator(ordered, ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "reviewing/conflicts.html", {"page": page, "settled": settled})


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def conflict(request: HttpRequest, conflict_id: int) -> HttpResponse:
    """One conflict; what is refused shows it as it is now."""
    user = _settler(request)
    found = visible_conflicts(user).filter(pk=conflict_id).first()
    if found is None:
        raise Problem("not_found")
    if request.method == "GET":
        return _conflict_page(request, user, found)
    try:
        _settle(found, request.POST, user)
    except Problem as problem:
        found = visible_conflicts(user).get(pk=conflict_id)
        return _conflict_page(request, user, found, problem)
    messages.success(request, "Settled.")
    following = visible_conflicts(user).filter(settled_at=None).order_by("kind", "pk").first()
    return redirect("conflict", following.pk) if following else redirect("conflicts")


def _settler(request: HttpRequest) -> User:
    user = logged_in(request)
    if not may_settle_conflicts(user):
        raise Problem("not_allowed")
    return user


def _conflict_page(
    request: HttpRequest, user: User, found: EntityConflict, problem: Problem | None = None
) -> HttpResponse:
    granted = unmasking_for(request.session, user, f"conflict {found.pk}")
    entity = found.entity.stayed()
    context = {
        "conflict": found,
        "entity": entity,
        "sides": sides_of(found, masked_properties(user, granted=granted)),
        "problem": problem,
        "reason": reason_given(request.session) if granted else "",
        "may_unmask": may_unmask(user),
    }
    status = problem.status if problem else 200
    return render(request, "reviewing/conflict.html", context, status=status)


def _settle(found: EntityConflict, typed: QueryDict, user: User) -> None:
    version = typed.get("entity_version", "")
    if not version.isdecimal():
        raise Problem("request_malformed", reason=_("The page sent no version."))
    choices = {}
    for key, side in typed.items():
        if key.startswith(TAKE) and side:
            name = key.removeprefix(TAKE)
            own = side == OWN
            choices[name] = Choice("" if own else str(side), typed.get(VALUE + name, ""))
    settle_conflict(
        conflict_id=found.pk,
        choices=choices,
        entity_version=int(version[:9]),
        reason=typed.get("reason", ""),
        by=user,
    )
