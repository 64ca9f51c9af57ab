"""Pure decisions about what became of a reply."""

from qiao.domains.delivery.contracts import State

_ORDER = (State.SENT, State.DELIVERED, State.READ)
_REPORTED = {"delivered": State.DELIVERED, "read": State.READ, "failed": State.REJECTED}


def after_report(state: State, reported: str) -> State | None:
    """Where a reply is after the provider's report; None: nothing changes. Forward only, and what was read has not failed."""
    after = _REPORTED.get(reported)
    if after is None or state not in _ORDER or state is State.READ:
        return None
    if after is State.REJECTED:
        return after if state is State.SENT else None
    return after if _ORDER.index(after) > _ORDER.index(state) else None
