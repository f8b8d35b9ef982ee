"""outdated_apps: of the apps that tablets say they use, which another tablet has newer. Pure."""

import re
from collections.abc import Iterable

_NUMBERS = re.compile(r"\d{1,9}", re.ASCII)


def outdated_apps(apps: Iterable[str]) -> frozenset[str]:
    """Name and version as tablets give them (`ODK Collect v2024.2.4`); one without a number is
    never outdated."""
    told = {app: _read(app) for app in apps}
    newest: dict[str, tuple[int, ...]] = {}
    for name, version in told.values():
        newest[name] = max(newest.get(name, ()), version)
    return frozenset(
        app for app, (name, version) in told.items() if version and version < newest[name]
    )


def _read(app: str) -> tuple[str, tuple[int, ...]]:
    name, _, version = app.strip().rpartition(" ")
    return name, tuple(int(number) for number in _NUMBERS.findall(version))
