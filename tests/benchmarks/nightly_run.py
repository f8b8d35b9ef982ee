"""Starts engines of its own and runs `nightly.measure` on them."""

import os
import subprocess
import sys

from tests.engines import OwnEngines, throw_away_folder

MEASURE = "from tests.benchmarks import nightly; nightly.say()"


def main() -> None:
    engines = OwnEngines(throw_away_folder())
    env = {**os.environ, **engines.env, "SECRET_KEY": "bench" * 10, "ALLOWED_HOSTS": "testserver"}
    try:
        for words in (
            ["migrate", "-v0"],
            ["collectstatic", "--noinput", "-v0"],
            ["shell", "--no-imports", "-c", MEASURE],
        ):
            subprocess.run([sys.executable, "manage.py", *words], env=env, check=True)
    finally:
        engines.remove()


if __name__ == "__main__":
    main()
