"""What becomes of flags from night to night, and when persons or edits come between."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.problems import Problem
from surveys.cleaning.flags import change_flag
from surveys.cleaning.models import CleanRow, FlagStep, QualityFlag
from surveys.quality import check as nightly
from surveys.quality.arrive import check_loaded
from surveys.quality.check import check_quality
from surveys.quality.load import load_records
from surveys.quality.models import QualityRun, QualityTable
from surveys.quality.setting import set_check
from surveys.submissions.models import Submission
from surveys.xforms.models import Form
from tests.surveys.datasets.records import make_record
from tests.surveys.quality.conftest import Registered

pytestmark = pytest.mark.django_db


def answers(record: CleanRow, **changes: Any) -> None:
    """As an edit or a correction leaves them."""
    record.values = {**record.values, **changes}
    record.updated_at = timezone.now()
    record.save()


def arrive(record: CleanRow) -> None:
    check_loaded(load_records({record.pk}), flagged={record.pk})


def flags(**which: Any) -> list[tuple[str, str]]:
    return list(QualityFlag.objects.filter(**which).order_by("pk").values_list("code", "state"))


def say(flag: QualityFlag, state: str, by: User) -> None:
    change_flag(flag_id=flag.pk, to=state, by=by, reason="They were called.", looked=flag.state)


def edition_of(record: CleanRow) -> Submission:
    """A later edition of the record, which counts from now on."""
    old = record.submission
    old.head = False
    old.save()
    new = Submission.objects.create(
        form=old.form,
        form_version=old.form_version,
        instance_id=f"{old.instance_id}-2",
        record_id=old.record_id,
        raw_xml=b"<x/>",
        sha256=b"1" * 32,
        received_at=timezone.now(),
        state=Submission.State.PROCESSED,
    )
    CleanRow.objects.filter(record_id=record.pk).update(submission=new)
    record.refresh_from_db()
    return new


def test_second_night_over_the_same_records_changes_nothing(registered: Registered) -> None:
    registered(cattle=80, card_no="KG-06-00001")
    registered(card_no="KG-06-00001")

    first = check_quality()
    before = list(QualityFlag.objects.order_by("pk").values())
    second = check_quality()

    assert (first.records, first.opened) == (2, first.found)
    assert flags() == [("card_repeated", "open"), ("card_repeated", "open"),
                       ("value_unusual", "open")]  # fmt: skip
    assert (second.found, second.opened, second.reopened, second.closed) == (3, 0, 0, 0)
    assert list(QualityFlag.objects.order_by("pk").values()) == before
    assert not FlagStep.objects.exists()


def test_flag_names_the_row_and_holds_what_was_found(registered: Registered) -> None:
    record = registered()
    CleanRow.objects.filter(record_id=record.pk, repeat__endswith="income").update(
        values={"inc_known": "exact", "inc_currency": "TJS", "inc_amount": 1, "inc_times": 1}
    )
    CleanRow.objects.filter(pk=record.pk).update(values={**record.values, "income_kgs": "0"})

    check_quality()

    flag = QualityFlag.objects.get(code="currency_foreign")
    assert flag.path == "main/income_module/income[1]/inc_currency"
    assert flag.measure == {"currency": "TJS"}
    assert flag.origin == QualityFlag.Origin.QUALITY


@pytest.mark.parametrize("state", ["explained", "dropped"])
def test_what_a_person_explained_stays_so_until_the_number_changes(
    registered: Registered, alice: User, state: str
) -> None:
    record = registered(cattle=80)
    check_quality()
    say(QualityFlag.objects.get(), state, alice)

    assert check_quality().reopened == 0
    assert flags() == [("value_unusual", state)]

    answers(record, cattle=90)
    assert check_quality().reopened == 1

    flag = QualityFlag.objects.get()
    assert (flag.state, flag.settled_at, flag.measure) == ("open", None, {"value": 90.0})
    assert flag.steps.last().why == "found_again"  # type: ignore[union-attr]


def test_what_a_person_called_corrected_and_is_not_is_opened_again(
    registered: Registered, alice: User
) -> None:
    registered(cattle=80)
    check_quality()
    say(QualityFlag.objects.get(), "corrected", alice)

    assert check_quality().reopened == 1
    assert flags() == [("value_unusual", "open")]


def test_flag_of_a_corrected_record_is_closed_and_opens_when_it_holds_again(
    registered: Registered,
) -> None:
    record = registered(cattle=80)
    check_quality()

    answers(record, cattle=8)
    assert check_quality().closed == 1
    assert flags() == [("value_unusual", "corrected")]

    answers(record, cattle=80)
    assert check_quality().reopened == 1
    assert [(s.was, s.now, s.why, s.by) for s in QualityFlag.objects.get().steps.all()] == [
        ("open", "corrected", "record_changed", None),
        ("corrected", "open", "found_again", None),
    ]


def test_flag_that_holds_no_more_since_another_record_changed_is_dropped(
    registered: Registered,
) -> None:
    registered(card_no="KG-06-00001")
    other = registered(card_no="KG-06-00001")
    check_quality()

    answers(other, card_no="KG-06-00777")
    check_quality()

    assert sorted(flags()) == [("card_repeated", "corrected"), ("card_repeated", "dropped")]


def test_flag_follows_its_record_to_the_next_edition(registered: Registered, alice: User) -> None:
    record = registered(cattle=80)
    check_quality()
    say(QualityFlag.objects.get(), "explained", alice)
    new = edition_of(record)

    check_quality()

    assert QualityFlag.objects.get().submission == new
    assert flags() == [("value_unusual", "explained")]


def test_record_that_came_back_from_the_field_as_it_was_is_open_again(
    registered: Registered, alice: User
) -> None:
    record = registered(cattle=80)
    check_quality()
    say(QualityFlag.objects.get(), "sent", alice)
    assert check_quality().reopened == 0  # still with the enumerator
    edition_of(record)

    assert check_quality().reopened == 1
    assert flags() == [("value_unusual", "open")]


def test_flags_of_a_rejected_record_are_closed(registered: Registered) -> None:
    record = registered(cattle=80)
    check_quality()
    Submission.objects.update(review_state="rejected")

    run = check_quality()

    assert (run.records, run.closed) == (0, 1)
    assert flags(submission__record_id=record.pk) == [("value_unusual", "dropped")]


def test_arrival_checks_its_records_and_leaves_the_flags_of_others(
    registered: Registered, django_assert_max_num_queries: Any
) -> None:
    old, new = registered(cattle=80, card_no="KG-06-00001"), registered(card_no="KG-06-00001")
    check_quality()
    night = flags(code="card_repeated")
    answers(old, cattle=8)
    answers(new, sheep=400)

    with django_assert_max_num_queries(16):
        arrive(new)

    assert flags(code="value_unusual") == [("value_unusual", "open")] * 2
    assert flags(code="card_repeated") == night


def test_record_that_arrives_during_the_night_keeps_its_flags(
    registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered()
    load = nightly.load_records

    def and_then_one_arrives() -> Any:
        loaded = load()
        arrive(registered(cattle=80))
        return loaded

    monkeypatch.setattr(nightly, "load_records", and_then_one_arrives)

    assert check_quality().closed == 0
    assert flags() == [("value_unusual", "open")]


def test_check_that_breaks_leaves_its_flags_alone(
    registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(cattle=80)
    check_quality()
    monkeypatch.setattr(
        "surveys.quality.check.evaluate", _breaking("value_unusual", nightly.evaluate)
    )

    run = check_quality()

    assert run.broken == {"value_unusual": "KeyError"}
    assert flags() == [("value_unusual", "open")]


def _breaking(code: str, evaluate: Callable[..., Any]) -> Callable[..., Any]:
    def broken(records: Any, checks: Any) -> Any:
        told = evaluate(records, [check for check in checks if check.code != code])
        told.broken[code] = "KeyError"
        return told

    return broken


def test_parameter_that_a_manager_changes_counts_from_the_next_run_on(
    registered: Registered, alice: User
) -> None:
    registered(cattle=80)
    check_quality()
    set_check(
        code="value_unusual", enabled=True, severity="note", owner="supervisor",
        parameters={"cattle": "100"}, by=alice, reason="Herds are large in Alai.",
    )  # fmt: skip
    assert check_quality().closed == 1

    registered(cattle=101)
    assert check_quality().opened == 1


def test_check_that_is_turned_off_closes_its_flags(registered: Registered, alice: User) -> None:
    registered(cattle=80)
    check_quality()
    set_check(
        code="value_unusual", enabled=False, severity="note", owner="supervisor",
        parameters={}, by=alice, reason="Too many.",
    )  # fmt: skip

    assert check_quality().closed == 1


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"code": "no_such"}, "check_unknown"),
        ({"severity": "grave"}, "value_invalid"),
        ({"owner": "nobody"}, "value_invalid"),
        ({"parameters": {"cattle": "many"}}, "value_invalid"),
        ({"parameters": {"cattle": "-1"}}, "value_invalid"),
        ({"parameters": {"cattle": "nan"}}, "value_invalid"),
        ({"parameters": {"camels": "1"}}, "value_invalid"),
        ({"reason": " "}, "reason_missing"),
        ({"reason": "x" * 501}, "value_invalid"),
    ],
)
def test_setting_that_makes_no_sense_is_refused(
    alice: User, changes: dict[str, Any], problem: str
) -> None:
    asked = {
        "code": "value_unusual", "enabled": True, "severity": "note", "owner": "supervisor",
        "parameters": {}, "by": alice, "reason": "Because.", **changes,
    }  # fmt: skip

    with pytest.raises(Problem) as raised:
        set_check(**asked)

    assert raised.value.code == problem


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"flag_id": 0}, "not_found"),
        ({"to": "closed"}, "value_invalid"),
        ({"to": "open"}, "flag_changed"),
        ({"looked": "sent"}, "flag_changed"),
        ({"reason": ""}, "reason_missing"),
        ({"reason": "a\0b"}, "value_invalid"),
    ],
)
def test_change_that_cannot_be_made_is_refused_and_leaves_no_step(
    registered: Registered, alice: User, changes: dict[str, Any], problem: str
) -> None:
    flag = QualityFlag.objects.create(submission=registered().submission, code="value_unusual")
    asked = {
        "flag_id": flag.pk, "to": "explained", "by": alice, "reason": "So it is.",
        "looked": "open", **changes,
    }  # fmt: skip

    with pytest.raises(Problem) as raised:
        change_flag(**asked)

    assert raised.value.code == problem
    assert not FlagStep.objects.exists()


def test_step_cannot_be_changed_afterwards(registered: Registered, alice: User) -> None:
    flag = QualityFlag.objects.create(submission=registered().submission, code="value_unusual")
    say(flag, "explained", alice)

    with pytest.raises(DatabaseError), transaction.atomic():
        FlagStep.objects.update(reason="other")


def test_run_is_kept_with_its_counts_and_only_the_newest_tables(registered: Registered) -> None:
    registered(cattle=80)

    check_quality()
    call_command("check_quality")

    assert [run.found for run in QualityRun.objects.all()] == [1, 1]
    assert set(QualityTable.objects.values_list("run", flat=True)) == {
        QualityRun.objects.latest("pk").pk
    }


def test_restricted_records_are_in_no_table(registered: Registered, registration: Form) -> None:
    make_record(registration, {"consent": "yes", "enum_code": "K777"}, restricted=True)
    registered()

    check_quality()

    assert "K777" not in str(list(QualityTable.objects.values_list("rows", flat=True)))
