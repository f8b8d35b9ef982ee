"""What may become of a correction: the one table of states and moves. Pure.

People move it: approve, reject, withdraw, revoke. Each time the record is processed, the worker
says again of what waits whether it is stale, and of what was approved whether it holds.
"""

PROPOSED, STALE = "proposed", "stale"  # wait for a decision; the latter cannot be approved
APPROVED = "approved"  # until the worker has processed the record
APPLIED, OVERTAKEN = "applied", "overtaken"  # approved: it holds; the record says otherwise now
REJECTED, WITHDRAWN, REVOKED = "rejected", "withdrawn", "revoked"

WAITING = (PROPOSED, STALE)
IN_FORCE = (APPROVED, APPLIED, OVERTAKEN)  # approved, and nobody took it back
ENDED = (REJECTED, WITHDRAWN, REVOKED)
ALL = (*WAITING, *IN_FORCE, *ENDED)

APPROVE, REJECT, WITHDRAW, REVOKE = MOVES = ("approve", "reject", "withdraw", "revoke")
_AFTER = {
    APPROVE: ((PROPOSED,), APPROVED),
    REJECT: (WAITING, REJECTED),
    WITHDRAW: (WAITING, WITHDRAWN),
    REVOKE: (IN_FORCE, REVOKED),
}


def after(state: str, move: str) -> str | None:
    """The state that a person's move leads to; None where it may not be made."""
    allowed, state_then = _AFTER[move]
    return state_then if state in allowed else None


def before(move: str) -> tuple[str, ...]:
    """The states in which a person may make this move."""
    return _AFTER[move][0]


def settled(state: str, *, holds: bool) -> str:
    """The state after the record was processed: whether its old answer stands there."""
    if state in WAITING:
        return PROPOSED if holds else STALE
    if state in IN_FORCE:
        return APPLIED if holds else OVERTAKEN
    return state
