"""Audit events are only ever added; the database itself sees to it."""

import pytest
from django.db import IntegrityError, transaction

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


def test_an_event_says_who_did_what_to_which_thing(alice: User, bob: User):
    log_event("account.changed", by=alice, target=bob, fields=["role"])

    event = AuditEvent.objects.get(action="account.changed")
    assert event.by == alice
    assert (event.target_type, event.target_id) == ("accounts.User", str(bob.pk))
    assert event.details == {"fields": ["role"]}


def test_an_event_can_neither_be_changed_nor_deleted():
    event = log_event("form.published")

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        AuditEvent.objects.filter(pk=event.pk).update(action="nothing.happened")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        event.delete()

    assert AuditEvent.objects.get(pk=event.pk).action == "form.published"


def test_an_event_goes_with_the_transaction_it_tells_of():
    with transaction.atomic():
        log_event("form.published")
        transaction.set_rollback(True)

    assert not AuditEvent.objects.filter(action="form.published").exists()
