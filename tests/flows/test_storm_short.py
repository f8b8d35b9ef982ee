"""A short storm in the default suite; `make storm` is the long one."""

from tests.live import LiveServer
from tests.storm.run import storm


def test_nothing_acknowledged_is_lost_or_doubled_when_servers_are_killed() -> None:
    with LiveServer({"SWEEP_SECONDS": "1"}) as server:
        outcome = storm(server, seconds=7, tablets=4, pause=(1.0, 2.0), seed=7)

    assert outcome.verdict.is_clean, outcome.verdict
    assert outcome.verdict.acknowledged > 50
    assert outcome.killed.total() >= 3
