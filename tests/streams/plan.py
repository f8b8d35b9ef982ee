"""What a stream shall be like."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Plan:
    """The order for one stream; the same plan gives the same files, byte for byte.

    `coverage` is the chance that a household is visited in a round, `dup_rate` the chance that a
    visited one is registered once more in it. `villages` is 0 for as many as the number of
    households suggests: fewer villages are larger, and harder. `card` and `partner` add a field
    each; with `shared_card` the first village of every district shares one card.
    """

    households: int = 1500
    rounds: int = 3
    noise: str = "medium"
    seed: int = 1
    coverage: float = 0.75
    dup_rate: float = 0.15
    villages: int = 0
    card: bool = False
    shared_card: bool = False
    partner: bool = False
    start: date = date(2025, 2, 3)

    @property
    def village_count(self) -> int:
        """28 for 1,500 households, as in the development sample; growing with the square root."""
        return self.villages or max(2, round(28 * (self.households / 1500) ** 0.5))
