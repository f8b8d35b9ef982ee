"""The navigation of every page: what the person may open, in groups, and where they are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from backend.accounts import permissions
from backend.accounts.permissions import Person


@dataclass(frozen=True, slots=True)
class Section:
    """A link of the navigation. `below`: beginnings of addresses of the pages it leads to."""

    name: str  # of the address, in `urls.py`
    words: Any
    allowed: Callable[[Person], bool]
    below: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """As the template writes it. `current` is a value of aria-current, or empty."""

    address: str
    words: Any
    current: str


# Work on what arrives; what comes of it and how it is asked; tools.
GROUPS = (
    (Section("home", _("Home"), lambda _user: True, ()),),
    (
        Section("review", _("Review"), permissions.may_review, ("/review/", "/conflicts/")),
        Section("corrections", _("Corrections"), permissions.may_read_records, ("/corrections/",)),
        Section(
            "links", _("Households"), permissions.may_decide_links, ("/links/", "/households/")
        ),
        Section("quality", _("Quality"), permissions.may_read_records, ("/quality/",)),
        Section(
            "field",
            pgettext_lazy("where interviews are done", "Field"),
            permissions.may_review,
            ("/field/",),
        ),
    ),
    (
        Section("forms", _("Forms"), permissions.may_read_records, ("/forms/", "/records/")),
        Section("indicators", _("Indicators"), permissions.may_read_indicators, ("/indicators/",)),
        Section("exports", _("Exports"), permissions.may_export, ("/exports/", "/queries/")),
    ),
    (
        Section("api-docs", _("API"), permissions.may_read_records, ()),
        Section("admin:index", _("Console"), permissions.may_use_console, ()),
    ),
)


def navigation(request: HttpRequest) -> dict[str, list[list[Link]]]:
    """A context processor: the groups that hold a link for whoever is logged in."""
    groups = ([_link(s, request.path) for s in g if s.allowed(request.user)] for g in GROUPS)
    return {"navigation": [group for group in groups if group]}


def _link(section: Section, path: str) -> Link:
    address = reverse(section.name)
    inside = "true" if path.startswith(section.below) else ""
    return Link(address, section.words, "page" if path == address else inside)
