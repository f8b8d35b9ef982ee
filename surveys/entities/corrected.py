"""What a correction of answers comes to on a list: an update by the record itself. Pure.

The record is as a tablet that was offline since it sent what it sent: it has heard of nothing
others did, and what it changes that others changed too is a conflict (openrosa.md E7, E8).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from surveys.entities.block import EntityAction
from surveys.entities.versions import HARD, LABEL, SOFT, Difference, Values, Version


@dataclass(frozen=True, slots=True)
class Corrected:
    """The values of the next version; `believed` and the conflict as of any update."""

    values: Values
    believed: Values
    conflict: str = ""
    fields: tuple[Difference, ...] = ()


def correct(
    origin: Version, last: Version, server: Values, sent: EntityAction, now: EntityAction
) -> Corrected | None:
    """None where the list says already what the record says.

    `origin`: the version that the record's own action made; `last`: that, or what its corrections
    made of it. `sent` and `now`: the action as it was sent, and with the corrections that hold.
    """
    said = last.as_believed
    wished = _wished(origin, said, _values(sent), _values(now))
    changed = {name: text for name, text in wished.items() if text != said.get(name, "")}
    if not changed:
        return None
    moved = _differing(server, said)
    clash = {n for n, text in changed.items() if n in moved and text != server.get(n, "")}
    values = {n: text for n, text in {**server, **changed}.items() if text}
    view = {**said, **changed}
    unheard = _differing(server, last.values)  # since it last spoke
    conflict = HARD if clash else SOFT if unheard else ""
    return Corrected(
        values=values,
        believed={name: view.get(name, "") for name in _differing(values, view)},
        conflict=conflict,
        fields=tuple(
            Difference(n, said.get(n, ""), server.get(n, ""), view.get(n, ""))
            for n in sorted({*changed, *moved} if conflict else ())
        ),
    )


def _wished(
    origin: Version, said: Values, sent: Mapping[str, str], now: Mapping[str, str]
) -> dict[str, str]:
    """What corrections say; and what was sent, of properties that they do not speak of any more."""
    spoken = {name: text for name, text in now.items() if text != sent.get(name, "")}
    first = origin.as_believed
    revoked = _differing(said, first) - spoken.keys()
    return {**{name: first.get(name, "") for name in revoked}, **spoken}


def _values(action: EntityAction) -> Mapping[str, str]:
    """A blank label says nothing."""
    return {**action.properties, LABEL: action.label} if action.label else action.properties


def _differing(one: Values, other: Values) -> set[str]:
    return {name for name in {*one, *other} if one.get(name, "") != other.get(name, "")}
