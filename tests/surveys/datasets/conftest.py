"""Files of a test are its own."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> None:
    settings.EXPORT_DIR = tmp_path / "exports"
    settings.SNAPSHOT_DIR = tmp_path / "snapshots"
