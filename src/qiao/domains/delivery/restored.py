"""Replies that were on their way when a backup was taken, after that backup was restored: the customer may have had them since."""

from qiao.domains.delivery.contracts import State
from qiao.domains.delivery.lanes import WAITING_STATES
from qiao.domains.delivery.sending import moved
from qiao.platform.db.database import Scope

REASON = "restored"


async def set_aside(scope: Scope) -> int:
    """Nothing that waits goes by itself any more; its author is told and decides. How many there were. Safe to repeat.

    Called before anything sends, when every reply that was committed has its row.
    """
    rows = await scope.connection.fetch(
        f"select * from deliveries where workspace_id = $1 and state in ({WAITING_STATES}) order by conversation_id, seq for update",
        scope.workspace_id,
    )
    for row in rows:
        await moved(scope, row, State.UNKNOWN, reason=REASON)
    await scope.connection.execute(
        "update delivery_lanes set due_at = null, busy_until = null, holder = null where workspace_id = $1", scope.workspace_id
    )
    return len(rows)
