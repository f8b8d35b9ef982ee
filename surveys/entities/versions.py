"""What entity actions come to, given what an entity was before (openrosa.md E7, E8). Pure.

Values are a property's text by its name, the label among them; blank and absent are the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from surveys.entities.block import ID_EXISTS, LABEL_BLANK, EntityAction

LABEL = "label"  # no property may be called so
SOFT, HARD = "soft", "hard"

Key = tuple[int, int]  # submission, position of the entity element in it
Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Version:
    """What an entity was at one version.

    `believed`: what the tablet that sent it holds otherwise, since it has not heard of updates by
    others. `branch_version` is that tablet's own count after it.
    """

    entity_id: UUID
    number: int
    values: Values
    believed: Values = field(default_factory=dict)
    branch_id: UUID | None = None
    branch_version: int | None = None

    @property
    def as_believed(self) -> Values:
        return {**self.values, **self.believed}


@dataclass(frozen=True, slots=True)
class Asked:
    """An action and its place in the order of arrival.

    It may be held until `until`; `due` says that this time has come.
    """

    order: Key
    action: EntityAction
    due: bool = False
    until: datetime | None = None

    @property
    def entity_id(self) -> UUID:
        assert self.action.id is not None  # else it has a problem, and is not asked
        return self.action.id


@dataclass(frozen=True, slots=True)
class Difference:
    """One property of a conflict. `base` is what the update started from, None where not known;
    `theirs` what the server held when it came; `ours` what it says."""

    name: str
    base: str | None
    theirs: str
    ours: str


@dataclass(frozen=True, slots=True)
class Step:
    """An action that was carried out, or that never can be (`problem`, and no version)."""

    asked: Asked
    version: Version | None = None
    base: int | None = None  # the server's version that it was made on, where known
    conflict: str = ""
    fields: tuple[Difference, ...] = ()
    forced: bool = False
    problem: str = ""


@dataclass(slots=True)
class History:
    """What is known of an entity; `latest` is None until it is created.

    Where entities were merged, `versions` holds those of each by its own id, and `latest` is that
    of the one that stayed: `entity_id`.
    """

    entity_id: UUID
    latest: Version | None = None
    versions: dict[tuple[UUID, int], Version] = field(default_factory=dict)
    branches: dict[tuple[UUID, int], Version] = field(default_factory=dict)
    ends: dict[UUID, int] = field(default_factory=dict)  # the highest count of each branch

    def add(self, version: Version) -> None:
        self.versions[version.entity_id, version.number] = version
        if version.branch_id and version.branch_version:
            self.branches.setdefault((version.branch_id, version.branch_version), version)
            end = max(self.ends.get(version.branch_id, 0), version.branch_version)
            self.ends[version.branch_id] = end


def replay(history: History, asked: Iterable[Asked]) -> tuple[list[Step], list[Asked]]:
    """Carries out what can be, in order of arrival and each after its predecessor.

    Adds the versions made to the history. The second of the pair must be held: their predecessor
    is not here yet. What is due is forced, the earliest of a branch first.
    """
    steps: list[Step] = []
    waiting = sorted(asked, key=lambda each: each.order)
    while waiting:
        held = []
        for each in waiting:
            step = _try(history, each)
            if step is None:
                held.append(each)
            else:
                steps.append(step)
        if len(held) == len(waiting):
            chosen = _to_force(history, held)
            if chosen is None:
                return steps, held
            steps.append(_force(history, chosen))
            held.remove(chosen)
        waiting = held
    return steps, []


def _try(history: History, asked: Asked) -> Step | None:
    """None: to be held."""
    action, latest = asked.action, history.latest
    if latest is None:
        expects = action.updates and action.base_version is not None
        return _create(history, asked) if action.creates and not expects else None
    if not action.updates:
        return Step(asked, problem=ID_EXISTS)
    base = _base(history, latest, asked)
    if base is None and _follows(action):
        return None
    return _update(history, latest, asked, base)


def _follows(action: EntityAction) -> bool:
    """Was it made on an earlier update of its own branch, rather than on a version of ours?"""
    ours = (None, 1, action.trunk_version)
    return action.branch_id is not None and action.base_version not in ours


def _base(history: History, latest: Version, asked: Asked) -> Version | None:
    """The version that an update was made on (E7); None where it is not known here."""
    action = asked.action
    if action.base_version is None:
        return latest if latest.number == 1 and not action.creates else None
    if _follows(action) and action.branch_id:
        return history.branches.get((action.branch_id, action.base_version))
    return history.versions.get((asked.entity_id, action.base_version))


def _to_force(history: History, held: Sequence[Asked]) -> Asked | None:
    able = [e for e in held if e.due and (history.latest is not None or e.action.creates)]
    if not able:
        return None
    branch = able[0].action.branch_id
    if branch and history.latest is not None:  # those before it on its tablet go first, due or not
        able = [e for e in held if e.action.branch_id == branch]
    return min(able, key=lambda e: (e.action.base_version or 0, e.order))


def _force(history: History, asked: Asked) -> Step:
    if history.latest is None:
        return _create(history, asked)
    return _update(history, history.latest, asked, None, forced=True)


def _create(history: History, asked: Asked) -> Step:
    action = asked.action
    if not action.label:
        return Step(asked, problem=LABEL_BLANK)
    version = _version(history, 1, _sent(action), {}, action)
    return Step(asked, version)


def _update(
    history: History, latest: Version, asked: Asked, base: Version | None, *, forced: bool = False
) -> Step:
    """Writes what the update changed of its base over the latest version; the rest stays (E8).

    Made on an unknown base, whatever it changes is a conflict for a person to look at.
    """
    action = asked.action
    sent, server = _sent(action), latest.values
    seen = server if base is None else _as_seen(base, action)
    changed = {name for name in sent if sent[name] != seen.get(name, "")}
    moved = _differing(server, seen)
    clash = {n for n in changed if sent[n] != server.get(n, "") and (base is None or n in moved)}
    conflict = HARD if clash else ""
    if changed and not clash and base is not None and _differing(server, base.values):
        conflict = SOFT
    losing = clash if _overtaken(history, action) else set()
    values = {**server, **{name: sent[name] for name in changed - losing}}
    view = {**seen, **sent}
    version = _version(history, latest.number + 1, values, view, action)
    fields = tuple(
        Difference(n, None if base is None else seen.get(n, ""), server.get(n, ""), view.get(n, ""))
        for n in sorted(changed | moved)
    )
    return Step(
        asked,
        version,
        base=None if base is None else base.number,
        conflict=conflict,
        fields=fields if conflict else (),
        forced=forced,
    )


def _as_seen(base: Version, action: EntityAction) -> Values:
    """What the tablet held: of a version it fetched the same as we, of its own what it believed."""
    return base.as_believed if _follows(action) else base.values


def _overtaken(history: History, action: EntityAction) -> bool:
    """Later updates of its own tablet were forced before it came: what they say is newer."""
    end = history.ends.get(action.branch_id, 0) if action.branch_id else 0
    return end > (action.base_version or 0)


def _version(
    history: History, number: int, values: Values, view: Values, action: EntityAction
) -> Version:
    """Makes the version and adds it; `view` is what the tablet holds after it."""
    counted = action.branch_id is not None and action.base_version is not None
    values = {name: text for name, text in values.items() if text}
    version = Version(
        entity_id=history.entity_id,
        number=number,
        values=values,
        believed={n: view.get(n, "") for n in _differing(values, view)} if view else {},
        branch_id=action.branch_id,
        branch_version=(action.base_version or 0) + 1 if counted else None,
    )
    history.add(version)
    history.latest = version
    return version


def _sent(action: EntityAction) -> Values:
    """A blank label says nothing: no row may be without one (E3)."""
    return {**action.properties, LABEL: action.label} if action.label else action.properties


def _differing(one: Values, other: Values) -> set[str]:
    return {name for name in {*one, *other} if one.get(name, "") != other.get(name, "")}
