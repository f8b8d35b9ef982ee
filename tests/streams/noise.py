"""How often things go wrong, for one visit, one name, one birth, one phone.

The rates of MEDIUM were set so that a stream measures like the development sample of the linkage
specification (see measure.py); LOW halves them, HIGH takes them 1.8 times.
"""

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Noise:
    """Chances between 0 and 1, each for the thing that its comment names."""

    # one written name
    typo: float = 0.115
    other_script: float = 0.023  # than the rest of its record
    short_name: float = 0.022
    ending: float = 0.042  # an honorific ending added or left away
    initial: float = 0.014
    odd_case: float = 0.09
    stray_space: float = 0.03
    lookalike: float = 0.006
    bare_surname: float = 0.05
    wrong_surname_sex: float = 0.012
    # one record
    foreign_keyboard: float = 0.02  # another script than the enumerator's habit
    # one written birth
    birth_missing: float = 0.026
    birth_year_only: float = 0.05
    birth_january: float = 0.05
    birth_day_slip: float = 0.017
    birth_swapped: float = 0.03
    birth_year_slip: float = 0.024
    birth_decade: float = 0.022
    # one roster
    member_left_out: float = 0.078
    absent_left_out: float = 0.1  # a migrant of whom nobody speaks
    head_unsaid: float = 0.17  # the usual head, when another answers
    sex_wrong: float = 0.007
    relation_wrong: float = 0.003
    head_swapped: float = 0.094
    shuffled: float = 0.4
    size_wrong: float = 0.015
    head_sex_missing: float = 0.018
    # one phone
    phone_missing: float = 0.27
    phone_digit: float = 0.012
    phone_other: float = 0.05  # another phone of the household
    phone_changed: float = 0.078  # from round to round
    # one position
    gps_missing: float = 0.095
    gps_elsewhere: float = 0.11
    gps_coarse: float = 0.04
    village_wrong: float = 0.017
    # one card number
    card_misread: float = 0.03
    card_missing: float = 0.06


SHARES_OF_HABIT = {"shuffled"}
CAP = 0.9
FACTORS = {"low": 0.5, "medium": 1.0, "high": 1.8}


def noise_of(level: str) -> Noise:
    """The rates of a level: low, medium or high."""
    factor, medium = FACTORS[level], Noise()
    scaled = {
        f.name: min(CAP, getattr(medium, f.name) * factor)
        for f in fields(Noise)
        if f.name not in SHARES_OF_HABIT
    }
    return replace(medium, **scaled)
