"""What a tablet believes after the pages it pulled: `docs/protocols/sync-api.md` in Python.

None of our own code, so that it cannot share our mistakes.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.sync.api.device import Json, JsonTablet


@dataclass
class Holdings:
    """`rows` by list and uuid, `tasks` that are due by id, `verdicts` by instance_id."""

    tablet: JsonTablet
    cursor: str = ""
    forms: list[Json] = field(default_factory=list)
    rows: dict[str, dict[str, Json]] = field(default_factory=dict)
    tasks: dict[int, Json] = field(default_factory=dict)
    verdicts: dict[str, Json] = field(default_factory=dict)
    resets: int = 0

    def pull_page(self, **query: Any) -> Json:
        page = self.tablet.pull(self.cursor, **query)
        self.take(page)
        return page

    def pull(self, **query: Any) -> "Holdings":
        """All there is."""
        for _ in range(1000):
            if not self.pull_page(**query)["more"]:
                return self
        raise AssertionError("pages without end")

    def take(self, page: Json) -> None:
        if page["reset"]:
            self.forms, self.rows, self.tasks, self.verdicts = [], {}, {}, {}
            self.resets += 1
        self.forms = page["forms"] or self.forms
        for changes in page["entities"]:
            rows = self.rows.setdefault(changes["list"], {})
            for uuid in changes["deletes"]:
                rows.pop(uuid, None)
                self.tasks = {i: t for i, t in self.tasks.items() if t["household"] != uuid}
            rows.update({row["uuid"]: row for row in changes["upserts"]})
        for task in page["tasks"]:
            self.tasks.pop(task["id"], None)
            if task["state"] == "due":
                self.tasks[task["id"]] = task
        self.verdicts.update({each["instance_id"]: each for each in page["verdicts"]})
        self.cursor = page["cursor"]

    @property
    def households(self) -> dict[str, Json]:
        return self.rows.get("households", {})

    @property
    def labels(self) -> set[str]:
        return {row["label"] for row in self.households.values()}
