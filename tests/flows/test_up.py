"""`manage.py up`, as `make run` calls it: first start, second start, and what stands in its way."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import requests

from tests.engines import throw_away_folder
from tests.live import PROJECT, LiveServer

PATIENCE = 60.0


class Restarted(LiveServer):
    """A server that can be ended in several ways and started again on what it left."""

    def processes(self) -> list[psutil.Process]:
        up = psutil.Process(self._up.pid)
        return [up, *up.children(recursive=True)]

    def end(self, number: signal.Signals) -> int:
        self._up.send_signal(number)
        return self._up.wait(90)

    def start(self) -> None:
        self.__enter__()

    @property
    def words(self) -> str:
        return (self.var / "up.log").read_text()


@pytest.fixture(scope="module")
def server() -> Iterator[Restarted]:
    with Restarted() as live:
        yield live


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return str(probe.getsockname()[1])


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def gone(processes: list[psutil.Process]) -> bool:
    return psutil.wait_procs(processes, timeout=PATIENCE)[1] == []


def another(server: LiveServer, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=PROJECT,
        env={**server.env, **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_first_start_makes_all_that_a_first_look_needs(server):
    demo = server.demo

    assert set(demo) == {"base_url", "accounts", "devices", "analyst_token"}
    assert demo["base_url"] == server.url
    assert {one["role"] for one in demo["accounts"]} == {
        "enumerator", "supervisor", "manager", "analyst", "partner", "admin",
    }  # fmt: skip
    assert all(set(one) == {"role", "username", "password"} for one in demo["accounts"])
    assert all(set(one) == {"name", "token", "server_url", "bearer"} for one in demo["devices"])
    assert len(demo["devices"]) == 2
    forms = requests.get(f"{demo['devices'][0]['server_url']}/formList")
    assert forms.status_code == 200
    for form_id in ("rmp_registration", "rmp_service", "rmp_followup"):
        assert form_id in forms.text
    token = {"Authorization": f"Bearer {demo['analyst_token']}"}
    assert requests.get(f"{server.url}/api/v1/forms/", headers=token).status_code == 200


def test_what_opens_doors_is_for_its_owner_only(server):
    assert mode(server.var / "demo.json") == mode(server.var / "secret_key") == 0o600
    for folder in ("attachments", "exports", "logs", "data", "run"):
        assert mode(server.var / folder) == 0o700


def test_no_log_carries_a_token_or_a_password(server):
    device = server.demo["devices"][0]
    requests.get(f"{device['server_url']}/formList")
    requests.get(f"{device['server_url']}/nothing-here")
    requests.post(f"{device['server_url']}/submission", data=b"nonsense")

    secrets = [device["token"], *(one["password"] for one in server.demo["accounts"])]
    for log in (server.var / "logs").iterdir():
        assert not [one for one in secrets if one in log.read_text(errors="replace")], log


def test_a_second_server_on_the_folder_is_refused_and_told_whose_it_is(server):
    refused = another(server, PORT=free_port())

    assert refused.returncode != 0
    assert f"process {server.processes()[0].pid})" in refused.stderr
    assert "OILA_VAR" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_port_that_is_taken_is_named(server, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = another(server, PORT=port, OILA_VAR=str(tmp_path / "var"))

    assert refused.returncode != 0
    assert f"127.0.0.1:{port}" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("role", ["web", "beat", "postgres"])
def test_what_is_killed_comes_back(server, role):
    eventually(lambda: role in server.process_trees())
    killed = server.process_trees()[role][0]
    os.kill(killed, signal.SIGKILL)

    eventually(lambda: server.process_trees().get(role, [killed])[0] != killed)
    eventually(lambda: is_ready(server))


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def is_ready(server: LiveServer) -> bool:
    try:
        return requests.get(f"{server.url}/health/ready", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def test_a_large_upload_in_chunks_arrives_whole(server):
    """More than one chunk, no Content-Length (openrosa.md S16): told apart by its content."""
    device = server.demo["devices"][0]["server_url"]

    def chunks() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="xml_submission_file"; filename="s.xml"'
        yield b"\r\nContent-Type: text/xml\r\n\r\n<data id='no_such_form'"
        yield b">" + b"<x>1</x>" * 100_000
        yield b"<meta><instanceID>uuid:8c7a52f9-1d3c-4f0e-b8a2-2f9f3d1d6f10</instanceID></meta>"
        yield b"</data>\r\n--b--\r\n"

    answer = requests.post(
        f"{device}/submission",
        data=chunks(),
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )

    assert answer.status_code == 404, answer.text
    assert "no_such_form" in answer.text


def test_a_second_start_finds_everything_as_it_was(server):
    before, forms = server.demo, server.query("SELECT form_id FROM xforms_form ORDER BY 1")
    running = server.processes()

    assert server.end(signal.SIGINT) == 0
    assert gone(running)
    assert server.words.rstrip().endswith("stopped")
    server.start()

    assert json.loads((server.var / "demo.json").read_text()) == before
    assert server.query("SELECT form_id FROM xforms_form ORDER BY 1") == forms
    assert len(server.query("SELECT 1 FROM sync_device")) == 2


def test_nothing_lives_on_when_the_supervisor_is_killed(server):
    running = server.processes()

    server.end(signal.SIGKILL)

    assert gone(running)
    server.start()
    assert is_ready(server)


def test_data_of_another_major_stops_the_start(server):
    var = throw_away_folder()
    cluster = var / "data" / "postgres"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("17\n")

    refused = another(server, OILA_VAR=str(var), PORT=free_port())

    assert refused.returncode != 0
    assert "PostgreSQL 17" in refused.stderr
    assert "Traceback" not in refused.stderr
    shutil.rmtree(var)
