"""What a correction comes to on a list, given what others said of the entity since: pure."""

from dataclasses import replace
from uuid import UUID

from surveys.entities.block import EntityAction
from surveys.entities.corrected import correct
from surveys.entities.versions import Version

ID = UUID(int=1)
SENT = EntityAction(
    0,
    "households",
    ID,
    creates=True,
    updates=False,
    label="A",
    properties={"size": "4", "sex": "f"},
)
ORIGIN = Version(ID, 1, {"label": "A", "size": "4", "sex": "f"})
ASKED = {"origin": ORIGIN, "last": ORIGIN, "server": ORIGIN.values, "sent": SENT}


def corrected(**properties: str) -> EntityAction:
    return replace(SENT, properties={**SENT.properties, **properties})


def test_nothing_corrected_is_nothing() -> None:
    assert correct(**ASKED, now=SENT) is None  # type: ignore[arg-type]


def test_edit_that_nobody_corrected_does_not_reach_the_list() -> None:
    """The head says 9, the action that counts said 4: only what a correction changes moves."""
    head = corrected(size="9")
    made = correct(ORIGIN, ORIGIN, ORIGIN.values, head, replace(head, label="B"))
    assert made is not None
    assert made.values == {"label": "B", "size": "4", "sex": "f"}


def test_cleared_property_goes_and_comes_back() -> None:
    gone = correct(ORIGIN, ORIGIN, ORIGIN.values, SENT, corrected(size=""))
    assert gone is not None
    assert gone.values == {"label": "A", "sex": "f"}
    last = Version(ID, 2, gone.values, gone.believed)
    back = correct(ORIGIN, last, gone.values, SENT, SENT)
    assert back is not None
    assert back.values == ORIGIN.values


def test_what_others_wrote_meanwhile_stays_and_clashes_only_where_both_wrote() -> None:
    server = {"label": "A", "size": "5", "sex": "m"}
    made = correct(ORIGIN, ORIGIN, server, SENT, corrected(size="6"))
    assert made is not None
    assert made.values == {"label": "A", "size": "6", "sex": "m"}
    assert made.conflict == "hard"
    assert {f.name: (f.base, f.theirs, f.ours) for f in made.fields} == {
        "size": ("4", "5", "6"), "sex": ("f", "m", "f"),
    }  # fmt: skip
    assert made.believed == {"sex": "f"}


def test_same_value_from_both_is_no_clash() -> None:
    made = correct(ORIGIN, ORIGIN, {**ORIGIN.values, "size": "6"}, SENT, corrected(size="6"))
    assert made is not None
    assert made.conflict == "soft"
