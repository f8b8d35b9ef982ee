"""The tablets' own entrance: a middleware that hands their requests straight to the views.

So no session, CSRF token, login page or slash redirect can come between (openrosa.md A7, S13), and
a submission does not pay for what only pages need: that would be a fifth of its cost.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, get_resolver

Handler = Callable[[HttpRequest], HttpResponse]


def tablets_entrance(get_response: Handler) -> Handler:
    resolver = get_resolver("sync.urls")

    def handle(request: HttpRequest) -> HttpResponse:
        try:
            found = resolver.resolve(request.path_info)
        except Resolver404:
            found = None
        if found is None:  # outside `except`, so that a page's own error is not told as ours
            return get_response(request)
        response: HttpResponse = found.func(request, *found.args, **found.kwargs)
        return response

    return handle
