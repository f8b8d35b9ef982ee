"""Every main page with 10,000 households, 50,000 members and 40,000 services behind it.

On engines of its own, filled and timed by `page_times.py`. The time of a page is that of the whole
request in one process, with PostgreSQL's; the number of its queries stands beside it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from tests.benchmarks.report import Measurement
from tests.engines import OwnEngines, throw_away_folder

LIMIT_MS = 300.0  # the issue's, at the 95th percentile
MEASURE = "from tests.benchmarks import page_times; page_times.say()"


def pages(_bench: Any) -> Iterator[Measurement]:
    """Of each page the 95th percentile, and its queries."""
    for page, found in json.loads(_on_own_engines()).items():
        yield Measurement(f"page {page}, p95", found["p95_ms"], "ms", LIMIT_MS)
        yield Measurement(f"page {page}, median", found["median_ms"], "ms")
        yield Measurement(f"page {page}, CPU of Python", found["cpu_ms"], "ms")
        yield Measurement(f"page {page}, queries", found["queries"], "queries")


def _on_own_engines() -> str:
    engines = OwnEngines(throw_away_folder())
    env = {**os.environ, **engines.env, "SECRET_KEY": "bench" * 10, "ALLOWED_HOSTS": "testserver"}
    try:
        for words in (["migrate", "-v0"], ["collectstatic", "--noinput", "-v0"]):
            subprocess.run([sys.executable, "manage.py", *words], env=env, check=True)
        words = ["shell", "--no-imports", "-c", MEASURE]
        found = subprocess.run(
            [sys.executable, "manage.py", *words], env=env, check=True, stdout=subprocess.PIPE
        )
        return found.stdout.decode().splitlines()[-1]
    finally:
        engines.remove()
