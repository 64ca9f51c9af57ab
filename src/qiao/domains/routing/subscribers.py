"""What routing does about facts: whoever joins the queue, frees a place or comes online moves it."""

from collections.abc import Sequence

from qiao.domains.conversations.events import Assigned, HandedOver, HandedToBot, Reopened, Requeued, Resolved, Snoozed, Woken
from qiao.domains.people.events import PresenceChanged
from qiao.domains.routing.api import Routing
from qiao.platform.db.database import Scope
from qiao.platform.log.facts import Entry
from qiao.platform.log.subscribers import Subscriber


def subscribers(routing: Routing) -> list[Subscriber]:
    """Named readers of the log; wired by app."""
    movers = [one.wire_name for one in (HandedOver, Requeued, Reopened, Woken, Resolved, Snoozed, HandedToBot, PresenceChanged)]

    async def together(scope: Scope, entries: Sequence[Entry]) -> Sequence[Entry]:
        # However many came or went at once, the queue is looked at once and told once.
        if any(entry.name in movers for entry in entries):
            await routing.assign_waiting(scope)
        await routing.tell_queue(scope)
        return []

    async def move(scope: Scope, entry: Entry) -> None:
        await together(scope, [entry])

    return [Subscriber("routing", dict.fromkeys((*movers, Assigned.wire_name), move), together=together)]
