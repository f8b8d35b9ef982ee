"""The real web server, as `manage.py up` starts it, on the test's own database."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.db import connection
from django.test import override_settings

from backend.processes import web_argv

START_SECONDS = 60


@contextmanager
def web_server(var: Path) -> Iterator[str]:
    """Its address. Attachments go below `var`; the database is the one tests see."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    with override_settings(BIND="127.0.0.1", PORT=port, WEB_WORKERS=2):
        command = web_argv()
    with (var / "web.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=_environment(var))
        try:
            _wait(port, process)
            yield url
        finally:
            process.terminate()
            process.wait(30)


def _environment(var: Path) -> dict[str, str]:
    target = connection.settings_dict
    parts = urlsplit(os.environ["DATABASE_URL"])
    database = f"{parts.scheme}://{parts.netloc}/{quote(target['NAME'])}"
    return {
        **os.environ,
        "DATABASE_URL": database,
        "OILA_VAR": str(var),
        "SECRET_KEY": settings.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "backend.settings",
        "MAX_XML_MB": "2",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the web server did not start")
