"""Which answers of a question say that there is none: refused, don't know, not applicable. Pure.

The survey sheet's `missing` column says it (`dont_know=98 refused=88,99`, or `none`); where it is
empty, conventions do. A choice counts by its code only while its label does not say otherwise: DK
is Denmark in some lists. `docs/forms.md` shows the same to form authors.
"""

import re

REFUSED, DONT_KNOW, NOT_APPLICABLE = "refused", "dont_know", "not_applicable"
CODED = (REFUSED, DONT_KNOW, NOT_APPLICABLE)
NONE = "none"

_BY_WORD = {
    **dict.fromkeys(("dk", "dnk", "dontknow", "donotknow"), DONT_KNOW),
    **dict.fromkeys(("refused", "refuse", "refusal"), REFUSED),
    **dict.fromkeys(("na", "notapplicable"), NOT_APPLICABLE),
}
_BY_NUMBER = {
    **dict.fromkeys(("88", "888", "8888"), REFUSED),
    **dict.fromkeys(("99", "999"), DONT_KNOW),
    **dict.fromkeys(("77", "777", "9999"), NOT_APPLICABLE),
}
_LABELS = {
    DONT_KNOW: re.compile(r"\b(do(n['’]?t| not) know|не зна[юе]|билбей|намедон)", re.I),
    REFUSED: re.compile(r"\b(refus|declin|prefer not|отказ|баш тарт|рад кард)", re.I),
    NOT_APPLICABLE: re.compile(r"\b(not applicable|n/a\b|не ?применим|колдонулбайт)", re.I),
}
# Of a number only what no count or amount can be.
_NEGATIVE = {
    **{f"-{code}": kind for code, kind in _BY_NUMBER.items() if code != "9999"},
    "-9999": NOT_APPLICABLE,
}
# What became of a visit is an answer, also where the family refused it.
_OUTCOME = re.compile(r"(^|_)(trace|result|outcome|status|consent|refusal)(_|$)", re.I)
_PAIR = re.compile(r"([a-z_]+)=([^\s=,;]+(?:,[^\s=,;]+)*)")


def read_missing(text: str) -> dict[str, str]:
    """Code → kind of `dont_know=98 refused=88,99`; of `none` nothing. Raises ValueError."""
    words = text.replace(";", " ").split()
    codes: dict[str, str] = {}
    for word in words if words != [NONE] else ():
        pair = _PAIR.fullmatch(word)
        if pair is None or pair[1] not in CODED:
            raise ValueError(word)
        codes |= dict.fromkeys(pair[2].split(","), pair[1])
    return codes


def codes_by_convention(
    *, name: str, type_: str, choices: list[tuple[str, list[str]]]
) -> dict[str, str]:
    """Code → kind, of a question whose author said nothing; `choices` are codes with labels."""
    if _OUTCOME.search(name):
        return {}
    if type_ in {"integer", "decimal"}:
        return dict(_NEGATIVE)
    found = {code: _kind(code, labels) for code, labels in choices}
    return {code: kind for code, kind in found.items() if kind}


def _kind(code: str, labels: list[str]) -> str:
    plain = re.sub(r"[^a-z0-9]", "", code.lower())
    by_code = _BY_WORD.get(plain) or _BY_NUMBER.get(plain, "")
    if not by_code:
        return ""
    said = {kind for kind, words in _LABELS.items() if any(map(words.search, labels))}
    if not any(labels):
        return by_code
    if len(said) == 1:  # 77, 88 and 99 mean what the label says
        return said.pop()
    return by_code if by_code in said else ""
