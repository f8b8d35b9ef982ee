"""Which language a page speaks: the person's own choice, else the browser's.

Programs are spoken to in English: what the JSON API and the tablets' addresses say is stable, and
has codes beside the words.
"""

from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language_from_request
from django.views.decorators.http import require_POST

from backend.accounts.models import User
from backend.accounts.preferences import choose_language

FOR_PROGRAMS = ("/api/", "/health/")
COOKIE_SECONDS = 365 * 24 * 3600
Handler = Callable[[HttpRequest], HttpResponse]


def page_language(get_response: Handler) -> Handler:
    """A middleware: the whole answer is made in one language, and the next one starts anew."""

    def handle(request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(FOR_PROGRAMS):
            with translation.override(settings.LANGUAGE_CODE):
                return get_response(request)
        language = language_for(request)
        with translation.override(language):
            response = get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Content-Language", language)
            patch_vary_headers(response, ["Accept-Language", "Cookie"])
        return response

    return handle


def language_for(request: HttpRequest) -> str:
    """The code of the language: of the account, else of the cookie, else of Accept-Language."""
    try:
        own = request.user.language if isinstance(request.user, User) else ""
    except (OperationalError, InterfaceError):  # the view will say so, in the browser's language
        own = ""
    return own if own in dict(settings.LANGUAGES) else get_language_from_request(request)


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Takes `language` and `next` of the form in the page's head; goes back to the page."""
    page = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure()):
        page = "/"
    response = HttpResponseRedirect(page)
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        if isinstance(request.user, User):
            choose_language(user=request.user, language=language)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=COOKIE_SECONDS,
            secure=request.is_secure(),
            httponly=True,
            samesite="Lax",
        )
    return response
