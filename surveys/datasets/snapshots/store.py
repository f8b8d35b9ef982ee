"""The folder of a form's snapshot: immutable files, and one manifest that says which of them count.

The manifest is replaced in one step, so that a reader sees the old snapshot or the new one, whole.
Files that no manifest names any more stay some minutes, for readers that began before. Pure.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from surveys.datasets.snapshots.plan import Positions

MANIFEST = "manifest.json"
FORMAT = 1  # a manifest of another format is none
LEFT_FOR = 600.0  # seconds a file stays that nobody names


@dataclass(frozen=True, slots=True)
class Base:
    """All rows as of one moment; `watermark` is the time from which changes are kept beside it."""

    files: dict[str, str]  # path of a table → file
    made_at: datetime
    watermark: datetime
    records: int
    kept: Positions
    known: dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Beside:
    """The rows of all records that changed since the base; its rows of these records do not count.

    `mark` tells one state of these changes from another.
    """

    files: dict[str, str]
    changed: str  # the ids of these records
    records: int
    mark: str
    kept: Positions
    superseded: str = ""  # registrations that are not the newest of their household


@dataclass(frozen=True, slots=True)
class Manifest:
    """A snapshot: what it consists of, and the moment whose state it shows."""

    base: Base
    beside: Beside
    as_of: datetime
    format: int = field(default=FORMAT)

    @property
    def files(self) -> frozenset[str]:
        beside = self.beside
        named = (*self.base.files.values(), *beside.files.values(), beside.changed)
        return frozenset(filter(None, (*named, beside.superseded)))


def read_manifest(folder: Path) -> Manifest | None:
    """The snapshot there is; None where there is none, or one that this version cannot read."""
    try:
        known = json.loads((folder / MANIFEST).read_bytes())
        if known["format"] != FORMAT:
            return None
        base = Base(**{**known["base"], **_times(known["base"], "made_at", "watermark")})
        return Manifest(
            base=_with_numbers(base),
            beside=_with_numbers(Beside(**known["beside"])),
            as_of=datetime.fromisoformat(known["as_of"]),
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Puts it in place of the one before, once all that it names is safe on the disk."""
    for name in manifest.files:
        _fsync(folder / name)
    unfinished = folder / f".{uuid4().hex}.json"
    with unfinished.open("w") as file:
        json.dump(asdict(manifest), file, default=datetime.isoformat)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(folder / MANIFEST)
    _fsync(folder)


def forget(folder: Path) -> None:
    """There is no snapshot any more: the next who asks makes one."""
    (folder / MANIFEST).unlink(missing_ok=True)


def new_file(folder: Path, what: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"{what}-{uuid4().hex}.parquet"


def remove_left(folder: Path, manifest: Manifest, *, now: float) -> int:
    """Removes what neither the manifest nor a reader of the one before needs; gives how many."""
    left = [each for each in _files(folder) if each.name not in manifest.files]
    old = [each for each in left if now - each.stat().st_mtime > LEFT_FOR]
    for each in old:
        each.unlink(missing_ok=True)
    return len(old)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _files(folder: Path) -> Iterator[Path]:
    yield from folder.glob("*.parquet")
    yield from folder.glob(".*.json")


def _times(known: dict[str, Any], *names: str) -> dict[str, datetime]:
    return {name: datetime.fromisoformat(known[name]) for name in names}


def _with_numbers(part: Any) -> Any:
    """JSON has positions as text."""
    kept = {path: {int(at): kind for at, kind in k.items()} for path, k in part.kept.items()}
    return type(part)(**{**_fields(part), "kept": kept})


def _fields(part: Any) -> dict[str, Any]:
    return {name: getattr(part, name) for name in part.__dataclass_fields__}
