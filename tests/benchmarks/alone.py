"""On engines of its own, what needs no server: `python -m tests.benchmarks.alone nightly`."""

import os
import subprocess
import sys

from tests.engines import OwnEngines, throw_away_folder

ROWS = ("indicators", "nightly")


def main(row: str) -> None:
    measure = f"from tests.benchmarks import {row}; {row}.say()"
    engines = OwnEngines(throw_away_folder())
    env = {**os.environ, **engines.env, "SECRET_KEY": "bench" * 10, "ALLOWED_HOSTS": "testserver"}
    try:
        for words in (
            ["migrate", "-v0"],
            ["collectstatic", "--noinput", "-v0"],
            ["shell", "--no-imports", "-c", measure],
        ):
            subprocess.run([sys.executable, "manage.py", *words], env=env, check=True)
    finally:
        engines.remove()


if __name__ == "__main__":
    if sys.argv[1:] not in [[row] for row in ROWS]:
        sys.exit(f"say which: {', '.join(ROWS)}")
    main(sys.argv[1])
