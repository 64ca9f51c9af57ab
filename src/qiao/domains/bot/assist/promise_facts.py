"""What promises do about facts: whoever waits with nobody there is asked what they want; who is with the bot again is told."""

from qiao.domains.bot.assist.promises import Promises
from qiao.domains.conversations.events import HandedOver, HandedToBot, Requeued
from qiao.kit.ids import ConversationId
from qiao.platform.db.database import Scope
from qiao.platform.log.facts import Entry
from qiao.platform.log.subscribers import Subscriber


def promise_keeper(promises: Promises) -> Subscriber:
    """A named reader of the log; wired by app."""

    async def needs_a_person(scope: Scope, entry: Entry) -> None:
        await promises.offer(scope, ConversationId(entry.subject), str(entry.position))

    async def given_back(scope: Scope, entry: Entry) -> None:
        await promises.give_back(scope, ConversationId(entry.subject), str(entry.position))

    return Subscriber(
        "bot.promises",
        {HandedOver.wire_name: needs_a_person, Requeued.wire_name: needs_a_person, HandedToBot.wire_name: given_back},
    )
