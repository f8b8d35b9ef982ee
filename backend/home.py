"""The first page. Each app says what it shows there; named by string, as apps stand above us."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.utils.module_loading import import_string

from backend.accounts import permissions
from backend.accounts.models import User

# Each takes the user and gives what the role may see: figures, or a card or None.
FIGURES = (
    "surveys.submissions.home.sent_figures",
    "surveys.datasets.home.record_figures",
    "surveys.households.home.household_figures",
    "surveys.reviewing.home.review_figures",
    "surveys.links.home.link_figures",
    "surveys.submissions.home.queue_figures",
    "surveys.cleaning.home.flag_figures",
)
CARDS = (
    "surveys.datasets.home.forms_card",
    "surveys.datasets.home.exports_card",
    "surveys.reviewing.home.conflicts_card",
    "sync.home.devices_card",
    "sync.home.connect_card",
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number and what it means. `tone` is "", "wait" or "bad"."""

    label: str
    number: int
    hint: str = ""
    link: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One box of the page: a template of the app's own and what it is filled with."""

    title: str
    template: str
    context: dict[str, Any] = field(default_factory=dict)
    link: str = ""
    link_words: str = ""


def figures_for(user: User) -> list[Figure]:
    return [figure for name in FIGURES for figure in import_string(name)(user)]


def cards_for(user: User) -> Iterator[Card]:
    for name in CARDS:
        card = import_string(name)(user)
        if card is not None:
            yield card


def rights(request: HttpRequest) -> dict[str, bool]:
    """A context processor: what the navigation may offer to whoever is logged in."""
    user = request.user
    return {
        "may_read_records": permissions.may_read_records(user),
        "may_read_indicators": permissions.may_read_indicators(user),
        "may_export": permissions.may_export(user),
        "may_review": permissions.may_review(user),
        "may_decide_links": permissions.may_decide_links(user),
        "may_use_console": permissions.may_use_console(user),
    }
