"""Corrections in the database: proposed by one person, approved by another, applied, revoked."""

from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from lxml import etree

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from backend.problems import Problem
from surveys.cleaning.flags import change_flag
from surveys.cleaning.models import CleanRow, FlagStep, QualityFlag
from surveys.corrections.decide import decide_corrections
from surveys.corrections.models import Correction, CorrectionStep
from surveys.corrections.propose import Because, Wish, propose_corrections
from surveys.lifecycle.rebuild import rebuild_records
from surveys.submissions.models import Submission
from tests.conftest import make_user
from tests.surveys.corrections.interviews import (
    INCOME,
    MEMBER,
    interview,
    rows_of,
    with_income,
)
from tests.surveys.household_forms import arrive, drain

AMOUNT = f"{INCOME}/inc_amount"
CALL = Because("The family was telephoned", "field_call")


def propose(row: CleanRow, new: Any, by: User, path: str = AMOUNT, **more: Any) -> Correction:
    wishes = [Wish(row.pk, path, new, **more)]
    return propose_corrections(record_id=row.record_id, wishes=wishes, because=CALL, by=by)[0]


def decide(correction: Correction, move: str, by: User, why: str = "So it is") -> None:
    decide_corrections(correction_id=correction.pk, move=move, by=by, why=why)
    drain()


def problem(code: str, verb: Any, *args: Any, **said: Any) -> dict[str, Any]:
    with pytest.raises(Problem) as raised, transaction.atomic():
        verb(*args, **said)
    assert raised.value.code == code
    return raised.value.details


def table(record: CleanRow) -> list[tuple[Any, ...]]:
    rows = CleanRow.objects.filter(record_id=record.record_id).order_by("pk")
    return list(rows.values_list("pk", "repeat", "parent_id", "index", "values", "verbatim"))


def state_of(correction: Correction) -> str:
    return Correction.objects.get(pk=correction.pk).state


def test_proposal_changes_nothing_until_somebody_else_approves_it(
    record: CleanRow, source: CleanRow, gulnara: User, alice: User
) -> None:
    before, total = table(record), record.values["income_kgs"]
    correction = propose(source, "12345", gulnara)
    drain()
    assert table(record) == before

    decide(correction, "approve", alice)

    source.refresh_from_db()
    record.refresh_from_db()
    annual = 12345 * source.values["inc_times"]
    was = source.values["inc_times"] * float(correction.old)
    assert source.values["inc_amount"] == 12345
    assert record.values["income_kgs"] == total - was + annual
    assert source.verbatim["inc_amount"] == correction.old
    assert state_of(correction) == "applied"
    assert Correction.objects.get().applied_at is not None


def test_revoking_brings_the_rows_back_as_they_were(
    record: CleanRow, source: CleanRow, gulnara: User, alice: User
) -> None:
    before = table(record)
    correction = propose(source, 12345, gulnara)
    decide(correction, "approve", alice)
    assert table(record) != before

    decide(correction, "revoke", alice, "The family was mistaken")

    assert table(record) == before
    assert state_of(correction) == "revoked"
    steps = CorrectionStep.objects.values_list("step", "by__username", "why")
    assert list(steps) == [
        ("proposed", "gulnara", CALL.reason),
        ("approved", "alice", "So it is"),
        ("revoked", "alice", "The family was mistaken"),
    ]


def test_rebuilding_everything_keeps_corrections(
    record: CleanRow, source: CleanRow, gulnara: User, alice: User
) -> None:
    decide(propose(source, 777, gulnara), "approve", alice)
    corrected, times = table(record), list(CleanRow.objects.values_list("updated_at"))
    list(rebuild_records())
    assert table(record) == corrected
    assert list(CleanRow.objects.values_list("updated_at")) == times


def test_raw_submission_is_untouched(source: CleanRow, gulnara: User, alice: User) -> None:
    before = bytes(Submission.objects.get().raw_xml)
    decide(propose(source, 777, gulnara), "approve", alice)
    assert bytes(Submission.objects.get().raw_xml) == before


def test_whoever_proposed_it_may_not_approve_it(source: CleanRow, alice: User, root: User) -> None:
    correction = propose(source, 1, alice)
    problem("correction_own", decide, correction, "approve", alice)
    problem("correction_own", decide, correction, "withdraw", root)
    decide(correction, "withdraw", alice)
    problem("correction_decided", decide, correction, "approve", root)


def test_supervisor_may_not_approve(source: CleanRow, alice: User, gulnara: User) -> None:
    problem("not_allowed", decide, propose(source, 1, alice), "approve", gulnara)


def test_second_proposal_for_the_same_answer_waits_for_the_first(
    source: CleanRow, gulnara: User, alice: User
) -> None:
    first = propose(source, 1, gulnara)
    said = problem("correction_waiting", propose, source, 2, alice)
    assert said["correction"] == str(first.pk)
    decide(first, "reject", alice, "Not what they said")
    propose(source, 2, gulnara)


def test_proposal_on_an_answer_seen_as_another_is_told_what_stands_there(
    source: CleanRow, gulnara: User
) -> None:
    said = problem("correction_stale", propose, source, 2, gulnara, old="1")
    assert said["now"] == source.verbatim["inc_amount"]


