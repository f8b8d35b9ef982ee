"""Who is told of a quality flag: `rows_for` says it of its record, this of the flag itself.

A flag tells of the question at its path, and of those that its check reads beside it. It is
restricted, for people named for legal aid, where it stands in a restricted group or reads what is
sensitive or restricted: that it is there would tell what the answer says.
"""

import re
from collections.abc import Iterable

from django.db.models import Q

from backend.accounts.models import User
from surveys.privacy.access import sight_of
from surveys.xforms.privacy_classes import SENSITIVE
from surveys.xforms.schema import Field

_POSITION = re.compile(r"\[\d+\]")


def flags_for(user: User, prefix: str = "") -> Q:
    """The flags of a visible record that a user may be told of, as a condition on `QualityFlag`.

    `prefix`: where the flag is reached from, such as `submission__flags__`.
    """
    return Q() if sight_of(user).legal_aid else Q(**{f"{prefix}restricted": False})


def restricted_paths(fields: Iterable[Field]) -> frozenset[str]:
    """Restricted questions of a form, and groups in which nothing else is asked."""
    restricted: set[str] = set()
    told: set[str] = set()
    for each in fields:
        (restricted if each.restricted else told).update(_ways(each.path))
    return frozenset(restricted - told)


def is_restricted(path: str, restricted: frozenset[str]) -> bool:
    """Whether a flag's path (`legal/visit[2]/topic`) is one of `restricted_paths`, or below one."""
    return bool(restricted) and not restricted.isdisjoint(_ways(_POSITION.sub("", path)))


def tells_of_restricted(fields: Iterable[Field]) -> bool:
    """Whether a flag that reads these beside its own question is restricted."""
    return any(each.restricted or each.privacy == SENSITIVE for each in fields)


def _ways(path: str) -> list[str]:
    """A path and all groups above it."""
    steps = path.split("/")
    return ["/".join(steps[:n]) for n in range(1, len(steps) + 1)]
