"""The tables of a re-link, in a DuckDB file of its own that is thrown away afterwards."""

import os
from array import array
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from sys import intern
from typing import Any

import duckdb
import pyarrow as pa

from surveys.linkage.batch_steps import JudgedRow, Prepared, Work, table_of
from surveys.linkage.blocking import KINDS, MOST_HOLDERS, SHORT_LISTS
from surveys.linkage.comparisons import RARE_PHONE
from surveys.linkage.model import LinkModel

MEMORY = "1500MB"
_SEARCHED_AT_ONCE = 100_000  # records; bounds the join of keys
_TABLES = """
CREATE TABLE records (id INTEGER, record_id VARCHAR, district VARCHAR, village VARCHAR,
                      size SMALLINT);
CREATE TABLE keys (id INTEGER, value BIGINT, kind UTINYINT, own UTINYINT);
CREATE TABLE counted (kind VARCHAR, place VARCHAR, value VARCHAR, times INTEGER);
CREATE TABLE pairs (a INTEGER, b INTEGER, district VARCHAR);
CREATE TABLE judged (a INTEGER, b INTEGER, levels BLOB, vetoes VARCHAR, strong SMALLINT);
"""
_ENOUGH = " ".join(f"WHEN {KINDS.index(kind)} THEN {size}" for kind, size in SHORT_LISTS.items())
# `is_worth_judging`, in SQL: shared keys are counted here, so that most pairs are never judged.
_PAIRS = f"""
INSERT INTO pairs
SELECT p.a, p.b, x.district
FROM (
    SELECT f.id AS a, s.id AS b, count(*) AS keys, min(f.kind) AS kind,
           bool_or(f.kind = {KINDS.index("card")}) AS card
    FROM keys s JOIN common f ON f.value = s.value AND f.id < s.id
    WHERE s.id >= ? AND s.id < ?
    GROUP BY f.id, s.id
) p
JOIN records x ON x.id = p.a
JOIN records y ON y.id = p.b
WHERE p.keys > 1 OR p.card OR least(x.size, y.size) < 2
   OR (least(x.size, y.size) < CASE p.kind {_ENOUGH} ELSE 0 END
       AND (x.village = y.village OR p.kind <> {KINDS.index("member")}))
"""  # noqa: S608


