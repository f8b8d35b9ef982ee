"""The door and its bell: a dead connection, a dead broker, and many records at once."""

import threading
import time
from collections.abc import Iterator

import pytest
from django.db import connection, connections

from backend.celery import app
from surveys.submissions.models import Submission
from surveys.submissions.quarantine import Sender
from sync.bell import TASK, Bell, send_task
from sync.intake import Arrival, accept_submission
from tests.openrosa.conftest import make_form, make_record

QUEUE = "bell-test"


def arrival(xml: bytes) -> Arrival:
    return Arrival(raw_xml=xml, files=(), sender=Sender())


def kill_own_backend() -> None:
    """What a restarted database does to a connection that a thread keeps open."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    other.close()


@pytest.mark.django_db(transaction=True)
def test_a_dead_connection_costs_no_record() -> None:
    make_form()
    kill_own_backend()

    assert accept_submission(arrival(make_record("uuid:1"))).is_new
    kill_own_backend()
    assert not accept_submission(arrival(make_record("uuid:1"))).is_new

    assert Submission.objects.count() == 1


@pytest.fixture
def queue(settings: object) -> Iterator[str]:
    """A queue of this test's own, in the real broker."""
    before = app.conf.task_default_queue
    app.conf.task_default_queue = QUEUE
    with app.connection_for_write() as broker:
        broker.default_channel.queue_purge(QUEUE)
        yield QUEUE
        broker.default_channel.queue_purge(QUEUE)
    app.conf.task_default_queue = before


def rings(queue: str) -> int:
    with app.connection_for_read() as broker:
        return int(broker.default_channel.client.llen(queue))


def test_a_burst_of_records_rings_a_few_times_only(queue: str) -> None:
    one = Bell(send_task, pause_seconds=0.2)

    for _ in range(300):
        one.ring()
        time.sleep(0.001)
    time.sleep(0.5)

    assert 1 <= rings(queue) <= 6


def slow_and_dead() -> bool:
    """A broker that takes a second to be found dead."""
    time.sleep(1)
    return False


def test_ringing_waits_for_no_broker() -> None:
    one = Bell(slow_and_dead)

    started = time.monotonic()
    for _ in range(1000):
        one.ring()

    assert time.monotonic() - started < 0.5


def test_after_a_fork_the_bell_rings_again() -> None:
    heard = threading.Event()
    one = Bell(lambda: not heard.set())
    one.ring()
    assert heard.wait(5)

    one.reset()  # what the fork hook calls in the child, where the thread is no more
    heard.clear()
    one.ring()

    assert heard.wait(5)


def test_the_bell_names_a_task_that_is_there() -> None:
    app.loader.import_default_modules()
    assert TASK in app.tasks
