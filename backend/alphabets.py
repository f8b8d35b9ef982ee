"""alphabetical: the order of names as the languages of the field have it. Pure.

Byte by byte Ң Ө Ү Ғ Қ Ҳ Ҷ and Ё come after Я. One order serves Kyrgyz, Tajik and Russian, for no
letter stands elsewhere in another of them; only Ё is a letter of its own in the first two, and
counts as Е in Russian. Latin letters come before Cyrillic ones, digits before letters, spaces and
signs before all; case and accents decide between names that are else the same.
"""

import unicodedata

LATIN = "abcdefghijklmnopqrstuvwxyz"
CYRILLIC = "абвгғдеёжзиӣйкқлмнңоөпрстуӯүфхҳцчҷшщъыьэюя"
_LETTER = {letter: at for at, letter in enumerate(LATIN + CYRILLIC)}
_SIGN, _DIGIT, _KNOWN, _OTHER = range(4)
Key = tuple[tuple[tuple[int, int], ...], str]


def alphabetical(text: str, language: str = "") -> Key:
    """What to sort texts by; `language` as in `ru` or `ru-RU`."""
    composed = unicodedata.normalize("NFC", text)
    russian = language.split("-")[0] == "ru"
    folded = composed.casefold()
    letters = folded.replace("ё", "е") if russian else folded
    return tuple(map(_weight, letters)), composed


def _weight(letter: str) -> tuple[int, int]:
    if letter in _LETTER:
        return _KNOWN, _LETTER[letter]
    base = unicodedata.normalize("NFD", letter)[0]
    if base in _LETTER:
        return _KNOWN, _LETTER[base]
    if letter.isdigit():
        return _DIGIT, ord(letter)
    return (_OTHER if letter.isalpha() else _SIGN), ord(letter)
