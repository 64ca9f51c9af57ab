"""Routes of tickets."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, patch, post
from litestar.params import Parameter

from qiao.domains.conversations.contracts import Author, AuthorKind
from qiao.domains.tickets.api import Tickets
from qiao.domains.tickets.contracts import NewTicket, Ticket, TicketChanges, TicketState, TicketType, TicketView
from qiao.kit.ids import TicketId
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.http.guards import requires
from qiao.platform.http.paging import Page, bounded, decode_cursor, encode_cursor


class TicketController(Controller):
    """Lists, makes and changes tickets."""

    path = "/api/v1/tickets"
    tags = ("tickets",)

    @get(guards=[requires("conversations.read")])
    async def all(
        self,
        caller: Caller,
        database: Database,
        tickets: Tickets,
        in_state: Annotated[TicketState | None, Parameter(query="state")] = None,
        type_key: Annotated[str | None, Parameter(query="type")] = None,
        assignee_id: UUID | None = None,
        unassigned: bool = False,
        team_id: UUID | None = None,
        contact_id: UUID | None = None,
        conversation_id: UUID | None = None,
        cursor: str | None = None,
        limit: int = 30,
    ) -> Page[Ticket]:
        """Newest first."""
        view = TicketView(
            state=in_state,
            type=type_key.replace("\x00", "\ufffd") if type_key else None,
            assignee_id=assignee_id,
            unassigned=unassigned,
            team_id=team_id,
            contact_id=contact_id,
            conversation_id=conversation_id,
            before=decode_cursor(cursor, int),
            limit=bounded(limit),
        )
        async with database.scope(caller.workspace_id) as scope:
            items, before = await tickets.page(scope, view)
        return Page(items, encode_cursor(before) if before is not None else None)

    @post(guards=[requires("conversations.write")])
    async def open(self, data: NewTicket, caller: Caller, database: Database, tickets: Tickets) -> Ticket:
        """A ticket of a conversation. Repeating the client id gives the same one."""
        async with database.scope(caller.workspace_id) as scope:
            return await tickets.open(scope, data, _agent(caller))

    @get("/{ticket_id:uuid}", guards=[requires("conversations.read")])
    async def one(self, ticket_id: UUID, caller: Caller, database: Database, tickets: Tickets) -> Ticket:
        """One ticket."""
        async with database.scope(caller.workspace_id) as scope:
            return await tickets.get(scope, TicketId(ticket_id))

    @patch("/{ticket_id:uuid}", guards=[requires("conversations.write")])
    async def change(self, ticket_id: UUID, data: TicketChanges, caller: Caller, database: Database, tickets: Tickets) -> Ticket:
        """Change what is given, if nobody changed the ticket since it was looked at."""
        async with database.scope(caller.workspace_id) as scope:
            return await tickets.change(scope, TicketId(ticket_id), data, _agent(caller))


class TicketTypeController(Controller):
    """Kinds of tickets."""

    path = "/api/v1/ticket-types"
    tags = ("tickets",)

    @get(guards=[requires("conversations.read")])
    async def all(self, caller: Caller, database: Database, tickets: Tickets) -> Page[TicketType]:
        """Every type with what it asks."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(await tickets.types(scope))


def _agent(caller: Caller) -> Author:
    return Author(AuthorKind.AGENT, caller.person_id, caller.name)
