"""Facts of tickets."""

from uuid import UUID

from msgspec import UNSET, UnsetType, field

from qiao.domains.conversations.contracts import Author
from qiao.domains.tickets.contracts import Ticket, TicketState
from qiao.kit.ids import TicketId
from qiao.platform.log.facts import Fact


class TicketOpened(Fact, frozen=True, kw_only=True):
    """A customer asked for something by a form, or somebody of the staff made a ticket of a conversation."""

    wire_name = "tickets.opened.v1"
    whole = "ticket"

    ticket: Ticket

    @property
    def about(self) -> UUID:
        return self.ticket.id


class TicketChanged(Fact, frozen=True, kw_only=True):
    """Something of a ticket is another now: `changed` names what. `before` is the state that it had, if that moved."""

    wire_name = "tickets.changed.v1"

    ticket_id: TicketId = field(name="id")
    by: Author
    changed: list[str]
    before: TicketState | UnsetType = UNSET
    ticket: Ticket

    @property
    def about(self) -> UUID:
        return self.ticket_id
