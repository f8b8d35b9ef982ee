"""What the cells of a list say: phones, numbers, cards, places, countries, relations."""

from surveys.linkage.names import fold


def phones(text: str) -> tuple[str, ...]:
    """The phones of a cell that may hold several."""
    for mark in (";", "/", "\n", ","):
        text = text.replace(mark, "|")
    return tuple(filter(None, (part.strip() for part in text.split("|"))))


def place(text: str) -> str:
    """A place as compared: lists write names where tablets have codes."""
    return " ".join(text.lower().replace("ё", "е").split())


def number(text: str) -> float | None:
    """A number with a point or a comma; None where it is none."""
    try:
        return float(text.replace(",", ".")) if text else None
    except ValueError:
        return None


_LOOK_ALIKES = str.maketrans("АВЕКМНОРСТУХГЈ", "ABEKMHOPCTYXGJ")


def card_as_compared(text: str) -> str:
    """A card number in capital Latin letters and digits alone."""
    return "".join(ch for ch in text.upper().translate(_LOOK_ALIKES) if ch.isalnum())


_RELATIONS = {
    "head": "head глава башчы башчысы сардор сарвар",
    "spouse": "spouse wife husband жена муж супруга супруг аялы күйөөсү жубайы ҳамсар зан шавҳар",
    "child": "child son daughter сын дочь ребенок уулу кызы бала баласы писар духтар фарзанд",
    "child_in_law": "child_in_law daughter-in-law невестка сноха зять келин күйөө арӯс домод",
    "grandchild": "grandchild grandson granddaughter внук внучка небере небереси набера",
    "parent": "parent mother father мать отец ата апа эне ата-эне падар модар",
    "sibling": "sibling brother sister брат сестра ага ини эже сиңди бародар хоҳар",
}
_CODE = {fold(word): code for code, words in _RELATIONS.items() for word in words.split()}


def relation_code(text: str) -> str:
    """Head, spouse, child … from what lists write; "other" where it is something else."""
    words = [fold(word) for word in text.replace("_", " ").split()]
    whole = fold(text)
    found = (_CODE[word] for word in [whole, *words] if word in _CODE)
    return next(found, "other" if whole else "")


_COUNTRIES = {
    "KG": "kg kyrgyzstan кыргызстан киргизия кыргызская киргизская қирғизистон қирғизистон",
    "TJ": "tj tajikistan таджикистан тоҷикистон точикистон",
    "UZ": "uz uzbekistan узбекистан ўзбекистон өзбекстан",
    "KZ": "kz kazakhstan казахстан қазақстан",
    "RU": "ru russia россия орусия",
}
_COUNTRY = {fold(word): code for code, words in _COUNTRIES.items() for word in words.split()}


def country_code(text: str) -> str:
    """KG, TJ, UZ, KZ or RU, by which phones are read; "" where it is something else."""
    return next((_COUNTRY[word] for word in map(fold, text.split()) if word in _COUNTRY), "")
