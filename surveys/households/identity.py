"""What tells one household from another; for now the number of its card. Pure."""

import re
import unicodedata

# Typed with the keyboard in Cyrillic: letters that look alike, and those people write for G and J.
_LATIN = str.maketrans("АВЕКМНОРСТУХІЈЅГЖҶ", "ABEKMHOPCTYXIJSGJJ")
_PROGRAMME_CARD = re.compile(r"([A-Z]{2})([0-9]{2})([0-9]{5})")
_LETTER_O_IN_NUMBER = re.compile(r"(?<=[A-Z]{2})[0-9O]+$")


def normalize_card_number(text: str) -> str:
    """`kg 06 00123`, `KG-06-OO123` and `КГ0600123` (in Cyrillic) as one: `KG-06-00123`.

    Only letters and digits count; a letter O within the number is a zero. A number of another make
    is kept without hyphens; "" where neither letter nor digit is left.
    """
    plain = unicodedata.normalize("NFKC", text.replace("№", "")).upper().translate(_LATIN)
    kept = "".join(ch for ch in plain if ch.isalnum())
    number = _LETTER_O_IN_NUMBER.sub(lambda found: found[0].replace("O", "0"), kept)
    card = _PROGRAMME_CARD.fullmatch(number)
    return "-".join(card.groups()) if card else number
