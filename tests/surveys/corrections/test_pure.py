"""What corrections are made of: states, questions behind "other", cells of a sheet."""

from io import BytesIO

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.corrections import states
from surveys.corrections.cells import CellFault, neutral, read_log, restored
from surveys.corrections.others import other_texts, recoded
from surveys.xforms.schema import Choice, Field, Schema

CODES = (Choice("farm", {"en": "Farm"}), Choice("other", {"en": "Other"}))
WORK = Field("work", "m/work", "work", "select_multiple", "", choices=CODES)
RING = Field("ring", "m/ring", "ring", "select_one", "", choices=CODES)
TEXT = Field("which", "m/which", "which", "string", "")
SCHEMA = Schema("f", "1", "F", ("en",), (WORK, RING, TEXT), ())


@pytest.mark.parametrize(
    ("state", "moves"),
    [
        ("proposed", {"approve": "approved", "reject": "rejected", "withdraw": "withdrawn"}),
        ("stale", {"reject": "rejected", "withdraw": "withdrawn"}),
        ("approved", {"revoke": "revoked"}),
        ("applied", {"revoke": "revoked"}),
        ("overtaken", {"revoke": "revoked"}),
        ("rejected", {}),
        ("withdrawn", {}),
        ("revoked", {}),
    ],
)
def test_moves_from_each_state(state: str, moves: dict[str, str]) -> None:
    assert {m: s for m in states.MOVES if (s := states.after(state, m))} == moves


@given(state=st.sampled_from(states.ALL), holds=st.booleans())
def test_processing_never_decides_for_a_person(state: str, holds: bool) -> None:
    after = states.settled(state, holds=holds)
    groups = (states.WAITING, states.IN_FORCE, states.ENDED)
    assert any(state in group and after in group for group in groups)
    assert states.settled(after, holds=holds) == after


@pytest.mark.parametrize(
    ("relevant", "choice"),
    [
        (" /data/m/ring = 'other'", RING),
        ("selected( /data/m/work , 'other')", WORK),
        ("selected(../work, 'other')", WORK),
        ('../ring = "other"', RING),
        ("/data/m/ring = 'farm'", None),
        ("/data/m/ring = 'other' and /data/x = '1'", None),
        ("/data/m/nothing = 'other'", None),
        ("", None),
    ],
)
def test_text_behind_other_is_found_by_what_the_form_says(
    relevant: str, choice: Field | None
) -> None:
    found = other_texts(SCHEMA, {"m/which": relevant})
    assert [(o.text, o.choice, o.code) for o in found] == (
        [(TEXT, choice, "other")] if choice else []
    )


def test_code_takes_the_place_of_other_among_several() -> None:
    assert recoded(["a", "other", "b"], "other", "c") == ["a", "c", "b"]
    assert recoded(["a", "other"], "other", "a") == ["a"]
    assert recoded("other", "other", "c") == "c"


@given(st.text())
def test_text_comes_back_from_a_sheet_as_it_was(text: str) -> None:
    assert restored(neutral(text)) == text


@pytest.mark.parametrize("text", ["=1+1", "+996555", "-5", "@x", "'=x", "\t=1", "''-1"])
def test_text_that_a_program_might_evaluate_leaves_with_an_apostrophe(text: str) -> None:
    assert neutral(text) == f"'{text}"


def workbook(*rows: tuple[object, ...], sheet: str = "corrections") -> bytes:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


HEADER = ("id", "record", "row", "path", "action", "old", "new", "source", "reason")
ID = "0b8f4a52-8f0e-4a3c-9d43-1f2f6f0f7d11"


def test_numbers_and_formulas_of_a_sheet_are_read_for_what_they_are() -> None:
    rows, faults = read_log(
        workbook(
            HEADER,
            ("", ID, "", "a", "replace", 5, 2.50, "office", "Why"),
            ("", ID, "", "a", "replace", "'-5", "=1+1", "office", "Why"),
        )
    )
    assert [(r.cells["old"], r.cells["new"]) for r in rows] == [("5", "2.5"), ("-5", "=1+1")]
    assert faults == [CellFault(3, "new", "formula")]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (workbook(HEADER, sheet="other"), CellFault(0, "", "sheet_missing", "corrections")),
        (workbook(HEADER[:-1]), CellFault(1, "reason", "column_missing")),
        (workbook((*HEADER, "id")), CellFault(1, "id", "column_twice")),
        (workbook(HEADER, ("x", ID, "", "a", "replace", "", "1", "office", "W")),
         CellFault(2, "id", "no_id")),
        (workbook(HEADER, ("", "", "", "a", "replace", "", "1", "office", "W")),
         CellFault(2, "record", "empty")),
        (workbook(HEADER, ("", ID, "", "a", "replace", "", "1", "office", "")),
         CellFault(2, "reason", "empty")),
    ],
)  # fmt: skip
def test_cell_that_cannot_be_read_is_named(content: bytes, fault: CellFault) -> None:
    _, faults = read_log(content)
    assert faults == [fault]
