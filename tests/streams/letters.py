"""How one word is written: native letters, a Russian keyboard, look-alikes, several romanisations.

Every written form is made by a table from the native Cyrillic spelling, so that no list of names
has to hold its own variants. A scheme is a way one person types, not a standard: the tables mix
what passports, telephones and school rules do.
"""

from collections.abc import Callable
from functools import cache

Table = dict[str, str]

PLAIN: Table = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "yo", "ж": "zh", "з": "z",
    "и": "i", "й": "y", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
    "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sch",
    "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
    "ң": "ng", "ө": "o", "ү": "u", "ғ": "gh", "қ": "q", "ҳ": "h", "ҷ": "j", "ӣ": "i", "ӯ": "u",
    "ў": "o",
}  # fmt: skip
SCHEMES: dict[str, Table] = {
    "native": {},
    # Russian keyboard: the letters that are not on it are replaced by ear.
    "russian": {
        "ң": "н", "ө": "о", "ү": "у", "ғ": "г", "қ": "к", "ҳ": "х", "ҷ": "дж", "ӣ": "и", "ӯ": "у",
        "ў": "у",
    },
    "russian_soft": {
        "ң": "нг", "ө": "о", "ү": "ю", "ж": "дж", "ғ": "г", "қ": "к", "ҳ": "х", "ҷ": "дж", "ӣ": "и",
        "ӯ": "у", "ў": "у",
    },
    "russian_ear": {
        "ң": "н", "ө": "е", "ү": "у", "ғ": "г", "қ": "к", "ҳ": "х", "ҷ": "ж", "ӣ": "ий", "ӯ": "у",
        "ў": "о", "ё": "е", "ъ": "",
    },
    # The right shape from the wrong block of letters.
    "lookalike": {
        "ң": "ӊ", "ө": "ɵ", "ү": "v", "ғ": "г'", "қ": "к'", "ҳ": "ӽ", "ҷ": "ӌ", "ӯ": "ў", "ӣ": "й",
        "о": "o", "е": "e",
    },
    "passport": PLAIN | {"й": "i", "ю": "iu", "я": "ia", "ё": "e", "ҷ": "j", "қ": "k", "ғ": "g"},
    "english": PLAIN | {"ж": "j", "х": "h", "ы": "i"},
    "phone": PLAIN | {
        "ө": "e", "ү": "y", "ы": "i", "ң": "n", "х": "h", "қ": "k", "ғ": "g", "ё": "e", "ю": "u",
    },
    "turkish": PLAIN | {
        "ж": "c", "ч": "ç", "ш": "ş", "ү": "ü", "ө": "ö", "ы": "ı", "ң": "ñ", "х": "h", "ҷ": "c",
        "ғ": "ğ", "қ": "k",
    },
    "uzbek": PLAIN | {
        "ў": "o'", "ғ": "g'", "х": "x", "ж": "j", "ӯ": "o'", "ө": "o'", "ц": "s", "қ": "q",
    },
}  # fmt: skip
CYRILLIC = ("native", "russian", "russian_soft", "russian_ear", "lookalike")
LATIN = ("passport", "english", "phone", "turkish", "uzbek")

# Sounds that a keyboard writes as a habit and not letter by letter.
HABITS: dict[str, tuple[tuple[str, str], ...]] = {
    "russian": (("гүл", "гуль"), ("кул ", "куль ")),
    "russian_soft": (("гүл", "гюль"), ("гул", "гуль"), ("бүбү", "бюбю"), ("ийя", "ия")),
    "russian_ear": (("гүл", "гул"), ("ай", "ай"), ("сайё", "сае")),
    "passport": (("ий ", "y "), ("дж", "j"), ("кс", "x")),
    "english": (("дж", "j"), ("ий ", "y ")),
    "phone": (("ия", "ia"), ("ий ", "i ")),
}


@cache
def _writer(scheme: str) -> Callable[[str], str]:
    table = str.maketrans(SCHEMES[scheme])
    habits = HABITS.get(scheme, ())

    def write(word: str) -> str:
        text = word + " "
        for sound, spelling in habits:
            text = text.replace(sound, spelling)
        return text.translate(table).strip()

    return write


@cache
def written(word: str, scheme: str) -> str:
    """A native lower-case word as a scheme writes it, with a capital first letter."""
    text = _writer(scheme)(word.lower())
    return text[:1].upper() + text[1:]


NEIGHBOURS = {
    keys[i]: (keys[i - 1] if i else "") + (keys[i + 1] if i + 1 < len(keys) else "")
    for keys in (
        "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю", "qwertyuiop", "asdfghjkl", "zxcvbnm",
    )
    for i in range(len(keys))
}  # fmt: skip
