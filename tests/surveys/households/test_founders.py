"""The migration that gives every registration a founder's household and a decision why."""

import importlib
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps import apps

from surveys.households.models import Household, LinkDecision, Membership
from surveys.submissions.models import Submission
from surveys.xforms.models import Form
from tests.surveys.datasets.records import make_record
from tests.surveys.households.families import households

pytestmark = pytest.mark.django_db
migration: Any = importlib.import_module("surveys.households.migrations.0004_founders")
BEGAN = datetime(2026, 5, 1, tzinfo=UTC)


def registered(form: Form, household: Household, minutes: int) -> uuid.UUID:
    """A registration as it was stored before there were founders."""
    row = make_record(form, household=household.pk, minutes=minutes)
    Membership.objects.create(
        record_id=row.pk, household=household, registers=True, form_id="visit", card="KG-06-00123"
    )
    return row.pk


def test_oldest_registration_founds_the_household_that_was_and_the_others_lead_there(
    form: Form,
) -> None:
    shared, alone, empty = (Household.objects.create(created_at=BEGAN) for _ in range(3))
    later, first = registered(form, shared, 9), registered(form, shared, 1)
    only = registered(form, alone, 5)
    before = households()

    migration.found(apps, None)

    shared.refresh_from_db()
    alone.refresh_from_db()
    empty.refresh_from_db()
    assert (shared.founder, alone.founder, empty.founder) == (first, only, None)
    assert shared.redirect_to_id is None
    led = Household.objects.get(founder=later)
    assert (led.redirect_to_id, led.created_at > shared.created_at) == (shared.pk, True)
    decision = LinkDecision.objects.get()
    assert (decision.a, decision.b) == tuple(sorted((first, later)))
    assert (decision.verdict, decision.source, decision.reason) == ("same", "rule", "same card")
    assert households() == before
    assert set(Submission.objects.values_list("state", flat=True)) == {0}


def test_empty_database_and_a_second_run_change_nothing(form: Form) -> None:
    migration.found(apps, None)
    assert not Household.objects.exists()
    home = Household.objects.create(created_at=BEGAN)
    registered(form, home, 1)
    registered(form, home, 2)
    migration.found(apps, None)
    once = list(Household.objects.order_by("pk").values()), LinkDecision.objects.count()
    migration.found(apps, None)
    assert (list(Household.objects.order_by("pk").values()), LinkDecision.objects.count()) == once
