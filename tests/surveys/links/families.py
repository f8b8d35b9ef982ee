"""Registered families, and candidate links between them as the rule would write them."""

from collections.abc import Sequence
from uuid import UUID

from surveys.households.models import CandidateLink, Household, Membership
from surveys.households.projection import pair_of
from surveys.lifecycle.link import link_waiting
from surveys.lifecycle.process import process_waiting
from tests.surveys.household_forms import arrive, entity_of, registration

MODEL = "test"
OSH = "KG06207000000"  # Alai: a district of the oblast that Dilnoza supervises


def register(card: str, *, head: str = "Асанова Гүлнара", district: str = OSH) -> UUID:
    """A family by its card: another card is another family. Gives the record's id."""
    name = f"uuid:{card}-{head}-{district}"
    return arrive(
        registration(name, card=card, head=head, district=district, entity=entity_of(name))
    ).record_id


def settle() -> None:
    """Works until nothing waits, as the worker does."""
    while process_waiting() or link_waiting():
        pass


def candidate(
    one: UUID,
    other: UUID,
    weight: float = 9.5,
    *,
    vetoes: Sequence[str] = (),
    aligned: Sequence[tuple[int, int, str]] = ((0, 0, "strong"), (1, 1, "weak")),
    **more: object,
) -> CandidateLink:
    """One that waits for a person; `aligned` is by the order of the pair."""
    a, b = pair_of(one, other)
    reasons = [["prior", "", -4.0], ["village", "different", -5.0], ["card", "misread", 3.0]]
    reasons.append(["roster", "over_12", weight - sum(bits for _, _, bits in reasons)])
    return CandidateLink.objects.create(
        a=a,
        b=b,
        model=MODEL,
        decision="review",
        weight=weight,
        reasons=reasons,
        vetoes=list(vetoes),
        aligned=[list(each) for each in aligned],
        state=more.pop("state", CandidateLink.State.OPEN),
        place_id=more.pop("place_id", None)
        or Membership.objects.values_list("household__place", flat=True).get(pk=one),
        **more,
    )


def home(record: UUID) -> UUID | None:
    return Membership.objects.get(pk=record).household_id


def homes(*records: UUID) -> int:
    """How many households these records are in."""
    return len({home(record) for record in records})


def pictures() -> dict[UUID, UUID | None]:
    """Every record's household, and where every household leads: the state to come back to."""
    found = dict(Membership.objects.values_list("pk", "household_id"))
    return found | dict(Household.objects.values_list("pk", "redirect_to_id"))
