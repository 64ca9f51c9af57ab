"""Pure decisions about what became of a reply."""

import math

from qiao.domains.delivery.contracts import State
from qiao.kit.text import storable
from qiao.ports.channel import NeedsReauth, Rejected, Retry, SendResult, Sent

LONGEST_WAIT = 3_600.0
"""Seconds; a provider may ask for less."""
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


def recordable(result: SendResult) -> SendResult:
    """What came of a send as it can be kept, whatever its provider said: what cannot be recorded would be sent again."""
    match result:
        case Sent(provider_id=name, also=others):
            return Sent(storable(name) if name else name, tuple(map(storable, others)))
        case Retry(after_seconds=seconds, reason=reason):
            return Retry(min(max(seconds, 0.0), LONGEST_WAIT) if math.isfinite(seconds) else LONGEST_WAIT, storable(reason))
        case Rejected(reason=reason):
            return Rejected(storable(reason))
        case NeedsReauth(reason=reason):
            return NeedsReauth(storable(reason))
