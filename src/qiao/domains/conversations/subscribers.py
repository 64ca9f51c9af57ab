"""What conversations do about facts: messages become findable, conversations follow a merged contact, the bot-less wait."""

from collections.abc import Sequence

from qiao.domains.contacts.events import ContactMerged, ContactUnjoined
from qiao.domains.conversations.api import Conversations
from qiao.platform.db.database import Scope
from qiao.platform.log.facts import Entry
from qiao.platform.log.subscribers import LATER, Subscriber


def subscribers(conversations: Conversations) -> list[Subscriber]:
    """Named readers of the log; wired by app."""

    async def index(scope: Scope, entry: Entry) -> None:
        await conversations.make_findable(scope, [entry])

    async def index_all(scope: Scope, entries: Sequence[Entry]) -> Sequence[Entry]:
        await conversations.make_findable(scope, entries)
        return ()

    async def merged(scope: Scope, entry: Entry) -> None:
        fact = entry.read(ContactMerged)
        await conversations.move_contact(scope, fact.contact_id, fact.merged_into)

    async def unjoined(scope: Scope, entry: Entry) -> None:
        await conversations.move_back(scope, entry.read(ContactUnjoined).contact_id)

    names = ("message_received", "reply_posted", "note_posted", "message_changed")
    return [
        Subscriber("conversations.search", {f"conversations.{name}.v1": index for name in names}, pace=LATER, together=index_all),
        Subscriber("conversations.contacts", {ContactMerged.wire_name: merged, ContactUnjoined.wire_name: unjoined}),
    ]
