"""The pure core: an instance and a log of corrections give the answers that stand."""

from functools import cache
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from surveys.cleaning.answers import Answers, make_plan, read_answers
from surveys.cleaning.corrected import Change, Form, Standing, correct
from surveys.cleaning.fill import Frame
from surveys.cleaning.outline import Outline
from surveys.cleaning.write import stored_texts
from surveys.submissions.instance import parse_instance
from surveys.xforms.schema import Schema, read_schema
from surveys.xforms.xlsform import xlsform_to_xform
from tests.surveys.corrections.interviews import (
    INCOME,
    MEMBER,
    WORKBOOK,
    interview,
    registration,
    with_income,
)

FRAME = Frame("uuid:1", "1", "2014-06-02", "2014-06-02T10:00:00.000+06:00", deprecated_id="uuid:1")


@cache
def schema() -> Schema:
    return read_schema(xlsform_to_xform(WORKBOOK.read_bytes()).xform)


@cache
def form() -> Form:
    return Form(registration(), Outline(registration(), schema()), make_plan(schema()))


class Record:
    """One interview, corrected by groups of changes."""

    def __init__(self, seed: int) -> None:
        self.root = parse_instance(interview(seed)).root
        self.answers: Answers = read_answers(self.root, form().plan)

    def row(self, repeat: str, number: int = 0) -> int:
        return [i for i, row in enumerate(self.answers.rows) if row.repeat == repeat][number]

    def change(self, path: str, new: str, *, row: int = 0, old: str | None = None) -> Change:
        key = next(f.key for f in schema().fields if f.path == path)
        now = self.answers.rows[row].verbatim.get(key, "")
        return Change(uuid4(), row, path, now if old is None else old, new)

    def correct(self, *groups: list[Change]) -> Standing:
        return correct(form(), self.root, self.answers, groups, FRAME)


def verdict(standing: Standing, key: UUID) -> tuple[str, list[tuple[str, str]]]:
    found = standing.verdicts[key]
    return found.why, [(fault.path, fault.code) for fault in found.faults]


@pytest.fixture
def record() -> Record:
    return Record(with_income())


def test_income_is_corrected_and_the_totals_follow(record: Record) -> None:
    row = record.row(INCOME)
    source = record.answers.rows[row]
    before = record.answers.root.values["income_kgs"]
    change = record.change(f"{INCOME}/inc_amount", "12345", row=row)
    standing = record.correct([change])

    assert standing.verdicts[change.key].holds
    corrected = standing.answers.rows[row].values
    assert corrected["inc_amount"] == 12345
    annual = 12345 * source.values["inc_times"]
    assert corrected["inc_annual"] == corrected["inc_kgs"] == annual
    assert standing.answers.root.values["income_kgs"] == before - source.values["inc_kgs"] + annual


def test_what_nobody_corrected_stays_as_it_came(record: Record) -> None:
    row = record.row(INCOME)
    standing = record.correct([record.change(f"{INCOME}/inc_amount", "12345", row=row)])

    changed = {
        (number, key)
        for number, (now, was) in enumerate(
            zip(standing.answers.rows, record.answers.rows, strict=True)
        )
        for key in {*now.verbatim, *was.verbatim}
        if now.verbatim.get(key) != was.verbatim.get(key)
    }
    assert changed == {
        (row, "inc_amount"), (row, "inc_annual"), (row, "inc_kgs"), (0, "income_kgs")
    }  # fmt: skip
    stored = stored_texts(standing.answers.rows[row])
    assert stored["inc_amount"] == record.answers.rows[row].verbatim["inc_amount"]
    assert stored["=inc_amount"] == "12345"


def test_question_that_a_correction_makes_irrelevant_is_not_asked_any_more(record: Record) -> None:
    row = record.row(INCOME)
    change = record.change(f"{INCOME}/inc_known", "refused", row=row)
    standing = record.correct([change])

    assert standing.verdicts[change.key].holds, standing.verdicts
    assert "inc_amount" not in standing.answers.rows[row].values
    assert stored_texts(standing.answers.rows[row])["=inc_amount"] is None


