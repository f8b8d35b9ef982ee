"""The cases that someone may decide on, as a workbook: pairs with their reasons, and what was said.

Ids, cards, places and ready words only: no name, phone, picture or typed reason.
"""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from backend.accounts.models import User
from backend.audit.log import log_event
from surveys.datasets.files.sheets import Cell, Sheet, sheet_of_rows
from surveys.datasets.files.to_xlsx import xlsx_of
from surveys.households.models import CandidateLink, LinkDecision
from surveys.links.chosen import places_below
from surveys.links.listing import Json, both_visible, decisions_json, links_json
from surveys.links.queue import STATES, CaseQueue, Fitting, fitting_cases
from surveys.links.words import (
    brake_words,
    comparison_words,
    ready_words,
    verdict_words,
    veto_words,
)
from surveys.places.models import Place
from surveys.places.naming import names_of

MOST_PAIRS = 5_000  # of each kind; the heaviest
ENDS = ("record", "form", "household", "card", "place")
PAIRS = (
    *("case", "pair", "state", "bits", "reasons", "against", "held", "decided"),
    *(f"{name}_{end}" for end in "ab" for name in ENDS),
    *("place", "place_name", "found_at"),
)
SAID = ("id", "record_a", "record_b", "decision", "in_words", "kind", "by", "reason", "weight",
        "at", "revokes", "revoked")  # fmt: skip


def cases_xlsx(queue: CaseQueue) -> bytes:
    """Whatever its state, each case that fits the places, veto and brake of a queue and of which
    the user sees all, and the settled pairs that fit. Noted in the audit log.

    A fixed number of queries. Raises `Problem("place_unknown")`.
    """
    found = fitting_cases(queue)
    case_of = {pk: case.pk for case in found.own for pk in case.keys}
    pairs = [
        *_pairs(CandidateLink.objects.filter(pk__in=case_of), queue),
        *_pairs(_settled(queue), queue),
    ]
    said = _said(queue.user, {pair[end]["id"] for pair in pairs for end in "ab"})
    rows = _rows(pairs, said, case_of, _states(found))
    content = xlsx_of([sheet_of_rows("pairs", PAIRS, rows), _decisions(said)])
    log_event("links.downloaded", by=queue.user, places=list(queue.places), pairs=len(pairs))
    return content


def _pairs(links: QuerySet[CandidateLink], queue: CaseQueue) -> list[Json]:
    """The heaviest first."""
    keys = both_visible(links, queue.user).order_by("-weight", "pk").values_list("pk", flat=True)
    told = links_json(list(keys[:MOST_PAIRS]), persons=False)
    return sorted(told, key=lambda pair: (-pair["weight"], pair["id"]))


def _settled(queue: CaseQueue) -> QuerySet[CandidateLink]:
    links = CandidateLink.objects.exclude(state=CandidateLink.State.OPEN)
    if queue.places:
        links = links.filter(place__in=places_below(queue.places).values("pk"))
    if queue.veto:
        links = links.filter(vetoes__contains=[queue.veto])
    if queue.brake:
        links = links.none()  # a brake holds open ones only
    return links


def _states(found: Fitting) -> dict[int, str]:
    """Open pair → its state in words; of the others there is none."""
    states: dict[int, str] = {}
    for case in found.own:
        words = str(STATES["later" if case.later else "waiting"])
        if case.pk in found.taken:
            words = _("open with somebody else")
        states |= dict.fromkeys(case.keys, words)
    return states


def _said(user: User, records: set[UUID]) -> list[Json]:
    """What was decided of these records, the newest first."""
    about = LinkDecision.objects.filter(Q(a__in=records) | Q(b__in=records))
    keys = both_visible(about, user).values_list("pk", flat=True)
    return sorted(decisions_json(list(keys), user), key=lambda said: -said["id"])


def _rows(
    pairs: Sequence[Json],
    said: Sequence[Json],
    case_of: Mapping[int, int],
    states: Mapping[int, str],
) -> Iterator[list[Cell]]:
    codes = {pair["place"] for pair in pairs}
    names = names_of(Place.objects.filter(code__in=codes))
    decided: dict[frozenset[UUID], str] = {}
    for each in said:  # the newest first: that is what stands
        words = f"{verdict_words(each['decision'])}, {each['at']:%Y-%m-%d}"
        decided.setdefault(frozenset((each["a"], each["b"])), words)
    for pair in pairs:
        yield [
            case_of.get(pair["id"]),
            pair["id"],
            states.get(pair["id"]) or _("settled"),
            pair["weight"],
            "\n".join(map(_reason, pair["comparisons"])),
            "\n".join(map(veto_words, pair["vetoes"])),
            brake_words(pair["brake"]) if pair["brake"] else "",
            decided.get(frozenset((pair["a"]["id"], pair["b"]["id"])), ""),
            *_end(pair["a"]),
            *_end(pair["b"]),
            pair["place"],
            names.get(pair["place"], ""),
            pair["found_at"],
        ]


def _reason(told: Json) -> str:
    return f"{told['bits']:+.1f} {comparison_words(told['comparison'])}: {told['words']}"


def _end(record: Json) -> list[Cell]:
    household = record["household"]
    return [
        str(record["id"]),
        record["form_id"],
        str(household) if household else None,
        record["card"],
        record["place"],
    ]


def _why(told: Json) -> str:
    """A ready reason. What a person typed may name somebody: that stays on the case's page."""
    words = ready_words(told["reason"] or "")
    return words or (_("masked") if told["kind"] == "person" else told["reason"] or "")


def _decisions(said: Sequence[Json]) -> Sheet:
    rows = (
        [
            *(each["id"], str(each["a"]), str(each["b"]), each["decision"]),
            *(verdict_words(each["decision"]), each["kind"], each["by"], _why(each)),
            *(each["weight"], each["at"], each["revokes"], each["revoked"]),
        ]
        for each in said
    )
    return sheet_of_rows("decisions", SAID, rows)
