"""The entity list on a tablet: what came from the server, and what its own forms did to it since.

The rules are Collect's (openrosa.md E4, E7): a row of the server replaces ours when it is newer,
or as new and we changed ours; what we made and the server does not list stays until it says that
it was deleted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from surveys.xforms.questionnaire import Row
from sync.fieldwork.interview import id_for


class Action(Protocol):
    """What a filled form does to one entity."""

    @property
    def id(self) -> str: ...
    @property
    def creates(self) -> bool: ...
    @property
    def label(self) -> str: ...
    @property
    def properties(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class Held:
    """One row; `trunk` is the last version the server gave us, 0 for one born here.

    `born_here` until the server lists it; `changed` since the server last gave it.
    """

    label: str
    version: int
    properties: Mapping[str, str]
    trunk: int
    branch: str
    born_here: bool = False
    changed: bool = False


class Holdings:
    """`owner` makes the branch ids, so that no two tablets share one, nor two fetches of a row."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.taken = 0
        self.held: dict[str, Held] = {}

    def replace_all(self, rows: Iterable[Row]) -> list[str]:
        """Takes a whole list; gives the ids that are not on it and that we made ourselves."""
        found = list(rows)
        listed = {row["name"] for row in found}
        self.merge(found)
        missing = [each for each in self.held if each not in listed]
        self.remove(each for each in missing if not self.held[each].born_here)
        return [each for each in missing if each in self.held]

    def merge(self, rows: Iterable[Row]) -> None:
        """Rows as in the CSV: name, label, __version and the properties (E3)."""
        for row in rows:
            mine, version = self.held.get(row["name"]), int(row["__version"])
            if mine is None or mine.version < version or (mine.version == version and mine.changed):
                self.held[row["name"]] = self._from_server(row, version)
            elif mine.born_here:
                self.held[row["name"]] = replace(mine, born_here=False)

    def remove(self, ids: Iterable[str]) -> None:
        for each in list(ids):
            self.held.pop(each, None)

    def act(self, action: Action) -> None:
        """A form was finished: its entity is made, or changed on top of what we hold."""
        mine = self.held.get(action.id)
        if mine is not None:
            self.held[action.id] = replace(
                mine,
                label=action.label or mine.label,
                version=mine.version + 1,
                properties={**mine.properties, **action.properties},
                changed=True,
            )
        elif action.creates:
            self.held[action.id] = Held(
                label=action.label,
                version=1,
                properties=action.properties,
                trunk=0,
                branch=self._new_branch(),
                born_here=True,
                changed=True,
            )

    def rows(self) -> list[Row]:
        """As a form sees them: `instance('households')/root/item`."""
        return [
            {
                **each.properties,
                "name": name,
                "label": each.label,
                "__version": str(each.version),
                "__trunkVersion": str(each.trunk or ""),
                "__branchId": each.branch,
            }
            for name, each in self.held.items()
        ]

    def _from_server(self, row: Row, version: int) -> Held:
        special = {"name", "label", "__version"}
        return Held(
            label=row["label"],
            version=version,
            properties={name: text for name, text in row.items() if name not in special},
            trunk=version,
            branch=self._new_branch(),
        )

    def _new_branch(self) -> str:
        self.taken += 1
        return id_for(f"{self.owner}/branch/{self.taken}")
