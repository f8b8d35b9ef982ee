"""By what figures are broken down: groups of a household, bands, quarters. Pure."""

from datetime import date

from surveys.indicators.facts import Household
from surveys.indicators.figures import UNKNOWN

COUNTRY, OBLAST, DISTRICT = PLACES = ("country", "oblast", "district")
HEAD_SEX, HEAD_AGE, MIGRANT, QUARTER = "head_sex", "head_age", "migrant", "quarter"
MIGRANTS = "migrants"  # none, one, two or more
ROUND, BASELINE, MIDLINE, ENDLINE = "round", "baseline", "midline", "endline"
HOUSEHOLD = (*PLACES, HEAD_SEX, HEAD_AGE, MIGRANT)
_HEAD_BANDS = (25, 35, 45, 60)
_BAND_WORDS = ("<25", "25-34", "35-44", "45-59", "60+")
_WOMAN_WORDS = ("18-24", *_BAND_WORDS[1:])


def groups_of(household: Household, on: date | None = None) -> dict[str, str]:
    """Groups that every indicator may be asked by; the head's age is that of the day `on`.

    The same dictionary each time: leave it as it is.
    """
    baseline = household.baseline
    day = on or (baseline.interview.on if baseline else None)
    year = day.year if day else None
    if year not in household.known_groups:
        household.known_groups[year] = _groups(household, day)
    return household.known_groups[year]


def round_groups(household: Household, name: str) -> dict[str, str]:
    """The same, with the round of an interview."""
    if name not in household.known_groups:
        household.known_groups[name] = {**groups_of(household), ROUND: name}
    return household.known_groups[name]


def _groups(household: Household, day: date | None) -> dict[str, str]:
    baseline = household.baseline
    migrants = baseline.n_migrants if baseline else None
    return {
        COUNTRY: household.country or UNKNOWN,
        OBLAST: household.oblast or UNKNOWN,
        DISTRICT: household.district or UNKNOWN,
        HEAD_SEX: (baseline.head_sex if baseline else "") or UNKNOWN,
        HEAD_AGE: age_band(baseline.head_birth_year if baseline else None, day),
        MIGRANT: UNKNOWN if migrants is None else "yes" if migrants >= 1 else "no",
        MIGRANTS: UNKNOWN if migrants is None else ("0", "1", "2+")[min(migrants, 2)],
    }


def age_band(birth_year: int | None, on: date | None) -> str:
    """The band of the year's age of a head."""
    return _band(birth_year, on, _BAND_WORDS)


def woman_band(birth_year: int | None, on: date | None) -> str:
    """The band of a woman of 18 or more."""
    return _band(birth_year, on, _WOMAN_WORDS)


def _band(birth_year: int | None, on: date | None, words: tuple[str, ...]) -> str:
    if birth_year is None or on is None:
        return UNKNOWN
    age = on.year - birth_year
    return words[sum(age >= start for start in _HEAD_BANDS)]


def quarter(on: date) -> str:
    return f"{on.year}Q{(on.month + 2) // 3}"
