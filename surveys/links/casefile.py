"""open_case: everything of one case that a decision rests on, for one reader."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from backend.accounts.models import User
from surveys.households.models import CandidateLink
from surveys.links.cases import Case, OpenLink, case_with
from surveys.links.looked import seal_of
from surveys.links.models import Adjudication
from surveys.links.sides import Sides, sides_of


@dataclass(frozen=True)
class CaseFile:
    """An open case with the records of it that are shown."""

    case: Case
    sides: Sides

    @cached_property
    def links(self) -> list[OpenLink]:
        """Those between records that are shown: only on them anything is decided."""
        shown = {side.record_id for side in self.sides.sides}
        return [link for link in self.case.links if shown.issuperset(link.ends)]

    @property
    def decidable(self) -> bool:
        return not (self.case.hidden or self.sides.hidden)

    @cached_property
    def seal(self) -> str:
        """Of what is shown; another, when any of it changed."""
        records = [side.record_id for side in self.sides.sides]
        return seal_of(records=records, keys=self.case.keys)

    def node(self, record_id: UUID) -> UUID:
        """What a record is decided on as a part of."""
        return next(s.node for s in self.sides.sides if s.record_id == record_id)


@dataclass(frozen=True, slots=True)
class Closed:
    """A case that is decided: its records, and the candidates that it was."""

    sides: Sides
    keys: Sequence[int]


def open_case(user: User, candidate_id: int) -> CaseFile | None:
    """The open case that a candidate belongs to; None where it is settled, or not to be seen."""
    case = case_with(user, candidate_id)
    return CaseFile(case, sides_of(user, case.records, case.homes)) if case else None


def closed_case(user: User, candidate_id: int) -> Closed | None:
    """What a settled candidate was about, with all that was decided together with it."""
    link = CandidateLink.objects.filter(pk=candidate_id).first()
    if link is None or link.state == CandidateLink.State.OPEN:
        return None
    said = Adjudication.objects.filter(candidates__contains=[candidate_id]).order_by("-pk").first()
    keys = said.candidates if said else [candidate_id]
    ends = CandidateLink.objects.filter(pk__in=keys).order_by("-weight", "pk").values_list("a", "b")
    sides = sides_of(user, list(dict.fromkeys(end for pair in ends for end in pair)))
    return Closed(sides, keys) if sides.seen else None
