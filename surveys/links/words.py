"""What linkage found, in words a supervisor reads: all in one place. The tables are English; the
functions speak the language of the page.

Codes are the engine's (docs/linkage.md); a code without words here is shown as it is.
"""

from collections.abc import Mapping

from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

COMPARISONS: Mapping[str, str] = {
    "prior": _("Before looking"),
    "roster": _("The people"),
    "coverage": _("How many of them"),
    "head": _("The head"),
    "children": _("The children"),
    "phone": _("The phone"),
    "gps": _("Where they live"),
    "village": _("The village"),
    "surname": _("The family name"),
    "place_cap": _("Said twice"),
    "card": _("The card"),
}
# What each level means; a level that is not here is worded by `sentence`.
LEVELS: Mapping[str, Mapping[str, str]] = {
    "prior": {"": _("Of two records that are compared at all, few are one household.")},
    "roster": {
        "missing": _("One of the records lists nobody."),
        "under_0": _("The lists speak against each other."),
    },
    "coverage": {
        "missing": _("One of the records lists nobody."),
        "none": _("Nobody of the shorter list is surely in the other."),
        "some": _("Fewer than half of the shorter list are surely in the other."),
        "half": _("At least half of the shorter list are surely in the other."),
        "most": _("Three quarters or more of the shorter list are surely in the other."),
        "all": _("Everybody of the shorter list is surely in the other."),
    },
    "head": {
        "missing": _("One of the records names no head."),
        "nowhere": _("Neither head is in the other list."),
        "elsewhere": _("One head is in the other list, as somebody else."),
        "same_weak": _("The same head, not quite surely."),
        "same": _("The same head."),
        "swapped": _("Each head is in the other list: they may have changed places."),
    },
    "children": {
        "missing": _("One of the records lists no children."),
        "none": _("Both list children, and none is the same."),
        "none_of_one": _("The only child is not in the other list."),
        "few": _("Few children are the same."),
        "half": _("At least half of the children are the same."),
        "all_of_one": _("The only child is in the other list."),
        "all": _("All children are the same."),
    },
    "phone": {
        "missing": _("No phone to compare, or one that very many households gave."),
        "different": _("Different phones."),
        "equal_shared": _("The same phone, which other households gave too."),
        "equal": _("The same phone, and hardly anybody else's."),
    },
    "gps": {
        "missing": _("A point is missing."),
        "far": _("More than 4 km apart."),
        "within_4_km": _("Within 4 km."),
        "within_700_m": _("Within 700 m."),
        "within_150_m": _("Within 150 m."),
        "within_40_m": _("Within 40 m: the same yard."),
    },
    "village": {
        "missing": _("A village is missing."),
        "different": _("Different villages."),
        "same": _("The same village."),
    },
    "surname": {
        "missing": _("A family name is missing."),
        "different": _("Different family names."),
        "same": _("The same family name, which many have here."),
        "alike": _("Family names that are nearly the same."),
        "same_rare": _("The same family name, which few have here."),
    },
    "place_cap": {"0": _("Phone, point, village and family name say no more than they may.")},
    "card": {
        "missing": _("No card to compare, or one that very many gave."),
        "different": _("Different card numbers."),
        "misread": _("Card numbers that differ in one digit easily misread."),
        "equal_shared": _("The same card number, which others gave too."),
        "equal": _("The same card number."),
    },
}
VETOES: Mapping[str, str] = {
    "roster_too_weak": _("Fewer than two people, or under half of the shorter list, are the same."),
    "children_differ": _("Both list children and have none in common."),
    "heads_differ": _("Neither head is anywhere in the other list."),
    "too_far": _("More than 4 km apart, and no rare phone in common."),
    "split_household": _(
        "One is a small part of the other under another head: they may have parted."
    ),
    "spouses_differ": _("The same head with another spouse: widowed, or a second household."),
    "couples_differ": _("One half of the couple is the same, the other was born in another year."),
    "two_doors": _("One enumerator in one round, with another phone at another point: two doors."),
    "two_cards": _("Another card number and another phone: two households."),
    "not_the_same": _("A person has said that they are not the same."),
    "two_of_one_submission": _("Two people of one record would become one."),
    "cluster_too_large": _("Together they would be more records than a household should have."),
    "cross_pairs_vetoed": _("Other records of the two households speak against each other."),
    "card_differs": _("The form names another card than its household has."),
    "person_not_listed": _("The person that the form names is nobody of its household."),
    "card_shared": _("The form names a card that several households have."),
}
BRAKES: Mapping[str, str] = {
    "device_duplicates": _("Many of the last records of this tablet are duplicates."),
    "enumerator_duplicates": _("Many of the last records of this enumerator are duplicates."),
    "batch_duplicates": _("More than half of a batch were duplicates."),
    "record_hits": _("One record fits more than five others."),
}
VERDICTS: Mapping[str, str] = {
    "same": _("The same household"),
    "different": _("Different households"),
    "unsure": _("Later"),
    "withdrawn": _("Taken back"),
    "parted": _("Taken back: different households from now on"),
}
# Ready reasons, for a click or a digit; whatever else is typed. None names anybody.
REASONS: Mapping[str, tuple[str, ...]] = {
    "same": (
        _("The same people"),
        _("The same people, written differently"),
        _("The same people, moved house"),
        _("They were asked"),
        _("The enumerator was asked"),
    ),
    "different": (
        _("Other people"),
        _("Relatives in one yard"),
        _("Only the phone or card is shared"),
        _("They parted: two households now"),
        _("They were asked"),
    ),
    "unsure": (
        _("To be asked on the next visit"),
        _("The records say too little"),
        _("Someone else should look"),
    ),
}

