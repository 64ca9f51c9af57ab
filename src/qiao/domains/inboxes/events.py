"""Facts of inboxes."""

from uuid import UUID

from qiao.domains.inboxes.contracts import Inbox
from qiao.platform.log.facts import Fact


class InboxChanged(Fact, frozen=True, kw_only=True):
    """An inbox was made or changed."""

    wire_name = "inboxes.changed.v1"
    whole = "inbox"

    inbox: Inbox

    @property
    def about(self) -> UUID:
        return self.inbox.id
