"""The printed list of what was sent back, by enumerator."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from backend.accounts.permissions import logged_in, may_unmask
from backend.audit.log import log_event
from surveys.places.models import Place
from surveys.privacy.access import reviewer
from surveys.privacy.reason import reason_given, unmasking_for
from sync.paper.lists import MOST_RECORDS, sent_back_rows, sheets_of
from sync.paper.words import LANGUAGES, words_in


@require_GET
@login_required
@never_cache
def sent_back(request: HttpRequest) -> HttpResponse:
    """No names stand on it but the enumerators'. Comments may hold some: they need a reason."""
    user = reviewer(logged_in(request))
    query = request.GET
    language = query.get("language", "") if query.get("language") in LANGUAGES else "ru"
    words, everybody = words_in(language), query.get("everybody", "") == "1"
    code = query.get("place", "").replace("\0", "")
    rows = sent_back_rows(
        user,
        place=Place.objects.find(code) if code else None,
        everybody=everybody,
    )
    granted = unmasking_for(request.session, user, "sent-back list")
    log_event(
        "review.sent_back_listed", by=user, records=len(rows), comments_shown=granted is not None
    )
    context = {
        "sheets": sheets_of(rows, user, language, words["unknown"]),
        "words": words,
        "languages": LANGUAGES,
        "language": language,
        "everybody": everybody,
        "place": code,
        "most": MOST_RECORDS if len(rows) == MOST_RECORDS else 0,
        "granted": granted,
        "reason": reason_given(request.session) if granted else "",
        "may_unmask": may_unmask(user),
    }
    return render(request, "paper/sent_back.html", context)
