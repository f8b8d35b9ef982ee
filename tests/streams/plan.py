"""What a stream shall be like."""

from dataclasses import dataclass
from datetime import date

from tests.streams.noise import FACTORS


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

    def __post_init__(self) -> None:
        """ValueError for a plan that makes no stream."""
        if self.households < 1 or self.rounds < 1 or self.villages < 0:
            raise ValueError("a stream needs a household and a round")
        if not (0 < self.coverage <= 1 and 0 <= self.dup_rate < 1):
            raise ValueError("coverage is above 0 and up to 1, the rate of doubles below 1")
        if self.noise not in FACTORS:
            raise ValueError(f"noise is one of {', '.join(FACTORS)}, not {self.noise}")

    @property
    def village_count(self) -> int:
        """28 for 1,500 households, as in the development sample; growing with the square root."""
        return self.villages or max(2, round(28 * (self.households / 1500) ** 0.5))
