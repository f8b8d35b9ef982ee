"""In a parallel run, stories that share a server are told in one process, and start first."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            shares = "live" in getattr(item, "fixturenames", ())
            item.add_marker(pytest.mark.xdist_group("live" if shares else item.path.stem))