def test_new_edition_makes_a_proposal_stale_and_it_cannot_be_approved(
    record: CleanRow, source: CleanRow, gulnara: User, alice: User
) -> None:
    correction = propose(source, 12345, gulnara)
    edit_amount(record, source, "4321")

    assert state_of(correction) == "stale"
    problem("correction_stale", decide, correction, "approve", alice)
    decide(correction, "reject", alice, "The tablet sent another")


def test_edition_that_is_not_processed_yet_is_seen_by_an_approval(
    record: CleanRow, source: CleanRow, gulnara: User, alice: User
) -> None:
    """The worker has not said yet that the proposal is stale; the approval looks for itself."""
    correction = propose(source, 12345, gulnara)
    edit_amount(record, source, "4321")
    Correction.objects.update(state="proposed")
    said = problem("correction_stale", decide, correction, "approve", alice)
    assert said["now"] == "4321"


def test_new_edition_overtakes_an_applied_correction_unless_it_says_the_same_as_before(
    record: CleanRow, source: CleanRow, gulnara: User, alice: User
) -> None:
    correction = propose(source, 12345, gulnara)
    decide(correction, "approve", alice)
    edit_amount(record, source, "4321")

    source.refresh_from_db()
    assert (source.values["inc_amount"], state_of(correction)) == (4321, "overtaken")
    edit_amount(record, source, correction.old)
    source.refresh_from_db()
    assert (source.values["inc_amount"], state_of(correction)) == (12345, "applied")


def edit_amount(record: CleanRow, source: CleanRow, text: str) -> None:
    """The tablet sends the record again with another amount in its first source."""
    xml = interview(with_income()).decode()
    old = xml.partition("<inc_amount>")[2].partition("<")[0]
    xml = xml.replace(f"<inc_amount>{old}</inc_amount>", f"<inc_amount>{text}</inc_amount>", 1)
    head = Submission.objects.get(record_id=record.pk, head=True)
    arrive(renamed(xml.encode(), f"uuid:{text}", replaces=head.instance_id))
    drain()


def renamed(xml: bytes, instance_id: str, *, replaces: str) -> bytes:
    """The same answers as another edition."""
    root = etree.fromstring(xml)
    meta = next(root.iterchildren("{*}meta"))
    own = next(meta.iterchildren("{*}instanceID"))
    own.text = instance_id
    etree.SubElement(meta, str(own.tag).replace("instanceID", "deprecatedID")).text = replaces
    return etree.tostring(root)


def test_correction_of_a_correction_is_revoked_before_it(
    source: CleanRow, gulnara: User, alice: User
) -> None:
    first = propose(source, 111, gulnara)
    decide(first, "approve", alice)
    second = propose(source, 222, gulnara)
    decide(second, "approve", alice)
    source.refresh_from_db()
    assert source.values["inc_amount"] == 222

    said = problem("correction_rests", decide, first, "revoke", alice)
    assert said["corrections"] == [str(second.pk)]
    decide(second, "revoke", alice)
    decide(first, "revoke", alice)
    source.refresh_from_db()
    assert source.verbatim["inc_amount"] == first.old


def test_answers_that_need_each_other_are_corrected_together(
    record: CleanRow, gulnara: User, alice: User
) -> None:
    member = next(r for r in rows_of(record, MEMBER) if r.values["m_birth_known"] == "no")
    to_date = [
        Wish(member.pk, f"{MEMBER}/m_birth_known", "yes"),
        Wish(member.pk, f"{MEMBER}/m_birth_date", "1980-05-01"),
    ]
    said = problem(
        "correction_invalid", propose_corrections, record_id=record.pk, wishes=to_date[:1],
        because=CALL, by=gulnara,
    )  # fmt: skip
    assert said["errors"][0]["code"] == "required_missing"


def test_names_are_corrected_only_by_who_may_see_them(record: CleanRow, gulnara: User) -> None:
    member = rows_of(record, MEMBER)[0]
    problem("field_masked", propose, member, "Асанов", gulnara, f"{MEMBER}/m_name")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"{INCOME}/inc_annual", "question_fixed"),
        ("start", "question_fixed"),
        ("main/closing/signature", "field_masked"),
        ("nowhere", "question_unknown"),
    ],
)
def test_what_is_not_asked_is_not_corrected(
    record: CleanRow, source: CleanRow, gulnara: User, path: str, code: str
) -> None:
    row = source if path.startswith(INCOME) else record
    problem(code, propose, row, "1", gulnara, path)


def test_record_of_another_oblast_is_not_found(source: CleanRow, root: User) -> None:
    correction = propose(source, 1, root)
    far = make_user("far", User.Role.MANAGER, place_codes=["KG99"])
    problem("not_found", decide, correction, "approve", far)


