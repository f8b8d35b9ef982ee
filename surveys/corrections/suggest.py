"""Which choice a text behind "other" means: by its letters, and by what was said before. Pure.

Texts are folded as names are (linkage spec, section 3), so that neither script, marks nor letters
that only look alike tell them apart. Only what is clear is offered as chosen already.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from surveys.linkage.names import fold, is_one_edit
from surveys.xforms.schema import Choice

LEAST_LETTERS = 5  # of a fold that one letter may differ in, or that may stand in another
BEFORE, SAME, NEAR = "before", "same", "near"
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`why`: it was recoded so `times` before; its letters are those of a label, or nearly."""

    code: str
    why: str
    times: int = 0
    clear: bool = True


@dataclass(frozen=True, slots=True)
class Earlier:
    """Answers with one text that were recoded, and approved."""

    words: str
    code: str
    times: int


class Suggester:
    def __init__(self, choices: Iterable[Choice], earlier: Iterable[Earlier], other: str) -> None:
        """`other`: the code that is never meant."""
        self._labels: dict[str, set[str]] = {}
        codes = set()
        for choice in choices:
            if choice.name != other:
                codes.add(choice.name)
                for label in {choice.name, *choice.labels.values()}:
                    if folded := fold_text(label):
                        self._labels.setdefault(folded, set()).add(choice.name)
        self._earlier: dict[str, dict[str, int]] = {}
        for each in earlier:
            if each.code in codes:
                times = self._earlier.setdefault(fold_text(each.words), {})
                times[each.code] = times.get(each.code, 0) + each.times

    def suggest(self, words: str) -> Suggestion | None:
        """What was said of the same text before comes first, then labels; None where neither."""
        folded = fold_text(words)
        if not folded:
            return None
        if times := self._earlier.get(folded):
            code, most = min(times.items(), key=lambda item: (-item[1], item[0]))
            return Suggestion(code, BEFORE, most, clear=len(times) == 1)
        if codes := self._labels.get(folded):
            return Suggestion(min(codes), SAME, clear=len(codes) == 1)
        near = {
            code for label, codes in self._labels.items() if _near(folded, label) for code in codes
        }
        return Suggestion(near.pop(), NEAR, clear=False) if len(near) == 1 else None


def fold_text(text: str) -> str:
    """Its words folded; a word without letters, such as a number, stays as it is."""
    words = (fold(word) or (word if word.isdigit() else "") for word in _WORD.findall(text))
    return " ".join(word for word in words if word)


def most_meant(found: Mapping[str, Suggestion], counts: Mapping[str, int]) -> str:
    """The code that clear suggestions of most answers name; "" where there is none."""
    total: dict[str, int] = {}
    for words, suggestion in found.items():
        if suggestion.clear:
            total[suggestion.code] = total.get(suggestion.code, 0) + counts[words]
    return min(total, key=lambda code: (-total[code], code), default="")


def _near(left: str, right: str) -> bool:
    if min(len(left), len(right)) < LEAST_LETTERS:
        return False
    return is_one_edit(left, right) or _within(left.split(), right.split())


def _within(left: Sequence[str], right: Sequence[str]) -> bool:
    """Whether all words of one are words of the other."""
    return set(left) <= set(right) or set(right) <= set(left)
