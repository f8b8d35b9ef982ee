"""PostgreSQL and Redis for a test run: those of the environment, else embedded ones of our own.

`tests.settings` calls this before the product's settings are read. Parallel workers inherit the
engines of the process that started them, and take a Redis database and a var folder each.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from backend.embedded import engine_children, prepare_engines, wait_until_ready
from backend.engine_home import Engines
from backend.supervisor import Running


class OwnEngines:
    """Engines in a folder of their own, as `manage.py up` runs them; usable in a `with`."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.engines: Engines = prepare_engines(var)
        self.postgres, self.redis = engine_children(self.engines, var / "logs")
        self.running: dict[str, Running] = {}
        self.start()

    def start(self) -> None:
        for child in (self.postgres, self.redis):
            if child.name not in self.running:
                self.running[child.name] = Running(child)
        wait_until_ready(self.engines)

    def stop(self, *names: str) -> None:
        for name in names or ("redis", "postgres"):
            if name in self.running:
                self.running.pop(name).stop()

    @property
    def env(self) -> dict[str, str]:
        host = str(self.engines.sockets).replace("/", "%2F")
        return {
            "DATABASE_URL": f"postgres://oila@{host}/oila",
            "REDIS_URL": f"unix://{self.engines.sockets}/redis.sock?db=0",
            "OILA_VAR": str(self.var),
        }

    def remove(self) -> None:
        self.stop()
        if self.engines.data.parent != self.var:  # where root put them out of the way
            shutil.rmtree(self.engines.data.parent, ignore_errors=True)
        if self.engines.sockets.parent not in self.engines.data.parents:
            shutil.rmtree(self.engines.sockets, ignore_errors=True)
        shutil.rmtree(self.var, ignore_errors=True)


def throw_away_folder() -> Path:
    """A temporary folder that the engines' user may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="oila-test-"))
    folder.chmod(0o711)
    return folder


def ensure_engines() -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not os.environ.get("DATABASE_URL"):
        own = OwnEngines(throw_away_folder())
        atexit.register(own.remove)
        os.environ.update(own.env)
    if worker:
        os.environ["OILA_VAR"] = str(Path(os.environ["OILA_VAR"]) / worker)
        base, _, _number = os.environ["REDIS_URL"].partition("?db=")
        os.environ["REDIS_URL"] = f"{base}?db={int(worker.removeprefix('gw')) + 1}"
