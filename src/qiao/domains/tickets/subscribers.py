"""What tickets do about facts: a customer's words open them again, and they follow their conversation to another contact."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from qiao.domains.conversations.events import Carried, MessageReceived, Moved
from qiao.domains.tickets.api import Tickets
from qiao.kit.ids import ConversationId
from qiao.platform.db.database import Scope
from qiao.platform.jobs.timers import Timer
from qiao.platform.log.facts import Entry
from qiao.platform.log.subscribers import LATER, Subscriber

CLOSING_SECONDS = 3_600.0


def subscribers(tickets: Tickets) -> list[Subscriber]:
    """Named readers of the log; wired by app."""

    async def received(scope: Scope, entry: Entry) -> None:
        await together(scope, [entry])

    async def moved(scope: Scope, entry: Entry) -> None:
        contact_id = entry.read(Moved).contact_id
        if isinstance(contact_id, UUID):
            await tickets.move_contact(scope, ConversationId(entry.subject), contact_id)

    async def together(scope: Scope, entries: Sequence[Entry]) -> Sequence[Entry]:
        said = [entry for entry in entries if entry.name == MessageReceived.wire_name]
        heard: dict[UUID, datetime] = {entry.subject: entry.at for entry in said if not entry.read(Carried).automatic}
        if heard:
            await tickets.customer_wrote(scope, heard)
        return [entry for entry in entries if entry.name != MessageReceived.wire_name]

    handlers = {MessageReceived.wire_name: received, Moved.wire_name: moved}
    return [Subscriber("tickets", handlers, pace=LATER, together=together)]


def timers(tickets: Tickets) -> list[Timer]:
    """What is looked at regularly."""
    return [Timer("tickets.close", CLOSING_SECONDS, tickets.close_due)]
