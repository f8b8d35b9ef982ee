"""Children are started in order, started again when they die, and stopped in reverse."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from backend import supervisor as module
from backend.supervisor import Child, Supervisor

PATIENCE = 15.0


def python(code: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(code)]


SLEEPER = python("import time; time.sleep(600)")


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(said):
    made = Supervisor(said.append)
    yield made
    made.stop()


def test_a_killed_child_is_started_again(supervisor, said, tmp_path):
    first = supervisor.start(Child("sleeper", SLEEPER, tmp_path / "sleeper.log"))
    first.process.kill()

    supervisor.run(until=lambda: supervisor.running[0] is not first)

    assert supervisor.running[0].process.poll() is None
    assert said == ["sleeper ended (SIGKILL); starting it again in 0.5 s"]


def test_a_child_that_keeps_dying_is_tried_ever_more_rarely(supervisor, said, tmp_path):
    supervisor.start(Child("broken", python("raise SystemExit(3)"), tmp_path / "broken.log"))

    supervisor.run(until=lambda: len(said) == 3)

    assert [line.rsplit(" in ", 1)[1] for line in said] == ["0.5 s", "1 s", "2 s"]
    assert "exit 3" in said[0]


def test_what_a_killed_child_left_behind_goes_with_it(supervisor, tmp_path):
    note = tmp_path / "grandchild"
    code = f"""
        import pathlib, subprocess, sys, time
        left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        pathlib.Path({str(note)!r}).write_text(str(left.pid))
        time.sleep(600)
    """
    first = supervisor.start(Child("master", python(code), tmp_path / "master.log"))
    assert eventually(lambda: note.exists() and note.read_text() != "")
    grandchild = int(note.read_text())
    first.process.kill()

    supervisor.run(until=lambda: supervisor.running[0] is not first)

    assert eventually(lambda: not alive(grandchild))


def test_children_are_stopped_in_reverse_order(supervisor, tmp_path):
    order = tmp_path / "order"
    code = """
        import pathlib, signal, sys, time
        def leave(*_):
            with open(sys.argv[1], "a") as file:
                file.write(sys.argv[2] + " ")
            raise SystemExit(0)
        signal.signal(signal.SIGTERM, leave)
        pathlib.Path(sys.argv[1] + "-" + sys.argv[2]).touch()
        time.sleep(600)
    """
    for name in ("engine", "web", "beat"):
        argv = [*python(code), str(order), name]
        supervisor.start(Child(name, argv, tmp_path / f"{name}.log"))
        assert eventually((tmp_path / f"order-{name}").exists)

    supervisor.stop()

    assert order.read_text() == "beat web engine "


def test_a_child_that_will_not_stop_is_killed_in_time(supervisor, tmp_path):
    ready = tmp_path / "ready"
    code = f"""
        import pathlib, signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        pathlib.Path({str(ready)!r}).touch()
        time.sleep(600)
    """
    stubborn = Child("stubborn", python(code), tmp_path / "stubborn.log", stop_seconds=0.3)
    running = supervisor.start(stubborn)
    assert eventually(ready.exists)
    began = time.monotonic()

    supervisor.stop()

    assert running.process.returncode == -signal.SIGKILL
    assert time.monotonic() - began < 5


def test_a_child_that_runs_once_is_not_started_again(supervisor, said, tmp_path):
    log = tmp_path / "once.log"
    supervisor.start(Child("week", python("print('played')"), log, once=True))

    supervisor.run(until=lambda: not supervisor.running)

    assert said == ["week is done (exit 0)"]
    assert log.read_text() == "played\n"


def test_a_long_log_is_set_aside_when_its_child_starts(supervisor, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LOG_BYTES", 10)
    log = tmp_path / "chatty.log"
    log.write_text("x" * 11)

    supervisor.start(Child("chatty", python("print('new')"), log, once=True))
    supervisor.run(until=lambda: not supervisor.running)

    assert (tmp_path / "chatty.1.log").read_text() == "x" * 11
    assert log.read_text() == "new\n"


def test_children_of_a_killed_supervisor_do_not_live_on(tmp_path):
    code = f"""
        import pathlib, sys, time
        from backend.supervisor import Child, Supervisor
        made = Supervisor(print)
        argv = [sys.executable, "-c", "import time; time.sleep(600)"]
        running = made.start(Child("orphan", argv, pathlib.Path({str(tmp_path / "o.log")!r})))
        print(running.process.pid, flush=True)
        time.sleep(600)
    """
    with subprocess.Popen(
        python(code), stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        os.kill(parent.pid, signal.SIGKILL)

    assert eventually(lambda: not alive(child))


def test_a_child_that_will_not_stop_does_not_outlive_a_killed_supervisor(tmp_path):
    stubborn = """
        import signal, subprocess, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        print(left.pid, flush=True)
        time.sleep(600)
    """
    log = tmp_path / "stubborn.log"
    code = f"""
        import pathlib, time
        from backend.supervisor import Child, Supervisor
        made = Supervisor(print, orphan_seconds=0.3)
        running = made.start(Child("stubborn", {python(stubborn)!r}, pathlib.Path({str(log)!r})))
        print(running.process.pid, flush=True)
        time.sleep(600)
    """
    with subprocess.Popen(
        python(code), stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert eventually(lambda: log.read_text() != "")
        grandchild = int(log.read_text())
        os.kill(parent.pid, signal.SIGKILL)

    assert eventually(lambda: not alive(child))
    assert eventually(lambda: not alive(grandchild))


def test_the_guardian_leaves_with_its_supervisor(tmp_path):
    made = Supervisor(print)
    made.start(Child("sleeper", SLEEPER, tmp_path / "sleeper.log"))
    children = psutil.Process().children()
    (guardian,) = [one for one in children if "guardian.py" in " ".join(one.cmdline())]

    made.stop()

    assert not alive(guardian.pid)
