"""What the pages of cases and of households have in common: the table of some records, why they may
be one household, where they are, and what was said of them.
"""

from collections.abc import Collection
from typing import Any

from django.http import HttpRequest

from backend.accounts.models import User
from backend.accounts.permissions import may_decide_links, may_unmask
from surveys.links.board import facts_of, roster_of
from surveys.links.history import history_of
from surveys.links.models import Adjudication
from surveys.links.pairs import link_views
from surveys.links.sides import Sides, persons_of
from surveys.links.terrain import sketch_of
from surveys.privacy.access import shows_persons
from surveys.privacy.reason import reason_given, unmasking_for

LAST = "links_last"  # in the session: what was said last, to be undone with one key


def board_of(
    request: HttpRequest, user: User, sides: Sides, keys: Collection[int]
) -> dict[str, Any]:
    """For the templates. Each look at personal data is written down, with the records' ids."""
    shown = [side.record_id for side in sides.seen]
    target = f"links {' '.join(str(record)[:8] for record in shown)}"
    granted = unmasking_for(request.session, user, target) if shown else None
    persons = shows_persons(granted)
    links = [link for link in link_views(keys) if link.a in shown and link.b in shown]
    numbers = {side.record_id: side.number for side in sides.seen}
    return {
        "sides": sides,
        "facts": facts_of(sides, shown=persons),
        "roster": roster_of(sides, links, persons_of(shown), shown=persons),
        "links": [(*sorted((numbers[link.a], numbers[link.b])), link) for link in links],
        "sketch": sketch_of(sides),
        "history": history_of(user, shown, numbers),
        "persons": persons,
        "reason": reason_given(request.session) if granted else "",
        "may_unmask": may_unmask(user),
        "may_decide": may_decide_links(user),
        "last": last_said(request, user),
    }


def last_said(request: HttpRequest, user: User) -> Adjudication | None:
    """What this person said last in this session, if it still holds."""
    number = request.session.get(LAST, 0)
    return Adjudication.objects.filter(pk=number, by=user, undone_at=None).first()
