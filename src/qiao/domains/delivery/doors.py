"""What delivery is made of: the rooms below that it works with."""

from collections.abc import Mapping
from uuid import UUID

from msgspec import Struct

from qiao.domains.contacts.api import Contacts
from qiao.domains.conversations.api import Conversations
from qiao.domains.inboxes.api import Accounts, Inboxes
from qiao.domains.reception.api import Reception
from qiao.platform.db.database import Database
from qiao.ports.channel import Channel


class Rooms(Struct, frozen=True, kw_only=True):
    """Handed in by the house."""

    database: Database
    inboxes: Inboxes
    accounts: Accounts
    contacts: Contacts
    conversations: Conversations
    reception: Reception
    channels: Mapping[str, Channel]

    def channel_of(self, name: str) -> Channel | None:
        """The channel of that name; None when it is not here any more."""
        return self.channels.get(name)


Place = tuple[UUID, UUID]
"""A conversation: its workspace and its id."""
