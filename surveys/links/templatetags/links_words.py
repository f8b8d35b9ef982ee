"""What templates of linkage lack: bits with a sign, marks, words of codes."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from surveys.links.words import brake_words, ready_words, veto_words, written_distance
from surveys.links.words import verdict_words as words_of_verdict

MARKS = {
    "same": ("=", _("the same")),
    "close": ("≈", _("nearly the same")),
    "differs": ("≠", _("different")),
    "alone": ("+", _("only in this record")),
    "missing": ("–", _("not there")),
}
VETO_NAMES = {
    "roster_too_weak": _("roster too weak"),
    "children_differ": _("children differ"),
    "heads_differ": _("heads differ"),
    "too_far": _("too far"),
    "split_household": _("split household"),
    "spouses_differ": _("spouses differ"),
    "couples_differ": _("couples differ"),
    "two_doors": _("two doors"),
    "two_cards": _("two cards"),
    "not_the_same": _("not the same"),
    "two_of_one_submission": _("two of one submission"),
    "cluster_too_large": _("cluster too large"),
    "cross_pairs_vetoed": _("cross pairs vetoed"),
    "card_differs": _("card differs"),
    "person_not_listed": _("person not listed"),
    "card_shared": _("card shared"),
}
KEYS = {"same": "s", "different": "d", "unsure": "l"}
register = template.Library()


@register.filter
def bits(number: float) -> str:
    """A weight with its sign: +11.4, −3.0."""
    sign = "−" if round(number, 1) < 0 else "+"
    return sign + number_format(abs(round(number, 1)), 1)


@register.filter
def mark_sign(mark: str) -> str:
    return MARKS.get(mark, ("", ""))[0]


@register.filter
def mark_words(mark: str) -> str:
    words = MARKS.get(mark, ("", ""))[1]
    return gettext(words) if words else ""


@register.filter
def veto(code: str) -> str:
    return veto_words(code)


@register.filter
def brake(code: str) -> str:
    return brake_words(code)


@register.filter
def veto_name(code: str) -> str:
    """A veto in two or three words; `veto` has the sentence."""
    return gettext(VETO_NAMES[code]) if code in VETO_NAMES else code.replace("_", " ")


@register.filter
def reason_words(reason: str) -> str:
    """A ready reason in the language of the page; whatever was typed stays as it is."""
    return ready_words(reason) or reason


@register.filter
def at(words: Mapping[Any, str], key: Any) -> Any:
    return words.get(key, "")


@register.filter
def key(verdict: str) -> str:
    return KEYS[verdict]


@register.filter
def verdict_words(verdict: str) -> str:
    return words_of_verdict(verdict)


@register.filter
def distance(words: str) -> str:
    """A distance in words as it is written in the language of the page."""
    return written_distance(words)


@register.filter
def agreement(hint: str) -> str:
    """How name and birth of two members agree, in words: `close same`; nothing where unsaid."""
    if not hint:
        return ""
    name, birth = hint.split()
    return gettext("name %(name)s, birth %(birth)s") % {
        "name": mark_words(name),
        "birth": mark_words(birth),
    }
