"""Candidate links as they are shown: reasons as a waterfall, vetoes and brake in words."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from surveys.households.models import CandidateLink, LinkModel
from surveys.links.waterfall import Waterfall, waterfall
from surveys.links.words import brake_words, veto_words


@dataclass(frozen=True, slots=True)
class LinkView:
    """One candidate with why it is one. `aligned`: member of a, member of b, strong or weak."""

    pk: int
    a: UUID
    b: UUID
    kind: str
    state: str
    weight: float
    model: str
    fall: Waterfall
    auto: float  # bits from which it would be joined by rule
    vetoes: Sequence[tuple[str, str]]  # code and words
    held: str  # why automatic merging paused, "" where it did not
    aligned: Sequence[tuple[int, int, str]]


def link_views(keys: Collection[int]) -> list[LinkView]:
    """The heaviest first. Two queries."""
    links = list(
        CandidateLink.objects.filter(pk__in=keys).select_related("brake").order_by("-weight", "pk")
    )
    models = LinkModel.objects.filter(version__in={link.model for link in links})
    auto = dict(models.values_list("version", "auto_bits"))
    return [_view(link, auto.get(link.model, 0.0)) for link in links]


def _view(link: CandidateLink, auto: float) -> LinkView:
    return LinkView(
        pk=link.pk,
        a=link.a,
        b=link.b,
        kind=link.kind,
        state=link.state,
        weight=link.weight,
        model=link.model,
        fall=waterfall([(c, level, bits) for c, level, bits in link.reasons], auto),
        auto=auto,
        vetoes=[(code, veto_words(code)) for code in link.vetoes],
        held=brake_words(link.brake.why) if link.brake and not link.brake.lifted_at else "",
        aligned=[(ours, theirs, sure) for ours, theirs, sure in link.aligned],
    )
