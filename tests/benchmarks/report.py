"""One row a measurement: printed as a table, written to var/bench.json (specs: lower or higher)."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Measurement:
    """A value, and the limit it has to keep, if any."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    better: str = "lower"

    @property
    def holds(self) -> bool | None:
        if self.limit is None:
            return None
        return self.value <= self.limit if self.better == "lower" else self.value >= self.limit

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "value": round(self.value, 3), "holds": self.holds}


TITLE = f"{'':<62}{'value':>9}  {'unit':<10}{'limit':>9}"


def as_lines(measurements: Iterable[Measurement]) -> str:
    """Lines of the table below TITLE."""
    return "\n".join(map(_line, measurements))


def write_json(measurements: Iterable[Measurement], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([each.as_json() for each in measurements], indent=1) + "\n")


def _line(each: Measurement) -> str:
    sign = "≤" if each.better == "lower" else "≥"
    limit = f"{sign} {each.limit:g}" if each.limit is not None else ""
    verdict = {True: "  holds", False: "  MISSED", None: ""}[each.holds]
    return f"{each.name:<62}{each.value:>9.4g}  {each.unit:<10}{limit:>9}{verdict}"
