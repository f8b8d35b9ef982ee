"""Where callers reach this server: what absolute links in answers begin with."""

from django.conf import settings
from django.http import HttpRequest


def origin_of(request: HttpRequest) -> str:
    """`https://oila.example.org`: as it was set, else as the request came."""
    return settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"
