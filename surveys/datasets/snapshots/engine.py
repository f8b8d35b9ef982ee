"""DuckDB over the files of snapshots: the only place that knows it. Pure.

One database in memory for each process, which opens nothing outside the folder of snapshots, loads
no extension and takes no other setting afterwards.
"""

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb

from surveys.datasets.snapshots.store import Manifest

MEMORY, THREADS = "128MB", 2
SETTINGS = (
    "SET parquet_metadata_cache = true",  # a file never changes once it has its name
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
_SUPERSEDED = """
WITH standing AS (
    SELECT id, household_id, received_at FROM {rows}
    WHERE household_id IS NOT NULL AND review_state <> 'rejected'
), doubled AS (
    SELECT household_id FROM standing GROUP BY household_id HAVING count(*) > 1
)
SELECT id FROM standing WHERE household_id IN (FROM doubled)
QUALIFY row_number() OVER (PARTITION BY household_id ORDER BY received_at DESC, id DESC) > 1
"""


class TooMuch(Exception):
    """What was asked needs more memory than a request may have."""


def run(root: Path, sql: str, words: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of one statement over files below `root`. Raises `TooMuch`; FileNotFoundError."""
    try:
        with _database(root, os.getpid()).cursor() as cursor:
            return cursor.execute(sql, list(words)).fetchall()
    except duckdb.OutOfMemoryException as error:
        raise TooMuch from error
    except duckdb.IOException as error:
        raise FileNotFoundError from error


def rows_of(folder: Path, manifest: Manifest, table: str) -> str:
    """SQL for the rows of one table: those of the base that did not change, and those that did."""
    # The second has the columns of today, even when it is empty.
    beside = _all("*", folder, manifest.beside.files[table])
    if table not in manifest.base.files:  # a repeat that is newer than the base
        return f"({beside})"
    base = _all("*", folder, manifest.base.files[table])
    if manifest.beside.records:
        base += f" WHERE record_id NOT IN ({_all('id', folder, manifest.beside.changed)})"
    elif manifest.base.kept[table] == manifest.beside.kept[table]:
        return f"({base})"  # a filter on a union costs a third more
    return f"({base} UNION ALL BY NAME {beside})"


def superseded(folder: Path, manifest: Manifest) -> str:
    """SQL for the ids of registrations that are not the newest of their household."""
    if not manifest.beside.superseded:
        return "SELECT NULL::UUID WHERE false"
    return _all("id", folder, manifest.beside.superseded)


def find_superseded(root: Path, folder: Path, manifest: Manifest, table: str) -> list[bytes]:
    """Ids of root rows that are not the newest of their household, rejected ones aside."""
    sql = _SUPERSEDED.format(rows=rows_of(folder, manifest, table))
    return [each.bytes for (each,) in run(root, sql, ())]


def _all(what: str, folder: Path, name: str) -> str:
    path = str(folder / name).replace("'", "''")
    return f"SELECT {what} FROM read_parquet('{path}')"  # noqa: S608 a file that we named


@lru_cache(maxsize=1)
def _database(root: Path, pid: int) -> duckdb.DuckDBPyConnection:
    """Of this process alone: one that came through a fork has lost its threads."""
    database = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": MEMORY,
            "threads": THREADS,
            "temp_directory": "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
        },
    )
    folder = str(root).replace("'", "''")
    database.execute(f"SET allowed_directories = ['{folder}/']")
    for setting in SETTINGS:
        database.execute(setting)
    return database
