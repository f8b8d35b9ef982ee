"""What tells one household from another; for now the number of its card. Pure."""

import re
import unicodedata

# Typed with the keyboard in Cyrillic: letters that look alike, and those people write for G and J.
_LATIN = str.maketrans("АВЕКМНОРСТУХІЈЅГЖҶ", "ABEKMHOPCTYXIJSGJJ")
_LETTER_O_IN_NUMBER = re.compile(r"(?<=[A-Z]{2})[0-9O]+$")


def normalize_card_number(text: str) -> str:
    """`KG-06-00123`, `kg 06 00123` and `КГ0600123` (in Cyrillic) as one: `KG0600123`.

    Only letters and digits count; a letter O within the number is a zero. "" where neither is left.
    """
    plain = unicodedata.normalize("NFKC", text.replace("№", "")).upper().translate(_LATIN)
    kept = "".join(ch for ch in plain if ch.isalnum())
    return _LETTER_O_IN_NUMBER.sub(lambda number: number[0].replace("O", "0"), kept)