@pytest.mark.parametrize(
    ("path", "repeat", "new", "code"),
    [
        ("inc_amount", INCOME, "-1", "constraint_broken"),
        ("inc_amount", INCOME, "much", "not_decimal"),
        ("inc_amount", INCOME, "", "required_missing"),
        ("inc_currency", INCOME, "EUR", "not_a_choice"),
        ("m_sex", MEMBER, "", "required_missing"),
    ],
)
def test_correction_that_breaks_a_rule_of_the_form_does_not_hold(
    record: Record, path: str, repeat: str, new: str, code: str
) -> None:
    row = record.row(repeat)
    change = record.change(f"{repeat}/{path}", new, row=row)
    standing = record.correct([change])

    why, faults = verdict(standing, change.key)
    assert why == "invalid"
    assert (f"{repeat}[1]/{path}", code) in faults
    assert standing.answers is record.answers


def test_number_of_members_is_not_corrected_without_its_rows(record: Record) -> None:
    size = record.answers.root.values["hh_size"]
    change = record.change("main/roster/hh_size", str(size + 1))
    standing = record.correct([change])
    assert verdict(standing, change.key) == ("invalid", [(MEMBER, "too_few_repeats")])


def test_correction_whose_old_answer_does_not_stand_says_what_does(record: Record) -> None:
    row = record.row(INCOME)
    change = record.change(f"{INCOME}/inc_amount", "5", row=row, old="1")
    standing = record.correct([change])
    now = record.answers.rows[row].verbatim["inc_amount"]
    assert (standing.verdicts[change.key].why, standing.verdicts[change.key].now) == ("stale", now)


def test_second_correction_of_an_answer_rests_on_the_first(record: Record) -> None:
    row = record.row(INCOME)
    first = record.change(f"{INCOME}/inc_amount", "111", row=row)
    second = record.change(f"{INCOME}/inc_amount", "222", row=row, old="111")

    both = record.correct([first], [second])
    assert both.answers.rows[row].values["inc_amount"] == 222
    alone = record.correct([second])
    assert alone.verdicts[second.key].why == "stale"
    assert alone.answers is record.answers


def test_changes_of_one_group_hold_together_or_not_at_all(record: Record) -> None:
    row = record.row(INCOME)
    good = record.change(f"{INCOME}/inc_amount", "111", row=row)
    bad = record.change(f"{INCOME}/inc_currency", "EUR", row=row)
    standing = record.correct([good, bad])
    assert {v.why for v in standing.verdicts.values()} == {"invalid"}
    assert standing.answers is record.answers


def test_row_that_is_not_there_is_told(record: Record) -> None:
    change = Change(uuid4(), None, f"{INCOME}/inc_amount", "1", "2")
    assert record.correct([change]).verdicts[change.key].why == "row_gone"


FIELDS = [f for f in schema().fields if not f.calculated and f.type not in {"image"}]
TEXTS = st.sampled_from(
    ["", "1", "3", "yes", "no", "none", "other", "KGS", "2013-01-01", "x", "-5"]
)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 30), data=st.data())
def test_log_of_any_corrections_leaves_rows_and_what_came_as_they_were(
    seed: int, data: st.DataObject
) -> None:
    """Same rows, what was received untouched, nothing left of what is revoked."""
    record = Record(seed)
    before = etree.tostring(record.root)
    groups = []
    for _ in range(data.draw(st.integers(1, 4))):
        field = data.draw(st.sampled_from(FIELDS))
        rows = [i for i, r in enumerate(record.answers.rows) if r.repeat == field.repeat]
        if rows:
            row = data.draw(st.sampled_from(rows))
            choices = [c.name for c in field.choices]
            new = data.draw(st.sampled_from(choices) if choices else TEXTS)
            groups.append([record.change(field.path, new, row=row)])
    standing = record.correct(*groups)

    assert etree.tostring(record.root) == before
    assert [r.repeat for r in standing.answers.rows] == [r.repeat for r in record.answers.rows]
    for now, was in zip(standing.answers.rows, record.answers.rows, strict=True):
        kept = {k: v for k, v in stored_texts(now).items() if not k.startswith("=")}
        assert kept == was.verbatim
    holding = [g for g in groups if standing.verdicts[g[0].key].holds]
    again = record.correct(*holding)
    assert [r.values for r in again.answers.rows] == [r.values for r in standing.answers.rows]
    assert record.correct().answers is record.answers
