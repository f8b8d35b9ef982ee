"""One record after the other against a large register, in engines of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

from tests.benchmarks.bench import Bench
from tests.benchmarks.report import Measurement
from tests.engines import OwnEngines, throw_away_folder

REGISTER = 100_000  # households


def link(bench: Bench) -> Iterator[Measurement]:
    own = OwnEngines(throw_away_folder())
    try:
        env = {**bench.server.env, **own.env, "SECRET_KEY": "only-for-benchmarks-" + "x" * 40}
        env["DJANGO_SETTINGS_MODULE"] = "backend.settings"
        run = partial(subprocess.run, env=env, check=True, capture_output=True)
        run([sys.executable, "manage.py", "migrate", "-v0"])
        done = run([sys.executable, "-m", "tests.benchmarks.linking", str(REGISTER)])
    finally:
        own.remove()
    found = json.loads(done.stdout)
    each = sorted(1000 * seconds for seconds in found["each"])
    at = f"link, one record against {REGISTER:,}"
    yield Measurement(f"{at}: median", each[len(each) // 2], "ms", 50.0)
    yield Measurement(f"{at}: p99", each[int(len(each) * 0.99)], "ms", 250.0)
    share = found["merged"] / found["again"]
    yield Measurement(f"{at}: told again and merged", share, "", None, "higher")
