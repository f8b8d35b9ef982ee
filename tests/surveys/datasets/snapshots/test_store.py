"""The files of a snapshot: whole or not there, and gone when nobody can need them."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from surveys.datasets.snapshots.store import (
    LEFT_FOR,
    MANIFEST,
    Base,
    Beside,
    Manifest,
    new_file,
    read_manifest,
    remove_left,
    write_manifest,
)

AT = datetime(2014, 6, 3, 13, 20, tzinfo=UTC)


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    """Of two tables and what changed, with files that are there."""
    names = {what: _touch(tmp_path, what) for what in ("base", "rows", "beside", "more", "changed")}
    base = Base(
        {"": names["base"], "member": names["rows"]}, AT, AT, 7, {"": {0: "text"}}, {"": [0, 1]}
    )
    beside = Beside(
        {"": names["beside"], "member": names["more"]},
        names["changed"],
        2,
        "2/9",
        {"": {0: "text"}},
    )
    return Manifest(base, beside, AT)


def _touch(folder: Path, what: str) -> str:
    path = new_file(folder, what)
    path.write_bytes(b"PAR1")
    return path.name


def _age(path: Path, seconds: float) -> None:
    os.utime(path, (path.stat().st_mtime - seconds,) * 2)


def test_manifest_is_read_as_it_was_written(tmp_path: Path, manifest: Manifest) -> None:
    write_manifest(tmp_path, manifest)
    assert read_manifest(tmp_path) == manifest
    assert [p.name for p in tmp_path.iterdir() if not p.name.endswith(".parquet")] == [MANIFEST]


@pytest.mark.parametrize(
    "content",
    ["", "{", "null", "[]", '{"format": 2}', '{"format": 1}', '{"format": 1, "base": {}}'],
)
def test_manifest_that_cannot_be_read_is_none(tmp_path: Path, content: str) -> None:
    assert read_manifest(tmp_path) is None
    (tmp_path / MANIFEST).write_text(content)
    assert read_manifest(tmp_path) is None


def test_what_a_killed_writer_left_is_no_part_and_goes_in_the_end(
    tmp_path: Path, manifest: Manifest
) -> None:
    write_manifest(tmp_path, manifest)
    left = [tmp_path / _touch(tmp_path, "base"), tmp_path / ".half.json"]
    left[1].write_text('{"format"')
    now = left[1].stat().st_mtime

    assert read_manifest(tmp_path) == manifest
    assert remove_left(tmp_path, manifest, now=now) == 0  # a reader may have begun with it
    for path in (*left, *(tmp_path / name for name in manifest.files)):
        _age(path, LEFT_FOR + 1)
    assert remove_left(tmp_path, manifest, now=now) == 2
    assert {p.name for p in tmp_path.iterdir()} == {*manifest.files, MANIFEST}


def test_file_of_the_snapshot_before_stays_for_its_readers(
    tmp_path: Path, manifest: Manifest
) -> None:
    old = manifest.beside.changed
    newer = replace(manifest, beside=replace(manifest.beside, changed=_touch(tmp_path, "changed")))
    write_manifest(tmp_path, newer)
    now = (tmp_path / old).stat().st_mtime
    remove_left(tmp_path, newer, now=now + LEFT_FOR - 1)
    assert (tmp_path / old).exists()
    remove_left(tmp_path, newer, now=now + LEFT_FOR + 1)
    assert not (tmp_path / old).exists()
    assert all((tmp_path / name).exists() for name in newer.files)
