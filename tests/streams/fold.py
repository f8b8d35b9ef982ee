"""A yardstick for names: letters of any script to one spelling, and slips of one letter.

Only for measuring streams; an engine has its own, and this one must not help it.
"""

import unicodedata
from functools import cache

_LETTERS = str.maketrans({
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "i", "ё": "io", "ж": "j", "з": "z",
    "и": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "a", "п": "p", "р": "r",
    "с": "s", "т": "t", "у": "u", "ф": "f", "х": "h", "ц": "s", "ч": "ch", "ш": "sh", "щ": "sh",
    "ъ": "", "ы": "i", "ь": "", "э": "i", "ю": "iu", "я": "ia", "ң": "n", "ө": "a", "ү": "u",
    "ғ": "g", "қ": "k", "ҳ": "h", "ҷ": "j", "ӣ": "i", "ӯ": "u", "ў": "u", "ɵ": "a", "ӽ": "h",
    "ӌ": "j", "ӊ": "n", "ı": "i", "o": "a", "e": "i", "y": "i", "q": "k", "'": "",
})  # fmt: skip
_SOUNDS = (("dj", "j"), ("dzh", "j"), ("zh", "j"), ("kh", "h"), ("gh", "g"), ("ng", "n"),
           ("ts", "s"), ("iu", "u"), ("ia", "a"), ("ii", "i"))  # fmt: skip


@cache
def fold(word: str) -> str:
    """One spelling for the ways in which a name is written; not for merging anybody."""
    text = unicodedata.normalize("NFC", word).lower().translate(_LETTERS)
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if c.isalnum())
    for sound, letter in _SOUNDS:
        text = text.replace(sound, letter)
    kept = "".join(c for at, c in enumerate(text) if at == 0 or c != text[at - 1])
    return kept.rstrip("i") or kept


@cache
def within_one_edit(one: str, two: str) -> bool:
    """Equal but for one letter added, left out, changed, or exchanged with its neighbour."""
    if abs(len(one) - len(two)) > 1:
        return False
    if len(one) > len(two):
        one, two = two, one
    at = next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), len(one))
    if len(one) < len(two):
        return one[at:] == two[at + 1 :]
    exchanged = one[at : at + 2] == two[at : at + 2][::-1] and one[at + 2 :] == two[at + 2 :]
    return one[at + 1 :] == two[at + 1 :] or exchanged