UNDONE_AT_ONCE = _("Undone at once")
# As `surveys.households.rulings` writes them, and the migration that founded households.
BY_RULE = (_("weight over the threshold, no veto"), _("no longer holds"), _("same card"))
READY_REASONS = {
    UNDONE_AT_ONCE,
    *BY_RULE,
    *(words for ready in REASONS.values() for words in ready),
}

# As the forms name them; a code of another form stands as it is.
RELATIONS: Mapping[str, str] = {
    "head": _("head of household"),
    "spouse": _("spouse"),
    "child": _("son or daughter"),
    "child_in_law": _("son- or daughter-in-law"),
    "grandchild": _("grandchild"),
    "parent": _("parent"),
    "parent_in_law": _("parent-in-law"),
    "sibling": _("brother or sister"),
    "other_rel": _("other relative"),
    "not_rel": _("not related"),
}
SEXES: Mapping[str, str] = {"female": _("female"), "male": _("male")}
UNITS: Mapping[str, str] = {"m": _("m"), "km": _("km")}


def sentence(comparison: str, level: str) -> str:
    """What a level of a comparison means."""
    known = LEVELS.get(comparison, {}).get(level)
    if known:
        return gettext(known)
    number = level.rpartition("_")[2]
    if comparison == "roster" and number.isdecimal():
        words = gettext("The people in common are worth more than %(n)s points, rare names more.")
        return words % {"n": number}
    if comparison == "place_cap" and number.isdecimal():
        return gettext(
            "Phone, point, village and family name say one thing: they live in one place."
        )
    return f"{comparison_words(comparison)}: {level.replace('_', ' ')}"


def comparison_words(code: str) -> str:
    return _of(COMPARISONS, code)


def veto_words(code: str) -> str:
    return _of(VETOES, code)


def brake_words(code: str) -> str:
    return _of(BRAKES, code)


def verdict_words(code: str) -> str:
    return _of(VERDICTS, code)


def ready_words(reason: str) -> str:
    """A reason that nobody typed, in the language of the page; "" where somebody did."""
    return gettext(reason) if reason in READY_REASONS else ""


def relation_words(code: str) -> str:
    return _of(RELATIONS, code)


def sex_words(code: str) -> str:
    return _of(SEXES, code)


def written_distance(words: str) -> str:
    """`7.4 km` as it is written in the language of the page."""
    number, unit = words.split()
    digits = len(number.partition(".")[2])
    return f"{number_format(number, digits)} {_of(UNITS, unit)}"


def _of(words: Mapping[str, str], code: str) -> str:
    return gettext(words[code]) if code in words else code.replace("_", " ")
