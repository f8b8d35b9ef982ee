"""How far a tablet knows an entity list. Pure."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Mark:
    """All changes up to `revision` are known; none of a list never heard of.

    `after`: but of that revision only those of entities up to this one. While the list is handed
    over as a `whole`, it is the last entity handed over, and `revision` what the list had when that
    began.
    """

    revision: int = 0
    after: UUID | None = None
    whole: bool = False
