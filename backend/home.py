"""The first page. Each app says what it shows there; named by string, as apps stand above us."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.module_loading import import_string

from backend.accounts import permissions
from backend.accounts.models import User

# Each takes the user and gives what the role may see and act on, in its places.
WAITS = (  # figures; those of nothing are not shown
    "surveys.reviewing.home.review_figures",
    "surveys.corrections.home.correction_figures",
    "surveys.links.home.link_figures",
    "surveys.reviewing.home.conflict_figures",
    "surveys.quality.home.flag_figures",
    "surveys.quality.home.back_check_figures",
    "surveys.submissions.home.stuck_figures",
    "sync.home.overdue_figures",
    "surveys.datasets.home.export_figures",
)
HAPPENED = (  # takes the time of day as well: figures of what happened since yesterday
    "surveys.submissions.home.sent_lately",
    "surveys.datasets.home.arrived_lately",
    "surveys.reviewing.home.decided_lately",
    "surveys.households.home.founded_lately",
    "surveys.xforms.home.published_lately",
    "surveys.datasets.home.exported_lately",
    "sync.home.enrolled_lately",
)
FIGURES = (
    "surveys.submissions.home.sent_figures",
    "surveys.households.home.household_figures",
    "surveys.submissions.home.queue_figures",
)
CARDS = (
    "surveys.datasets.home.forms_card",
    "surveys.datasets.home.exports_card",
    "surveys.reviewing.home.conflicts_card",
    "sync.home.devices_card",
    "sync.home.connect_card",
)
MOST_COUNTED = 1_000
TABLETS = "sync.board.tablets_of"  # what the field board says of tablets


@dataclass(frozen=True, slots=True)
class Figure:
    """One number and what it means. `tone` is "", "wait" or "bad"; `more`: that many at least."""

    label: str
    number: int
    hint: str = ""
    link: str = ""
    tone: str = ""
    more: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One box of the page: a template of the app's own and what it is filled with."""

    title: str
    template: str
    context: dict[str, Any] = field(default_factory=dict)
    link: str = ""
    link_words: str = ""


def counted(rows: QuerySet[Any]) -> tuple[int, bool]:
    """How many there are, or the most that are counted here and that there are more.

    Whether 20,000 flags wait or 50,000, the first page need not take the time to find out.
    """
    found = rows.order_by()[: MOST_COUNTED + 1].count()
    return min(found, MOST_COUNTED), found > MOST_COUNTED


def figures_for(user: User) -> list[Figure]:
    """What there is in all."""
    return [figure for name in FIGURES for figure in import_string(name)(user)]


def waits_for(user: User) -> list[Figure]:
    """What this person should do something about."""
    found = (figure for name in WAITS for figure in import_string(name)(user))
    return [figure for figure in found if figure.number]


def happened_for(user: User, now: datetime) -> list[Figure]:
    """Since yesterday began, where it happened."""
    found = (figure for name in HAPPENED for figure in import_string(name)(user, now))
    return [figure for figure in found if figure.number]


def cards_for(user: User) -> Iterator[Card]:
    for name in CARDS:
        card = import_string(name)(user)
        if card is not None:
            yield card


def rights(request: HttpRequest) -> dict[str, bool]:
    """A context processor: which links pages may offer to whoever is logged in."""
    user = request.user
    return {
        "may_read_records": permissions.may_read_records(user),
        "may_review": permissions.may_review(user),
        "may_decide_links": permissions.may_decide_links(user),
    }
