"""Rounds end; nothing is refused by it."""

from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from surveys.rounds.close import close_round, reopen_round
from surveys.rounds.models import Round, Survey

pytestmark = pytest.mark.django_db


@pytest.fixture
def round_(db: None) -> Round:
    survey = Survey.objects.create(code="s", name="Survey")
    return Round.objects.create(survey=survey, code="baseline", name="Baseline")


def test_round_is_closed_after_its_last_day_and_can_be_opened_again(
    round_: Round, alice: User
) -> None:
    close_round(round_=round_, on=timezone.localdate(), by=alice)
    assert not round_.is_closed

    close_round(round_=round_, on=date(2026, 1, 31), by=alice)
    round_.refresh_from_db()
    assert round_.is_closed

    reopen_round(round_=round_, by=alice)
    round_.refresh_from_db()
    assert not round_.is_closed
    actions = AuditEvent.objects.filter(by=alice).order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["round.closed", "round.closed", "round.reopened"]


def test_round_is_closed_and_opened_in_the_console(round_: Round, as_alice: Client) -> None:
    for action, closes_on in (("close", timezone.localdate()), ("reopen", None)):
        as_alice.post("/admin/rounds/round/", {"action": action, "_selected_action": [round_.pk]})
        round_.refresh_from_db()
        assert round_.closes_on == closes_on
