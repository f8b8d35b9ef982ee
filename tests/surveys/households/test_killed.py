"""A worker that is killed while it links leaves nothing half done, and the next one links it."""

import os
import signal
import time

import pytest
from django.db import connection, transaction

from surveys.households.locks import hold_names
from surveys.households.models import CandidateLink, LinkDecision, LinkFeature, LinkKey
from surveys.lifecycle.link import link_waiting
from surveys.lifecycle.process import process_waiting
from tests.surveys.household_forms import FAMILY, publish
from tests.surveys.households.families import (
    ASANOVS,
    ASANOVS_AGAIN,
    family_arrives,
    households,
    listed,
)

CARD = "KG-06-00123"
LOCKS = """
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()
    AND granted = %s
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def forked_worker() -> tuple[int, int]:
    """A process that links once it reads a byte; its id, and where to write the byte."""
    connection.close()  # it is not to share ours
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.read(told, 1)
            link_waiting()
        finally:
            os._exit(0)
    return pid, tell


def wait_for(*, granted: bool, there: bool) -> None:
    """Until another session waits for a lock, or holds one, or none does any more."""
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute(LOCKS, [granted])
            if (cursor.fetchone()[0] > 0) == there:
                return
        time.sleep(0.05)
    pytest.fail("the other session is not where it should be")


@pytest.mark.django_db(transaction=True)
def test_worker_killed_after_it_decided_leaves_no_trace_and_another_comes_to_the_same() -> None:
    publish(FAMILY)
    for instance_id, lines in (("uuid:1", ASANOVS), ("uuid:2", ASANOVS_AGAIN)):
        family_arrives(instance_id, lines, card=CARD)
    while process_waiting():
        pass
    pid, tell = forked_worker()
    with transaction.atomic():
        hold_names({CARD})  # what is taken last: features, keys and decisions are written by then
        os.write(tell, b".")
        wait_for(granted=False, there=True)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    wait_for(granted=True, there=False)

    assert households() == {frozenset({"uuid:1"}), frozenset({"uuid:2"})}
    left = (LinkKey, LinkDecision, CandidateLink)
    assert not any(model.objects.exists() for model in left)
    waiting = LinkFeature.objects.filter(state=LinkFeature.State.WAITING, features__isnull=True)
    assert sorted(waiting.values_list("attempts", flat=True)) == [0, 1]

    waiting.update(try_after=None)
    while link_waiting():
        pass

    assert households() == {frozenset({"uuid:1", "uuid:2"})}
    assert len(listed()) == 1
    assert LinkDecision.objects.count() == 1
