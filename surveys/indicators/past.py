"""What an indicator was: earlier days, frozen periods and their restatements, for its page."""

from typing import Any

from surveys.indicators.answers import frozen_json, frozen_results, runs_json
from surveys.indicators.display import number_words
from surveys.indicators.read import Asked


def history_lines(asked: Asked) -> list[dict[str, Any]]:
    """The headline of each earlier day."""
    measure = asked.definition.headline
    return [
        {
            "as_of": each["as_of"],
            "version": each["version"],
            "number": number_words(measure, row["value"], row["hidden"]),
        }
        for each in runs_json(asked)
        for row in each["rows"][:1]
    ]


def frozen_lines(asked: Asked) -> list[dict[str, Any]]:
    """Each frozen period with its headline, and what changed since."""
    measure = asked.definition.headline
    found = []
    for frozen in frozen_results(asked.definition.code, asked.states):
        told = frozen_json(frozen, asked)
        row: dict[str, Any] = next(iter(told["rows"]), {"value": None, "hidden": ""})
        told["number"] = number_words(measure, row["value"], row["hidden"])
        for each in told["restatements"]:
            named = next(m for m in asked.definition.measures if m.key == each["measure"])
            each["was"], each["now"] = (number_words(named, each[n]) for n in ("was", "now"))
        found.append(told)
    return found