class Tables:
    """Records, keys, counts, pairs and what was judged of them."""

    def __init__(self, folder: Path, model: LinkModel) -> None:
        self._db = duckdb.connect(folder / "relink.duckdb")
        self._db.execute(f"SET memory_limit = '{MEMORY}'; SET preserve_insertion_order = false")
        self._db.execute(f"SET threads = 2; SET temp_directory = '{folder / 'spill'}'")
        self._db.execute(_TABLES)
        self._db.begin()  # one transaction: without it everything is first written into a log
        self._stored = _Stored(folder / "stored")
        self._model = model
        self._shared: dict[tuple[str, str, str], int] = {}
        self.districts: list[str] = []
        self._villages: list[str] = []

    def close(self) -> None:
        self._db.close()
        self._stored.close()

    def add(self, prepared: Prepared) -> None:
        self._stored.add(prepared.first, prepared.stored)
        self._insert("records", prepared.records)
        self._insert("keys", prepared.keys)
        if prepared.counted.num_columns:
            self._insert("counted", prepared.counted)

    def _insert(self, table: str, rows: pa.Table) -> None:
        self._db.register("batch", rows)
        self._db.execute(f"INSERT INTO {table} SELECT * FROM batch")  # noqa: S608
        self._db.unregister("batch")

    def find_pairs(self) -> int:
        """Pairs of records that share keys, and how many keys were skipped as too common."""
        self._db.commit()
        self._db.execute(
            "CREATE TABLE counts AS SELECT kind, place, value, sum(times)::INTEGER AS times"
            " FROM counted GROUP BY kind, place, value ORDER BY place"
        )
        self._db.execute("DROP TABLE counted")
        rows = self._db.execute("SELECT district, village FROM records ORDER BY id").fetchall()
        self.districts = [intern(row[0]) for row in rows]
        self._villages = [intern(row[1]) for row in rows]
        self._db.execute(
            "CREATE TABLE common AS SELECT id, value, kind FROM keys SEMI JOIN"
            " (SELECT value FROM keys WHERE own = 1 GROUP BY value HAVING count(*) <= ?)"
            " USING (value) WHERE own = 1",
            [MOST_HOLDERS],
        )
        for start in range(0, len(self.districts), _SEARCHED_AT_ONCE):
            self._db.execute(_PAIRS, [start, start + _SEARCHED_AT_ONCE])
        # Every batch carries these: a rare phone or card is one that is not among them.
        self._shared = self._counts("place = '' AND times > ?", RARE_PHONE)
        self._db.execute(
            "SELECT count(*) FROM"
            " (SELECT value FROM keys WHERE own = 1 GROUP BY value HAVING count(*) > ?)",
            [MOST_HOLDERS],
        )
        return int((self._db.fetchone() or (0,))[0])

    def works(self, size: int) -> Iterator[Work]:
        """All pairs in batches, those of a district together."""
        cursor = self._db.cursor()
        cursor.execute("SELECT a, b FROM pairs ORDER BY district, a, b")
        while rows := cursor.fetchmany(size):
            yield self.work(rows)

    def work(self, pairs: list[tuple[int, int]]) -> Work:
        """Pairs with their records and how common the values are where they live."""
        ids = sorted({number for pair in pairs for number in pair})
        places = {f"d/{self.districts[i]}" for i in ids} | {f"v/{self._villages[i]}" for i in ids}
        counts = self._counts("place IN (SELECT unnest(?::VARCHAR[]))", list(places))
        return Work(pairs, self._stored.read(ids), counts | self._shared, self._model)

    def _counts(self, where: str, value: Any) -> dict[tuple[str, str, str], int]:
        rows = self._db.cursor().execute(
            f"SELECT kind, place, value, times FROM counts WHERE {where}",  # noqa: S608
            [value],
        )
        return {(kind, place, item): times for kind, place, item, times in rows.fetchall()}

    def add_judged(self, rows: Collection[JudgedRow]) -> None:
        if rows:
            self._insert("judged", table_of(rows))

    def vectors(self) -> list[bytes]:
        """Each combination of levels, once."""
        rows = self._db.cursor().execute("SELECT DISTINCT levels FROM judged").fetchall()
        return [row[0] for row in rows]

    def judged(self) -> Iterator[JudgedRow]:
        cursor = self._db.cursor()
        cursor.execute("SELECT a, b, levels, vetoes, strong FROM judged ORDER BY a, b")
        while rows := cursor.fetchmany(10_000):
            yield from rows

    def names(self) -> list[str]:
        """Record ids, by number."""
        rows = self._db.cursor().execute("SELECT record_id FROM records ORDER BY id").fetchall()
        return [row[0] for row in rows]


class _Stored:
    """The features of each record by its number, in a file that is read piece by piece."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w+b")
        self._starts, self._sizes = array("q"), array("l")

    def close(self) -> None:
        self._file.close()

    def add(self, first: int, pieces: list[bytes]) -> None:
        """The records from number `first` on. Batches come in any order."""
        missing = range(first + len(pieces) - len(self._starts))
        self._starts.extend(0 for _ in missing)
        self._sizes.extend(0 for _ in missing)
        for number, piece in enumerate(pieces, start=first):
            self._starts[number], self._sizes[number] = self._file.tell(), len(piece)
            self._file.write(piece)
        self._file.flush()  # `read` goes past the buffer

    def read(self, numbers: Iterable[int]) -> dict[int, bytes]:
        file = self._file.fileno()
        return {i: os.pread(file, self._sizes[i], self._starts[i]) for i in numbers}


def numbers_of(tables: Tables, pairs: Iterable[Collection[str]]) -> set[tuple[int, int]]:
    """Pairs of record ids as pairs of numbers; a pair with a stranger is left out."""
    wanted = [tuple(sorted(pair)) for pair in pairs]
    if not wanted:
        return set()
    number = {name: i for i, name in enumerate(tables.names())}
    return {(number[a], number[b]) for a, b in wanted if a in number and b in number}
