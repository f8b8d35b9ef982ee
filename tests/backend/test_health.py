"""What operators and load balancers ask. What happens when an engine is away: tests/flows."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from surveys.submissions.models import Submission
from surveys.xforms.models import Form


def test_live_asks_nobody(client: Client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        answer = client.get("/health/live")
    assert answer.json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_says_that_nothing_waits(client: Client):
    assert client.get("/health/ready").json() == {
        "status": "ok",
        "database": "ok",
        "broker": "ok",
        "oldest_unprocessed_seconds": 0,
    }


@pytest.mark.django_db
def test_ready_tells_the_age_of_what_waits_longest(client: Client):
    form = Form.objects.create(form_id="f", title="F")
    for name, minutes, state in (("a", 5, 0), ("b", 2, 0), ("c", 60, 1), ("d", 90, 2)):
        Submission.objects.create(
            form=form,
            instance_id=f"uuid:{name}",
            raw_xml=b"<f/>",
            sha256=name.encode() * 32,
            received_at=timezone.now() - timedelta(minutes=minutes),
            state=state,
        )

    age = client.get("/health/ready").json()["oldest_unprocessed_seconds"]

    assert 300 <= age < 310


def test_every_answer_carries_an_id_for_the_logs(client: Client):
    assert len(client.get("/health/live")["X-Request-Id"]) == 16
    sent = client.get("/health/live", headers={"X-Request-Id": "abc123"})
    assert sent["X-Request-Id"] == "abc123"
    forged = client.get("/health/live", headers={"X-Request-Id": "a b\tc"})
    assert len(forged["X-Request-Id"]) == 16
