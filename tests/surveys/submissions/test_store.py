"""The attachment store: files by content, whole or not there, and a full disk."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backend.problems import Problem
from surveys.submissions.store import INCOMING, IncomingFile, keep_files, sweep_incoming


@pytest.fixture(autouse=True)
def root(settings: object, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "attachments"
    return settings.MEDIA_ROOT


def incoming(name: str, *pieces: bytes) -> IncomingFile:
    file = IncomingFile(name, "image/jpeg")
    for piece in pieces:
        file.write(piece)
    file.finish()
    return file


def test_a_file_is_found_by_its_content(root: Path) -> None:
    (kept,) = keep_files([incoming("a.jpg", b"one ", b"two")])

    assert (kept.name, kept.size, kept.content_type) == ("a.jpg", 7, "image/jpeg")
    assert (root / kept.relative_path).read_bytes() == b"one two"
    assert not list((root / INCOMING).iterdir())


def test_the_same_bytes_lie_there_once(root: Path) -> None:
    one, two = keep_files([incoming("a.jpg", b"x"), incoming("b.jpg", b"x")])
    (again,) = keep_files([incoming("c.jpg", b"x")])

    assert one.relative_path == two.relative_path == again.relative_path
    assert [one.name, two.name, again.name] == ["a.jpg", "b.jpg", "c.jpg"]
    assert len([path for path in root.rglob("*") if path.is_file()]) == 1


def test_a_discarded_file_leaves_nothing(root: Path) -> None:
    file = incoming("a.jpg", b"x")
    file.discard()
    file.discard()

    assert not [path for path in root.rglob("*") if path.is_file()]


def test_a_kept_file_outlives_discard(root: Path) -> None:
    file = incoming("a.jpg", b"x")
    (kept,) = keep_files([file])
    file.discard()

    assert (root / kept.relative_path).read_bytes() == b"x"


def test_the_sweep_takes_what_a_dead_server_left_and_nothing_else(root: Path) -> None:
    (kept,) = keep_files([incoming("kept.jpg", b"x")])
    fresh, litter = incoming("fresh.jpg", b"y"), incoming("litter.jpg", b"z")
    day_before_yesterday = time.time() - 48 * 3600
    for path in (litter.path, root / kept.relative_path):
        os.utime(path, (day_before_yesterday, day_before_yesterday))

    assert sweep_incoming() == 1

    assert fresh.path.exists()
    assert (root / kept.relative_path).exists()
    assert sweep_incoming() == 0


def test_a_broken_disk_is_no_full_disk(root: Path) -> None:
    root.parent.mkdir(exist_ok=True)
    root.write_text("a file where the folder should be")

    with pytest.raises(OSError, match="Not a directory"):
        IncomingFile("a.jpg")


# A limit on the size of files is what a test can set without being root; the kernel answers a
# write beyond it as it answers a full disk, with another number.
FULL_DISK = """
import resource, signal, sys
from django.conf import settings
settings.configure(MEDIA_ROOT=sys.argv[1], USE_I18N=False)
from backend.problems import Problem
from surveys.submissions.store import IncomingFile
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
file = IncomingFile("a.jpg")
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    for _ in range(10):
        file.write(b"x" * 50_000)
except Problem as problem:
    file.discard()
    print(problem.code, problem.status, problem.headers)
"""


def test_a_full_disk_is_503_and_leaves_no_litter(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(root)],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": "."},
    )

    assert done.stdout.split()[:2] == ["disk_full", "503"]
    assert "Retry-After" in done.stdout
    assert not [path for path in root.rglob("*") if path.is_file()]


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="only Linux has a device that is always full"
)
def test_no_space_left_is_the_same_problem(root: Path) -> None:
    file = IncomingFile("a.jpg")
    file._file.close()
    with Path("/dev/full").open("wb", buffering=0) as file._file, pytest.raises(Problem) as caught:
        file.write(b"x")

    assert caught.value.code == "disk_full"
