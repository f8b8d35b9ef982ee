"""What is there against what was acknowledged, counted in the database and on the disk."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.live import LiveServer
from tests.storm.tablets import Acknowledged

DOUBLED = {
    "records": "SELECT 1 FROM submissions_submission GROUP BY form_id, instance_id",
    "clean rows": 'SELECT 1 FROM cleaning_cleanrow GROUP BY record_id, repeat, parent_id, "index"',
    "memberships": "SELECT 1 FROM households_membership GROUP BY record_id",
    "founders": "SELECT 1 FROM households_household GROUP BY founder",
}


@dataclass
class Verdict:
    """All counts must be zero."""

    acknowledged: int
    lost: int = 0
    unprocessed: int = 0
    wrong_rows: int = 0
    wrong_households: int = 0
    wrong_files: int = 0
    refused: int = 0
    doubled: dict[str, int] = field(default_factory=dict)

    @property
    def is_clean(self) -> bool:
        counts = (self.lost, self.unprocessed, self.wrong_rows, self.wrong_households)
        return not any((*counts, self.wrong_files, self.refused, *self.doubled.values()))

    def __str__(self) -> str:
        doubled = ", ".join(f"{what} {count}" for what, count in self.doubled.items())
        return (
            f"{self.acknowledged} acknowledged: lost = {self.lost}, "
            f"doubled = {sum(self.doubled.values())} ({doubled}), "
            f"unprocessed = {self.unprocessed}, wrong rows = {self.wrong_rows}, "
            f"wrong households = {self.wrong_households}, wrong files = {self.wrong_files}, "
            f"refused = {self.refused}"
        )


def judge(server: LiveServer, acknowledged: Acknowledged) -> Verdict:
    verdict = Verdict(len(acknowledged.files), refused=len(acknowledged.refused))
    stored = dict(server.query("SELECT instance_id, id FROM submissions_submission"))
    verdict.lost = len(acknowledged.files.keys() - stored.keys())
    verdict.unprocessed = server.query(
        "SELECT count(*) FROM submissions_submission WHERE state <> 1"
    )[0][0]
    for what, groups in DOUBLED.items():
        sql = f"SELECT count(*) FROM ({groups} HAVING count(*) > 1) AS doubled"
        verdict.doubled[what] = server.query(sql)[0][0]
    verdict.wrong_rows = _wrong_rows(server, acknowledged.members)
    verdict.wrong_households = _wrong_households(server, acknowledged.cards)
    verdict.wrong_files = _wrong_files(server, acknowledged.files)
    return verdict


def _wrong_rows(server: LiveServer, members: Mapping[str, int]) -> int:
    """Records without their root row, or with more or fewer member rows than members."""
    rows = server.query(
        "SELECT instance_id, count(*) FILTER (WHERE repeat = ''),"
        " count(*) FILTER (WHERE repeat LIKE '%%member')"
        " FROM cleaning_cleanrow GROUP BY instance_id"
    )
    found = {instance_id: (roots, repeats) for instance_id, roots, repeats in rows}
    return sum(1 for name, count in members.items() if found.get(name) != (1, count))


def _wrong_households(server: LiveServer, cards: Mapping[str, str]) -> int:
    """Records that are not, with the card they name, in one household that stands for itself."""
    rows = server.query(
        "SELECT r.instance_id, m.card FROM cleaning_cleanrow r"
        " JOIN households_membership m"
        " ON m.record_id = r.record_id AND m.household_id = r.household_id"
        " JOIN households_household h ON h.id = r.household_id AND h.redirect_to_id IS NULL"
        " WHERE r.repeat = ''"
    )
    found = dict(rows)
    return sum(1 for name, card in cards.items() if found.get(name) != card)


def _wrong_files(server: LiveServer, files: Mapping[str, Mapping[str, str]]) -> int:
    """Acknowledged files that have no row, or whose bytes on the disk are not those sent."""
    rows = server.query(
        "SELECT s.instance_id, a.name, a.sha256 FROM submissions_attachment a"
        " JOIN submissions_submission s ON s.id = a.submission_id"
    )
    stored = {(instance_id, name, digest) for instance_id, name, digest in rows}
    folder = server.var / "attachments"
    return sum(
        1
        for instance_id, named in files.items()
        for name, digest in named.items()
        if (instance_id, name, digest) not in stored or not _is_whole(folder, digest)
    )


def _is_whole(folder: Path, digest: str) -> bool:
    path = folder / digest[:2] / digest[2:4] / digest
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest
