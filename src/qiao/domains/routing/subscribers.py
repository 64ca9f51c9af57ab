"""What routing does about facts: whoever joins the queue, frees a place or comes online moves it."""

from qiao.domains.conversations.events import Assigned, HandedOver, HandedToBot, Reopened, Requeued, Resolved, Snoozed, Woken
from qiao.domains.people.events import PresenceChanged
from qiao.domains.routing.api import Routing
from qiao.platform.db.database import Scope
from qiao.platform.log.facts import Entry
from qiao.platform.log.subscribers import Subscriber


def subscribers(routing: Routing) -> list[Subscriber]:
    """Named readers of the log; wired by app."""

    async def move(scope: Scope, _entry: Entry) -> None:
        await routing.assign_waiting(scope)
        await routing.tell_queue(scope)

    async def tell(scope: Scope, _entry: Entry) -> None:
        await routing.tell_queue(scope)

    movers = (HandedOver, Requeued, Reopened, Woken, Resolved, Snoozed, HandedToBot)
    return [
        Subscriber(
            "routing",
            {**{fact.wire_name: move for fact in movers}, PresenceChanged.wire_name: move, Assigned.wire_name: tell},
        )
    ]
