"""One name across scripts and spellings: its fold, its skeleton, the parts of a full name.

Kyrgyz, Tajik, Uzbek and Russian Cyrillic and Latin (linkage spec, section 3). A fold is for
comparing; a skeleton for finding only, since it joins names of different people.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# Letters of another alphabet typed inside a Cyrillic word, because they look the same.
_LOOK_ALIKES = str.maketrans("aceopxyijhkmtbɵӊѓќӽӌγ", "асеорхуіјһкмтвөңғқҳҷү")
_TO_LATIN = str.maketrans({
    "а": "a", "б": "b", "в": "v", "г": "g", "ғ": "g", "д": "d", "е": "e", "ё": "yo", "ж": "j",
    "җ": "j", "ҷ": "j", "з": "z", "и": "i", "і": "i", "й": "y", "ӣ": "i", "ј": "y", "к": "k",
    "қ": "k", "л": "l", "м": "m", "н": "n", "ң": "n", "о": "o", "ө": "o", "п": "p", "р": "r",
    "с": "s", "т": "t", "у": "u", "ү": "u", "ӯ": "u", "ў": "u", "ұ": "u", "ф": "f", "х": "h",
    "ҳ": "h", "һ": "h", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sh", "ъ": "", "ы": "i", "ь": "",
    "э": "e", "ю": "yu", "я": "ya", "ı": "i", "ə": "a", "ә": "a", "ɵ": "o", "ø": "o",
})  # fmt: skip
_SOUNDS = (
    ("dzh", "j"), ("dj", "j"), ("zh", "j"), ("kh", "h"), ("gh", "g"), ("x", "h"), ("q", "k"),
    ("ng", "n"), ("sch", "sh"), ("ts", "s"), ("w", "v"), ("y", "i"), ("o", "a"), ("e", "i"),
)  # fmt: skip
_GLIDE = re.compile(r"i(?=[aeou])|(?<=[aeou])i")
_DOUBLE = re.compile(r"(.)\1+")
_CYRILLIC = re.compile(r"[Ѐ-ӿ]")
_WORD = re.compile(r"[^\W\d_]+")
_INSIDE_A_WORD = re.compile(r"[-ʻʼ’‘'`´ʹ\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\u00ad]")
_VOWELS = "aiou"


def fold(text: str) -> str:
    """A word as compared: Latin letters, no marks, one spelling a sound. Folding twice is folding.

    "" where no letter of these alphabets is left.
    """
    word = unicodedata.normalize("NFC", text).lower()
    if _CYRILLIC.search(word):
        word = word.translate(_LOOK_ALIKES)
    word = unicodedata.normalize("NFKD", word.translate(_TO_LATIN)).lower()
    word = "".join(ch for ch in word if "a" <= ch <= "z")
    before = None
    while word != before:  # dropping a letter may bring two others together
        before = word
        word = _GLIDE.sub("", word)
        for spelled, sound in _SOUNDS:
            word = word.replace(spelled, sound)
        word = _DOUBLE.sub(r"\1", word)
    return word


@lru_cache(maxsize=100_000)
def skeleton(folded: str) -> str:
    """The first letter of a fold, any vowel as A, and its consonants: for finding only."""
    if not folded:
        return ""
    first = "A" if folded[0] in _VOWELS else folded[0]
    rest = "".join(ch for ch in folded[1:] if ch not in _VOWELS)
    return _DOUBLE.sub(r"\1", (first + rest).replace("ch", "c").replace("sh", "s"))


# Words after a father's name: "Токтогул уулу", "Асан кызы"; "к." and "у." are read by `_particle`.
_CHILD_OF = frozenset(
    fold(word)
    for word in "уулу уул улуу оглы оглу ўғли угли ogli oʻgʻli ulu uly кызы кизи кыз қизи gizi"
    " qizi kyzy kizi духтари писари".split()
)
_PATRONYMIC = re.compile(r"^(.{2,}?)(?:[ai]vich|[ai]vn[ai]|inichna|ich)$")
_FAMILY = re.compile(r"^(.{2,}?)(?:[ai]va?|zada|in|ina)$")
_SURE_FAMILY = re.compile(r"^(.{2,}?)(?:[ai]va?|zada)$")


@dataclass(frozen=True, slots=True)
class NameParts:
    """Folds of a full name: what is surely not a family name, stems of those that are, the rest.

    `given`: given names, and plain words that may be a family name without its ending.
    `families`, `fathers`: stems (Каримова, Каримзода, Карим → karim). `initials`: first letters.
    """

    given: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    fathers: tuple[str, ...] = ()
    initials: tuple[str, ...] = ()


@lru_cache(maxsize=100_000)
def name_parts(text: str) -> NameParts:
    """The parts of a full name as typed, in whatever order they stand."""
    words = [fold(word) for word in _WORD.findall(_INSIDE_A_WORD.sub("", text))]
    given: list[str] = []
    families: list[str] = []
    fathers: list[str] = []
    initials: list[str] = []
    for word in words:
        if word in _CHILD_OF and (given or families):
            fathers.append(stem(given.pop() if given else families.pop()))
        elif len(word) < 2:
            initials += [word] if word else []
        elif found := _PATRONYMIC.match(word):
            fathers.append(stem(found[1]))
        elif _SURE_FAMILY.match(word):
            families.append(stem(word))
        else:
            given.append(word)
    if not given and len(families) > 1:
        given = [families.pop()]
    return NameParts(tuple(given), tuple(families), tuple(fathers), tuple(initials))


@lru_cache(maxsize=100_000)
def stem(folded: str) -> str:
    """A family name without its ending: Каримов, Каримова, Каримзода, Каримӣ, Карим are one."""
    found = _SURE_FAMILY.match(folded)
    bare = found[1] if found else folded
    return bare.rstrip(_VOWELS) if len(bare.rstrip(_VOWELS)) >= 2 else bare


_HONORIFIC = re.compile(
    r"^(.{3,}?)(?:bik|bai|ba|jan|jan|chan|han|hun|a|gul|kul|sha|ali|bibi|bubu|mat|din)$"
)
# Short names → what they may stand for; both sides as people write them here.
_SHORT_NAMES = {
    "Гуля": "Гүлнара Гүлмира Гүлзат Гүлсара Гүлбара Гүлжан Гүлсана Гүлназ Гулчеҳра",
    "Назик": "Назира Назгүл Нозия Назикгүл Нозанин",
    "Маҳмад": "Муҳаммад Маҳмуд",
    "Мамат": "Муҳаммад Мамбет Маматали",
    "Бакыт": "Бактыгүл Бактыбек",
    "Айка": "Айгүл Айнура Айжан Айсулуу Айпери",
    "Нура": "Нургүл Нурзат Нургиза",
    "Мира": "Гүлмира Эльмира",
    "Дила": "Дилбар Дилноза Дилрабо",
    "Жылдыз": "Жылдызбүбү Жылдызкан",
    "Абду": "Абдулло Абдураҳмон",
    "Саша": "Александр Александра",
    "Таня": "Татьяна",
    "Лена": "Елена",
}
_SHORT = {
    fold(short): frozenset(fold(full) for full in fulls.split())
    for short, fulls in _SHORT_NAMES.items()
}

DIFFERENT, INITIAL, ALIKE, NEAR, EQUAL = 0, 1, 2, 3, 4


@lru_cache(maxsize=400_000)
def given_level(left: str, right: str) -> int:
    """How two folded given names agree: one of DIFFERENT, ALIKE, NEAR, EQUAL. Symmetric.

    ALIKE (the same skeleton, or Jaro-Winkler ≥ 0.9) counts only where the birth year agrees:
    it joins Асан with Үсөн, who are typically twins.
    """
    if left == right:
        return EQUAL
    if is_one_edit(left, right) and min(len(left), len(right)) >= 4:
        return NEAR
    if bare_name(left) == bare_name(right):
        return NEAR
    if right in _SHORT.get(left, ()) or left in _SHORT.get(right, ()):
        return NEAR
    if skeleton(left) == skeleton(right) or jaro_winkler(left, right) >= 0.9:
        return ALIKE
    return DIFFERENT


@lru_cache(maxsize=100_000)
def bare_name(folded: str) -> str:
    """A given name without an honorific ending (-бек, -бай, -жон, -ҷон, -хон, -ой …)."""
    found = _HONORIFIC.match(folded)
    return found[1] if found and len(found[1]) >= 4 else folded


def is_one_edit(left: str, right: str) -> bool:
    """Whether one letter added, dropped, changed, or swapped with its neighbour makes them one."""
    if len(left) > len(right):
        left, right = right, left
    if len(right) - len(left) > 1:
        return False
    start = 0
    while start < len(left) and left[start] == right[start]:
        start += 1
    rest, other = left[start:], right[start:]
    if len(left) < len(right):
        return rest == other[1:]
    return rest[1:] == other[1:] or (
        len(rest) > 1 and rest[0] == other[1] and rest[1] == other[0] and rest[2:] == other[2:]
    )


def jaro_winkler(left: str, right: str) -> float:
    """Jaro-Winkler similarity, 0 to 1, with a prefix of up to four letters (Winkler 1990)."""
    if not left or not right:
        return 0.0
    reach = max(len(left), len(right)) // 2 - 1
    taken = [False] * len(right)
    matched = []
    for i, letter in enumerate(left):
        for j in range(max(0, i - reach), min(len(right), i + reach + 1)):
            if not taken[j] and right[j] == letter:
                taken[j] = True
                matched.append(letter)
                break
    if not matched:
        return 0.0
    others = [letter for letter, used in zip(right, taken, strict=True) if used]
    swaps = sum(a != b for a, b in zip(matched, others, strict=True)) / 2
    n = len(matched)
    jaro = (n / len(left) + n / len(right) + (n - swaps) / n) / 3
    prefix = next((i for i in range(4) if left[i : i + 1] != right[i : i + 1]), 4)
    return jaro + min(prefix, 4, len(left), len(right)) * 0.1 * (1 - jaro)
