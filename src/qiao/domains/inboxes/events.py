"""Facts of inboxes."""

from uuid import UUID

from qiao.domains.inboxes.contracts import Inbox
from qiao.kit.ids import InboxId
from qiao.platform.log.facts import Fact


class InboxChanged(Fact, frozen=True, kw_only=True):
    """An inbox was made or changed."""

    wire_name = "inboxes.changed.v1"
    whole = "inbox"

    inbox: Inbox

    @property
    def about(self) -> UUID:
        return self.inbox.id


class InboxBroken(Fact, frozen=True, kw_only=True):
    """The provider no longer lets us in: an admin must connect the inbox again."""

    wire_name = "inboxes.broken.v1"

    inbox_id: InboxId
    name: str
    channel: str
    reason: str

    @property
    def about(self) -> UUID:
        return self.inbox_id


class InboxMended(Fact, frozen=True, kw_only=True):
    """The inbox works: it was connected, or works again. What was missed meanwhile may be fetched now."""

    wire_name = "inboxes.mended.v1"

    inbox_id: InboxId

    @property
    def about(self) -> UUID:
        return self.inbox_id
