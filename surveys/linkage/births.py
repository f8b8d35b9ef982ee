"""How two births agree: one of the levels below, from the year, month and day as compared."""

from functools import lru_cache

from surveys.linkage.normalize import Birth

(
    MISSING, CONFLICT, DIGIT, FAR_ESTIMATE, NEAR_ESTIMATE, YEAR_OFF_ONE, YEAR, SAME_DAY_OTHER_YEAR,
    DAY_OFF, DAY,
) = range(10)  # fmt: skip
LEVELS = (
    "missing", "conflict", "digit", "far_estimate", "near_estimate", "year_off_one", "year",
    "same_day_other_year", "day_off", "day",
)  # fmt: skip
# Those that let a name at one edit count as the same person (linkage spec, section 4).
WITHIN_TOLERANCE = frozenset({NEAR_ESTIMATE, YEAR_OFF_ONE, YEAR, SAME_DAY_OTHER_YEAR, DAY_OFF, DAY})
SAME_YEAR = frozenset({YEAR, DAY_OFF, DAY})


@lru_cache(maxsize=400_000)
def birth_level(left: Birth, right: Birth) -> int:
    """The level of two births. Symmetric."""
    year, month, day, guessed = left
    other_year, other_month, other_day, other_guessed = right
    if not year or not other_year:
        return MISSING
    apart = abs(year - other_year)
    if apart == 0:
        return _within_year(left, right)
    if day and (month, day) == (other_month, other_day):
        return SAME_DAY_OTHER_YEAR
    if apart == 1:
        return YEAR_OFF_ONE
    if apart <= 4 and (guessed or other_guessed):
        return NEAR_ESTIMATE
    if _is_one_digit(year, other_year):
        return DIGIT
    return FAR_ESTIMATE if apart <= 10 and guessed and other_guessed else CONFLICT


def _within_year(left: Birth, right: Birth) -> int:
    if not left.day or not right.day:
        return YEAR
    if left == right:
        return DAY
    swapped = (left.month, left.day) == (right.day, right.month)
    return DAY_OFF if left.month == right.month or left.day == right.day or swapped else YEAR


def _is_one_digit(left: int, right: int) -> bool:
    """Ten years off, or two digits exchanged: one slip of the finger."""
    return abs(left - right) == 10 or (
        left // 100 == right // 100 and left % 100 == right % 10 * 10 + right % 100 // 10
    )