def test_log_refuses_to_be_changed(source: CleanRow, gulnara: User) -> None:
    correction = propose(source, 1, gulnara)
    for change in ({"new": "2"}, {"old": ""}, {"reason": "x"}, {"action": "drop"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Correction.objects.filter(pk=correction.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        CorrectionStep.objects.update(why="x")


def test_every_step_is_an_audit_event_without_an_answer(
    source: CleanRow, gulnara: User, alice: User
) -> None:
    decide(propose(source, 98765, gulnara), "approve", alice)
    events = AuditEvent.objects.filter(action__startswith="correction.").order_by("pk")
    assert [e.action for e in events] == ["correction.proposed", "correction.approved"]
    assert "98765" not in str([e.details for e in events])


def test_answer_that_is_right_explains_the_flags_on_it(
    record: CleanRow, gulnara: User, alice: User
) -> None:
    rooms = "main/housing/rooms"
    ours = {"submission": record.submission, "origin": "quality"}
    flag = QualityFlag.objects.create(code="outlier", path=rooms, **ours)
    other = QualityFlag.objects.create(code="outlier", path="main/housing/water", **ours)
    correction = propose(record, "", gulnara, rooms, action="okay")
    decide_corrections(correction_id=correction.pk, move="approve", by=alice)

    flag.refresh_from_db()
    other.refresh_from_db()
    assert (flag.state, flag.settled_at is not None) == ("explained", True)
    assert (other.state, other.settled_at) == ("open", None)


def test_revoking_that_it_is_right_opens_its_flags_again_and_no_others(
    record: CleanRow, gulnara: User, alice: User
) -> None:
    rooms, water = "main/housing/rooms", "main/housing/water"
    ours = {"submission": record.submission, "origin": "quality"}
    flag = QualityFlag.objects.create(code="outlier", path=rooms, **ours)
    spoken = QualityFlag.objects.create(code="rare", path=rooms, **ours)
    other = QualityFlag.objects.create(code="outlier", path=water, **ours)
    change_flag(flag_id=other.pk, to="explained", by=alice, reason="A well", looked="open")
    correction = propose(record, "", gulnara, rooms, action="okay")
    decide(correction, "approve", alice)
    for to, looked in (("open", "explained"), ("explained", "open")):
        change_flag(flag_id=spoken.pk, to=to, by=alice, reason="I asked myself", looked=looked)

    decide(correction, "revoke", alice, "It was another house")

    ours_all = QualityFlag.objects.filter(pk__in=[flag.pk, spoken.pk, other.pk])
    found = dict(ours_all.values_list("pk", "state"))
    assert found == {flag.pk: "open", spoken.pk: "explained", other.pk: "explained"}
    assert FlagStep.objects.filter(flag=flag).last().reason == "It was another house"  # type: ignore[union-attr]


def test_right_answer_of_a_row_explains_the_flags_of_that_row_only(
    source: CleanRow, gulnara: User, alice: User
) -> None:
    submission = CleanRow.objects.get(pk=source.record_id).submission
    mine, another = (
        QualityFlag.objects.create(
            code="outlier",
            path=f"{INCOME}[{n}]/inc_amount",
            submission=submission,
            origin="quality",
        )
        for n in (source.index, source.index + 1)
    )
    correction = propose(source, "", gulnara, action="okay")
    decide(correction, "approve", alice)
    found = dict(QualityFlag.objects.values_list("pk", "state"))
    assert (found[mine.pk], found[another.pk]) == ("explained", "open")
    decide(correction, "revoke", alice)
    assert QualityFlag.objects.get(pk=mine.pk).state == "open"


def has_income(seed: int) -> bool:
    return b"<inc_amount>" in interview(seed)


@pytest.mark.django_db(transaction=True)
def test_of_two_managers_at_once_one_approves_and_the_other_is_told(
    record: CleanRow, source: CleanRow, gulnara: User, alice: User, root: User
) -> None:
    correction, said, start = propose(source, 12345, gulnara), list[str](), Barrier(2)

    def approve(by: User) -> None:
        start.wait()
        try:
            decide_corrections(correction_id=correction.pk, move="approve", by=by)
            said.append("done")
        except Problem as found:
            said.append(found.code)
        finally:
            connection.close()

    threads = [Thread(target=approve, args=[user]) for user in (alice, root)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["correction_decided", "done"]
    assert CorrectionStep.objects.filter(step="approved").count() == 1


def test_correction_follows_a_record_that_turned_out_to_be_an_older_one(
    record: CleanRow, gulnara: User, alice: User
) -> None:
    """The edition between two others comes last and joins them; the younger record's id goes."""
    first = Submission.objects.get()
    arrive(renamed(interview(with_income()), "uuid:c", replaces="uuid:b"))
    drain()
    younger = CleanRow.objects.exclude(record_id=record.pk).get(repeat="")
    row = rows_of(younger, INCOME)[0]
    correction = propose(row, 12345, gulnara)
    decide(correction, "approve", alice)

    arrive(renamed(interview(with_income()), "uuid:b", replaces=first.instance_id))
    drain()

    moved = Correction.objects.get()
    assert (moved.record_id, moved.state) == (record.pk, "applied")
    assert rows_of(record, INCOME)[0].values["inc_amount"] == 12345
    assert not CleanRow.objects.filter(record_id=younger.pk).exists()
