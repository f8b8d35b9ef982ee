"""Who takes turns with whom, until the transaction ends. Advisory locks, always in one order.

First the yards (`hold_yards`: districts, and what is found across them), then the names (`hold`:
cards and entities), then rows. Stage one of processing takes names only.
"""

from collections.abc import Collection

from django.db import connection

_NAMES, _YARDS = 2, 4  # spaces of PostgreSQL's advisory locks
_HASHES = (
    "(SELECT DISTINCT hashtext(name) AS hash FROM unnest(%s::text[]) AS name ORDER BY 1) AS hashes"
)


def hold_names(names: Collection[str]) -> None:
    """Cards and entities: two workers that meet one take turns."""
    _hold(_NAMES, names)


def hold_yards(names: Collection[str]) -> None:
    """Districts, phones and cards whose records are being linked. Take all of them at once."""
    _hold(_YARDS, names)


def try_yards(names: Collection[str]) -> bool:
    """More of them, by one who holds some already: False where another worker has one."""
    if not names:
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT bool_and(pg_try_advisory_xact_lock(%s, hash)) FROM {_HASHES}",  # noqa: S608
            [_YARDS, list(names)],
        )
        return bool(cursor.fetchone()[0])


def _hold(space: int, names: Collection[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT pg_advisory_xact_lock(%s, hash) FROM {_HASHES}",  # noqa: S608
            [space, list(names)],
        )
