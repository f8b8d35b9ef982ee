"""How private an answer is when the form's author did not say: by its name and type. Pure.

The `privacy` column of the survey sheet overrides everything here. The first rule that fits counts;
`docs/forms.md` shows the same table to form authors.
"""

import re
from dataclasses import dataclass

DIRECT, QUASI, SENSITIVE, OPEN = CLASSES = ("direct", "quasi", "sensitive", "open")
MASKED = frozenset({DIRECT, SENSITIVE})
RESTRICTED_GROUPS = frozenset({"legal", "legal_aid"})  # only named people may see them

_TEXT = frozenset({"string", "integer", "decimal", "barcode"})
_FILES_AND_PLACES = frozenset(
    {"geopoint", "geotrace", "geoshape", "image", "audio", "video", "file", "barcode"}
)


@dataclass(frozen=True, slots=True)
class Rule:
    """`words` is searched for in the name, between underscores; `types` empty fits all."""

    privacy: str
    words: str
    types: frozenset[str] = frozenset()

    def fits(self, name: str, type_: str) -> bool:
        if self.types and type_ not in self.types:
            return False
        return re.search(rf"(?:^|_)(?:{self.words})(?:_|$)", name.lower()) is not None


RULES = (
    # The programme's own number: partners' lists join by it, and it tells an outsider nothing.
    Rule(QUASI, r"card_no|card_check|card_number|card"),
    # Names of things and places are not names of people.
    Rule(QUASI, r"village.*|jamoat.*|aiyl.*|settlement.*|mig_city|enum_code"),
    Rule(OPEN, r"(?:shg|group|organi[sz]ation|org|partner|school|product|crop|project)_name"),
    Rule(DIRECT, r"names?|surname|lastname|firstname|fullname|patronymic|fio", _TEXT),
    Rule(DIRECT, r"phones?\d*|tel|telephone|mobile|whatsapp|e?mail|phonenumber", _TEXT),
    Rule(DIRECT, r"address|addr|street|landmark", _TEXT),
    Rule(DIRECT, r"last4|passport|inn|pin|ssn|iin|id_no|id_number|doc_no|doc_number", _TEXT),
    Rule(DIRECT, r"username|subscriberid|simserial"),
    Rule(DIRECT, r"gps|lat|lon|latitude|longitude", _TEXT),
    Rule(SENSITIVE, r"ethnic.*|nationality|relig.*|disab.*|disease|illness|hiv|pregnan.*"),
    Rule(SENSITIVE, r"legal|violen.*|gbv|abuse.*|mig_ban|ban|deport.*|id_doc|doc_type"),
    Rule(
        SENSITIVE, r"comments?|remarks?|story|notes?|other|specify|explain", frozenset({"string"})
    ),
    Rule(QUASI, r"birth.*|dob|age|marital|deviceid|household"),
)


def default_class(*, name: str, type_: str, multiline: bool = False) -> str:
    """The class of a field whose author gave none."""
    if type_ in _FILES_AND_PLACES:
        return DIRECT
    for rule in RULES:
        if rule.fits(name, type_):
            return rule.privacy
    return SENSITIVE if multiline else OPEN
