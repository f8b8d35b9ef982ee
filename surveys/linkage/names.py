"""One name across scripts and spellings: its fold, its skeleton, the parts of a full name.

Kyrgyz, Tajik, Uzbek and Russian Cyrillic and Latin (linkage spec, section 3). A fold is for
comparing; a skeleton for finding only, since it joins names of different people.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from sys import intern

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
_NO_SPACE = re.compile(r"(?<=[a-zа-яёғқҳҷӣӯңөү]{3})(?=[A-ZА-ЯЁҒҚҲҶӢӮҢӨҮ][a-zа-яёғқҳҷӣӯңөү])")
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
    map(fold, ("уулу", "уул", "ulu", "оглы", "оглу", "ўғли", "ogli", "кызы", "кыз", "қизи"))
)
_PATRONYMIC = re.compile(r"^(.{2,}?)(?:[ai]vich|[ai]vn[ai]|inichna)$")
_FAMILY = re.compile(r"^(.{2,}?)(?:[ai]va?|zada)$")


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
    plain = _NO_SPACE.sub(" ", _INSIDE_A_WORD.sub("", text))
    words = [fold(word) for word in _WORD.findall(plain)]
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
        elif _FAMILY.match(word):
            families.append(stem(word))
        else:
            given.append(word)
    if not given and len(families) > 1:
        given = [families.pop()]
    return NameParts(tuple(given), tuple(families), tuple(fathers), tuple(initials))


@lru_cache(maxsize=100_000)
def stem(folded: str) -> str:
    """A family name without its ending: Каримов, Каримова, Каримзода, Каримӣ, Карим are one."""
    found = _FAMILY.match(folded)
    bare = found[1] if found else folded
    return bare.rstrip(_VOWELS) if len(bare.rstrip(_VOWELS)) >= 2 else bare


_HONORIFIC = re.compile(
    r"^(.{3,}?)(?:bik|ba|jan|chan|han|hun|kan|gul|kul|sha|shah|ali|bibi|bubu|mat|din)$"
)
# Short names → what they may stand for; both sides as people write them here.
_SHORT_NAMES = {
    "Абду": "Абдулло Абдураҳмон Абдыкадыр",
    "Азик": "Азамат Азиз Азизбек",
    "Айка": "Айгүл Айнура Айжан Айсулуу Айпери Айбек",
    "Бака": "Бакыт Бактыгүл Бакытбек",
    "Бакыт": "Бактыгүл Бактыбек",
    "Гука": "Гүлнара Гүлмира Гүлжан",
    "Гуля": "Гүлнара Гүлмира Гүлзат Гүлсара Гүлбара Гүлжан Гүлсана Гүлназ Гулчеҳра",
    "Дила": "Дилбар Дилноза Дилрабо Дилфуза",
    "Жека": "Жээнбек Жеңишбек Жылдыз",
    "Лена": "Елена",
    "Мака": "Максат Максатбек Мактым",
    "Мамат": "Муҳаммад Мамбет Маматали",
    "Маҳмад": "Муҳаммад Маҳмуд",
    "Мира": "Гүлмира Эльмира",
    "Назик": "Назира Назгүл Нозия Назикгүл Нозанин",
    "Нура": "Нургүл Нурзат Нургиза",
    "Нурик": "Нурлан Нурбек Нурсултан Нургүл Нурзат",
    "Саша": "Александр Александра",
    "Таня": "Татьяна",
    "Эла": "Эльмира Элнура Эльвира",
}
_SHORT = {
    fold(short): frozenset(fold(full) for full in fulls.split())
    for short, fulls in _SHORT_NAMES.items()
}

DIFFERENT, INITIAL, ALIKE, NEAR, EQUAL = 0, 1, 2, 3, 4


@lru_cache(maxsize=400_000)
def given_level(left: str, right: str) -> int:
    """How two folded given names agree: one of DIFFERENT, ALIKE, NEAR, EQUAL. Symmetric.

    ALIKE (skeletons equal or, when long, one edit apart) counts only where the birth year agrees:
    it joins Асан with Үсөн, who are typically twins.
    """
    if left == right:
        return EQUAL
    if right in _SHORT.get(left, ()) or left in _SHORT.get(right, ()):
        return NEAR
    if _differ_in_an_ending(left, right) or _differ_in_a_letter(left, right):
        return NEAR
    return ALIKE if _sound_alike(left, right) else DIFFERENT


def _differ_in_an_ending(left: str, right: str) -> bool:
    bare, other = bare_name(left), bare_name(right)
    if bare == other:
        return len(bare) >= _LONG_ENOUGH
    return bare == right.rstrip(_VOWELS) or other == left.rstrip(_VOWELS)


def _differ_in_a_letter(left: str, right: str) -> bool:
    if min(len(left), len(right)) < _LONG_ENOUGH:
        return False
    return is_one_edit(left, right) or right in _letter_lost(left) or left in _letter_lost(right)


def _sound_alike(left: str, right: str) -> bool:
    bones, other = skeleton(left), skeleton(right)
    if bones == other:
        return True
    if min(len(bones), len(other)) >= _LONG_ENOUGH and is_one_edit(bones, other):
        return True
    return min(len(left), len(right)) >= _LONG_ENOUGH and (
        left.startswith(right) or right.startswith(left)
    )


@lru_cache(maxsize=100_000)
def _letter_lost(folded: str) -> frozenset[str]:
    """The folds of a name with one letter not typed: Зариа for Зарина folds to zara."""
    return frozenset(fold(folded[:i] + folded[i + 1 :]) for i in range(len(folded)))


_LONG_ENOUGH = 4  # letters, so that one edit is not another name


@lru_cache(maxsize=100_000)
def variants(folded: str) -> tuple[str, ...]:
    """What a given name shares with every name that is not DIFFERENT from it, each once.

    Two words one edit apart share the word without one letter (as SymSpell finds them). So the
    names alike of two lists are found by one intersection of sets.
    """
    bones = skeleton(folded)
    found = [folded, f"={bare_name(folded)}", f"={folded.rstrip(_VOWELS)}", f"~{bones}"]
    found += _SHORT.get(folded, ())
    if len(folded) >= _LONG_ENOUGH:
        found += [folded[:i] + folded[i + 1 :] for i in range(len(folded))]
        found += _letter_lost(folded)
        found.append(f"^{folded[:_LONG_ENOUGH]}")
    if len(bones) >= _LONG_ENOUGH:
        found += [f"~{bones[:i]}{bones[i + 1 :]}" for i in range(len(bones))]
    return tuple(map(intern, dict.fromkeys(found)))


@lru_cache(maxsize=100_000)
def bare_name(folded: str) -> str:
    """A given name without an honorific ending (-бек, -бай, -жон, -ҷон, -хон, -ой …)."""
    found = _HONORIFIC.match(folded)
    bare = (found[1] if found else folded).rstrip(_VOWELS)
    return bare if len(bare) >= 3 else folded


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
    swapped = len(rest) > 1 and rest[0] == other[1] and rest[1] == other[0]
    return rest[1:] == other[1:] or (swapped and rest[2:] == other[2:])
