"""What analytics does about facts: the projection follows every conversation."""

from qiao.domains.analytics.api import Analytics
from qiao.domains.conversations.events import (
    Assigned,
    ConversationFact,
    ConversationOpened,
    HandedOver,
    HandedToBot,
    MessageReceived,
    Reopened,
    ReplyPosted,
    Requeued,
    Resolved,
    Snoozed,
    Tagged,
    Woken,
)
from qiao.platform.db.database import Scope
from qiao.platform.log.facts import Entry
from qiao.platform.log.subscribers import LATER, Handler, Subscriber

_CHANGES = (HandedOver, Assigned, Requeued, HandedToBot, Snoozed, Woken, Resolved, Reopened, Tagged)


def subscribers(analytics: Analytics) -> list[Subscriber]:
    """Named readers of the log; wired by app."""

    async def opened(scope: Scope, entry: Entry) -> None:
        await analytics.observe_opened(scope, entry.read(ConversationOpened).conversation)

    def change(kind: type[ConversationFact]) -> Handler:
        async def handle(scope: Scope, entry: Entry) -> None:
            await analytics.observe_change(scope, entry, kind)

        return handle

    handlers: dict[str, Handler] = {
        ConversationOpened.wire_name: opened,
        MessageReceived.wire_name: analytics.observe_message,
        ReplyPosted.wire_name: analytics.observe_message,
        **{kind.wire_name: change(kind) for kind in _CHANGES},
    }
    return [Subscriber("analytics", handlers, pace=LATER, together=analytics.news)]
