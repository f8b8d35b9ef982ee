"""Files that come in pieces, by themselves."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from surveys.submissions.partial import LONGEST_WAIT, QUIET, PartialFile


@pytest.fixture
def partial(settings: object, tmp_path: Path) -> PartialFile:
    settings.MEDIA_ROOT = tmp_path
    return PartialFile("1")


def trickle(count: int, begun: threading.Event) -> Iterator[bytes]:
    """Pieces that take their time, as when a server with much to do empties a dead link."""
    for _ in range(count):
        begun.set()
        time.sleep(QUIET / 4)
        yield b"piece"


def send_behind(partial: PartialFile, count: int) -> threading.Thread:
    begun = threading.Event()
    thread = threading.Thread(target=lambda: partial.append(trickle(count, begun), at=0))
    thread.start()
    begun.wait(10)
    return thread


def test_what_is_still_on_its_way_to_the_disk_is_waited_for(partial: PartialFile) -> None:
    sender = send_behind(partial, 10)

    assert partial.resting_size() == 50
    sender.join()


def test_who_never_rests_is_not_waited_for(partial: PartialFile) -> None:
    sender = send_behind(partial, 60)
    began = time.monotonic()

    assert 0 < partial.resting_size() < 300
    assert time.monotonic() - began < LONGEST_WAIT + 0.5
    sender.join()


def test_what_rests_is_told_at_once(partial: PartialFile) -> None:
    partial.append([b"piece"], at=0)
    time.sleep(QUIET)
    began = time.monotonic()

    assert partial.resting_size() == 5
    assert PartialFile("nothing").resting_size() == 0
    assert time.monotonic() - began < QUIET
