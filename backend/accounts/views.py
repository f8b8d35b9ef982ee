"""The account page: who I am here, my password, the tokens of my tools."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from backend.accounts.permissions import logged_in, may_read_datasets
from backend.accounts.tokens import TOKEN_DAYS, make_personal_token, revoke_personal_token
from backend.problems import Problem

PLACES = "surveys.places.naming.names_of_codes"  # by string: places stand above accounts


@require_GET
@login_required
def account(request: HttpRequest) -> HttpResponse:
    return _page(request)


@require_POST
@login_required
@never_cache
def make_token(request: HttpRequest) -> HttpResponse:
    """Answers with the page itself, not a redirect: the token is shown this once."""
    user = logged_in(request)
    if not may_read_datasets(user):
        raise PermissionDenied
    try:
        token = make_personal_token(
            user=user,
            name=request.POST.get("name", "").strip()[:80] or _("Unnamed tool"),
            days=_days(request.POST.get("days", "")),
            form_ids=request.POST.get("form_ids", "").replace(",", " ").split(),
            purpose=request.POST.get("purpose", ""),
        )
    except Problem as problem:
        messages.error(request, problem.words)
        return redirect("account")
    return _page(request, new_token=token)


@require_POST
@login_required
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    user = logged_in(request)
    token = get_object_or_404(user.tokens, pk=pk)
    revoke_personal_token(token=token, by=user)
    messages.success(
        request, _("%(token)s can no longer read anything here.") % {"token": token.name}
    )
    return redirect("account")


def _days(text: str) -> int:
    """A year, where nothing sensible is said."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else TOKEN_DAYS


def _page(request: HttpRequest, new_token: str = "") -> HttpResponse:
    user = logged_in(request)
    tokens = user.tokens.filter(revoked_at=None)
    context = {"tokens": tokens, "new_token": new_token, "token_days": TOKEN_DAYS}
    context["places"] = import_string(PLACES)(user.place_codes)
    return render(request, "account.html", context)
