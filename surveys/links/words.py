"""What linkage found, in words a supervisor reads: all in one place, to be translated. Pure.

Codes are the engine's (docs/linkage.md); a code without words here is shown as it is.
"""

from collections.abc import Mapping

COMPARISONS: Mapping[str, str] = {
    "prior": "Before looking",
    "roster": "The people",
    "coverage": "How many of them",
    "head": "The head",
    "children": "The children",
    "phone": "The phone",
    "gps": "Where they live",
    "village": "The village",
    "surname": "The family name",
    "place_cap": "Said twice",
    "card": "The card",
}
# What each level means; a level that is not here is worded by `sentence`.
LEVELS: Mapping[str, Mapping[str, str]] = {
    "prior": {"": "Of two records that are compared at all, few are one household."},
    "roster": {
        "missing": "One of the records lists nobody.",
        "under_0": "The lists speak against each other.",
    },
    "coverage": {
        "missing": "One of the records lists nobody.",
        "none": "Nobody of the shorter list is surely in the other.",
        "some": "Fewer than half of the shorter list are surely in the other.",
        "half": "At least half of the shorter list are surely in the other.",
        "most": "Three quarters or more of the shorter list are surely in the other.",
        "all": "Everybody of the shorter list is surely in the other.",
    },
    "head": {
        "missing": "One of the records names no head.",
        "nowhere": "Neither head is in the other list.",
        "elsewhere": "One head is in the other list, as somebody else.",
        "same_weak": "The same head, not quite surely.",
        "same": "The same head.",
        "swapped": "Each head is in the other list: they may have changed places.",
    },
    "children": {
        "missing": "One of the records lists no children.",
        "none": "Both list children, and none is the same.",
        "none_of_one": "The only child is not in the other list.",
        "few": "Few children are the same.",
        "half": "At least half of the children are the same.",
        "all_of_one": "The only child is in the other list.",
        "all": "All children are the same.",
    },
    "phone": {
        "missing": "No phone to compare, or one that very many households gave.",
        "different": "Different phones.",
        "equal_shared": "The same phone, which other households gave too.",
        "equal": "The same phone, and hardly anybody else's.",
    },
    "gps": {
        "missing": "A point is missing.",
        "far": "More than 4 km apart.",
        "within_4_km": "Within 4 km.",
        "within_700_m": "Within 700 m.",
        "within_150_m": "Within 150 m.",
        "within_40_m": "Within 40 m: the same yard.",
    },
    "village": {
        "missing": "A village is missing.",
        "different": "Different villages.",
        "same": "The same village.",
    },
    "surname": {
        "missing": "A family name is missing.",
        "different": "Different family names.",
        "same": "The same family name, which many have here.",
        "alike": "Family names that are nearly the same.",
        "same_rare": "The same family name, which few have here.",
    },
    "place_cap": {"0": "Phone, point, village and family name say no more than they may."},
    "card": {
        "missing": "No card to compare, or one that very many gave.",
        "different": "Different card numbers.",
        "misread": "Card numbers that differ in one digit easily misread.",
        "equal_shared": "The same card number, which others gave too.",
        "equal": "The same card number.",
    },
}
VETOES: Mapping[str, str] = {
    "roster_too_weak": "Fewer than two people, or under half of the shorter list, are the same.",
    "children_differ": "Both list children and have none in common.",
    "heads_differ": "Neither head is anywhere in the other list.",
    "too_far": "More than 4 km apart, and no rare phone in common.",
    "split_household": "One is a small part of the other under another head: they may have parted.",
    "spouses_differ": "The same head with another spouse: widowed, or a second household.",
    "couples_differ": "One half of the couple is the same, the other was born in another year.",
    "two_doors": "One enumerator in one round, with another phone at another point: two doors.",
    "two_cards": "Another card number and another phone: two households.",
    "not_the_same": "A person has said that they are not the same.",
    "two_of_one_submission": "Two people of one record would become one.",
    "cluster_too_large": "Together they would be more records than a household should have.",
    "cross_pairs_vetoed": "Other records of the two households speak against each other.",
    "card_differs": "The form names another card than its household has.",
    "person_not_listed": "The person that the form names is nobody of its household.",
    "card_shared": "The form names a card that several households have.",
}
BRAKES: Mapping[str, str] = {
    "device_duplicates": "Many of the last records of this tablet are duplicates.",
    "enumerator_duplicates": "Many of the last records of this enumerator are duplicates.",
    "batch_duplicates": "More than half of a batch were duplicates.",
    "record_hits": "One record fits more than five others.",
}
VERDICTS: Mapping[str, str] = {
    "same": "The same household",
    "different": "Different households",
    "unsure": "Later",
    "withdrawn": "Taken back",
    "parted": "Taken back: different households from now on",
}
# Ready reasons, for a click or a digit; whatever else is typed. None names anybody.
REASONS: Mapping[str, tuple[str, ...]] = {
    "same": (
        "The same people",
        "The same people, written differently",
        "The same people, moved house",
        "They were asked",
        "The enumerator was asked",
    ),
    "different": (
        "Other people",
        "Relatives in one yard",
        "Only the phone or card is shared",
        "They parted: two households now",
        "They were asked",
    ),
    "unsure": (
        "To be asked on the next visit",
        "The records say too little",
        "Someone else should look",
    ),
}


def sentence(comparison: str, level: str) -> str:
    """What a level of a comparison means."""
    known = LEVELS.get(comparison, {}).get(level)
    if known:
        return known
    number = level.rpartition("_")[2]
    if comparison == "roster" and number.isdecimal():
        return f"The people in common are worth more than {number} bits, rare names more."
    if comparison == "place_cap" and number.isdecimal():
        return "Phone, point, village and family name say one thing: they live in one place."
    return f"{COMPARISONS.get(comparison, comparison)}: {level.replace('_', ' ')}"


def veto_words(code: str) -> str:
    return VETOES.get(code, code.replace("_", " "))


def brake_words(code: str) -> str:
    return BRAKES.get(code, code.replace("_", " "))
