"""Phones, births and sexes as typed → in comparable form. The only file that knows phonenumbers."""

import re
from functools import lru_cache
from typing import NamedTuple

import phonenumbers

_REGIONS = ("KG", "TJ", "RU", "UZ", "KZ")
_HOMES = ("KG", "TJ")  # tried where a record names no country
_NOT_DIALLED = re.compile(r"[^\d+]")


@lru_cache(maxsize=100_000)
def read_phone(text: str, country: str = "") -> str:
    """A phone as typed → E.164, or "". `country` ("KG", "TJ"): how it is dialled there.

    0555 12 34 56, 996555123456, 93 123 45 67 and 8 10 992 93 123 45 67 are read alike.
    """
    digits = _NOT_DIALLED.sub("", text)[:20]
    if len(digits) < 9:
        return ""
    homes = (country,) if country in _REGIONS else _HOMES
    tries = [digits, f"+{digits.lstrip('+')}"]
    if digits.startswith("0"):
        tries.append(digits[1:])  # a trunk 0, which Tajikistan does not have and people type
    if digits.startswith("810"):
        tries.insert(0, f"+{digits[3:]}")  # how Russia dials abroad
    read = (_parse(each, home) for home in homes for each in tries)
    return next(filter(None, read), "")


def _parse(text: str, home: str) -> str:
    try:
        number = phonenumbers.parse(text, home)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    region = phonenumbers.region_code_for_number(number)
    if region not in _REGIONS or not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class Birth(NamedTuple):
    """A birth as compared; 0 where not known. `estimated`: the year may be some years off."""

    year: int = 0
    month: int = 0
    day: int = 0
    estimated: bool = False


_DATE = re.compile(r"^\D*(\d{4})(?:\D+(\d{1,2})(?:\D+(\d{1,2}))?)?")
_DAY_FIRST = re.compile(r"^\D*(\d{1,2})\D+(\d{1,2})\D+(\d{4})")


@lru_cache(maxsize=200_000)
def read_birth(text: str) -> Birth:
    """`2001-10-04`, `04.10.2001`, `2001-10`, `2001` → Birth; what cannot be read is no birth.

    The first of January is a year, not a day. A year alone, that day and multiples of 5 are
    estimates (ages heap on 0 and 5).
    """
    if found := _DAY_FIRST.match(text):
        day, month, year = (int(part) for part in found.groups())
    elif found := _DATE.match(text):
        year, month, day = (int(part or 0) for part in found.groups())
    else:
        return Birth()
    if not 1880 <= year <= 2100:
        return Birth()
    if not 1 <= month <= 12 or day > 31:
        month = day = 0
    if month == 1 and day in (0, 1):
        month = day = 0
    return Birth(year, month, day, estimated=day == 0 and month == 0)


_FEMALE = {"f", "female", "ж", "жен", "женский", "а", "аял", "аёл", "зан", "w", "woman", "2"}
_MALE = {"m", "male", "м", "муж", "мужской", "э", "эркек", "эркак", "мард", "man", "1"}


def read_sex(text: str) -> str:
    """ "M", "F" or "" from what lists and forms write."""
    word = text.strip().strip(".").lower()
    if word in _FEMALE:
        return "F"
    return "M" if word in _MALE else ""
