"""The truth: persons, households and yards, before anybody writes them down."""

from dataclasses import dataclass, field
from datetime import date


@dataclass(slots=True, eq=False)
class Person:
    """Somebody of the invented world; `birth_vague` means that no paper has the day."""

    key: int
    sex: str
    birth: date
    birth_vague: bool
    language: str
    given: str
    father: str
    base: str  # the stem of the family's surname
    form: str  # how papers make the surname: ov, zoda, i, bare, uulu
    ending: str = ""  # an honorific part that belongs to the name
    abroad: bool = False


@dataclass(slots=True, eq=False)
class Member:
    """A person's place in a household, seen from its usual head."""

    person: Person
    relation: str


@dataclass(slots=True, eq=False)
class Household:
    """A real household; its first member is the usual head."""

    key: int
    village: int
    lat: float
    lon: float
    phone: str
    second_phone: str
    card: str
    members: list[Member] = field(default_factory=list)
    since: int = 1  # the first round in which it exists
    until: int = 10_000

    @property
    def head(self) -> Person:
        return self.members[0].person

    def find(self, relation: str, sex: str = "") -> list[Member]:
        return [m for m in self.members if m.relation == relation and sex in ("", m.person.sex)]


@dataclass(frozen=True, slots=True)
class Negative:
    """Two households that a careless engine would take for one."""

    left: int
    right: int
    kind: str


# What the relations of a household become when somebody else answers as its head:
# new head's old relation -> old relation -> new relation. Anything not named stays as it is.
SEEN_FROM: dict[str, dict[str, str]] = {
    "spouse": {"head": "spouse"},
    "child": {
        "head": "parent", "spouse": "parent", "child": "other", "child_in_law": "other",
        "grandchild": "other", "parent": "other",
    },
    "parent": {
        "head": "child", "spouse": "child_in_law", "child": "grandchild", "child_in_law": "other",
        "grandchild": "other", "parent": "spouse",
    },
    "child_in_law": {"head": "parent", "spouse": "parent", "child": "other", "grandchild": "child"},
    "other": {"head": "other", "spouse": "other", "child": "other"},
}  # fmt: skip


def seen_from(members: list[Member], head: Member) -> list[Member]:
    """The roster as this member would give it: they are the head and stand first."""
    changes = SEEN_FROM.get(head.relation, {})
    rest = [Member(m.person, changes.get(m.relation, m.relation)) for m in members if m is not head]
    return [Member(head.person, "head"), *rest]
