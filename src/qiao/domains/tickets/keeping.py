"""Tickets written and told: what every way of making and changing one goes through."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from qiao.domains.contacts.api import Contacts
from qiao.domains.conversations.api import Conversations
from qiao.domains.conversations.contracts import Author, AuthorKind, MessageKind, NewMessage
from qiao.domains.people.api import People
from qiao.domains.tickets.contracts import GENERAL, Ticket, TicketContact, TicketState, TicketType
from qiao.domains.tickets.errors import TicketInvalid, TicketNotFound
from qiao.domains.tickets.events import TicketChanged, TicketOpened
from qiao.domains.tickets.repository import Opening, Row, TicketRows
from qiao.domains.tickets.rules import GENERAL_TYPE, clean_text, ref_of
from qiao.kit.clock import utc_now
from qiao.kit.ids import TicketId
from qiao.platform.db.database import Database, Scope

SYSTEM = Author(AuthorKind.SYSTEM)


class Keeping:
    """Stores tickets and tells of them, in the caller's transaction."""

    def __init__(self, database: Database, contacts: Contacts, conversations: Conversations, people: People) -> None:
        self._database = database
        self._contacts = contacts
        self._conversations = conversations
        self._people = people

    async def _open(self, scope: Scope, opening: Opening, by: Author) -> Ticket:
        rows = TicketRows(scope)
        row = await rows.open(opening)
        if row is None:
            there = await rows.by_client_id(opening.client_id) or await rows.latest_of(opening.origin_key or "")
            return await self._read(scope, there)
        ticket = await self._read(scope, row)
        scope.emit(TicketOpened(ticket=ticket))
        line = {"ticket_id": str(ticket.id), "ref": ticket.ref, "by": by.name}
        item = NewMessage(
            conversation_id=ticket.conversation_id,
            author=SYSTEM,
            text="",
            client_id=f"ticket:{ticket.id.hex}",
            kind=MessageKind.EVENT,
            content={"type": "event", "event": "ticket_opened", "data": line},
        )
        await self._conversations.store_in(scope, item)
        return ticket

    async def _change(self, scope: Scope, row: Row, values: Mapping[str, Any], by: Author) -> Ticket:
        ticket = await self._read(scope, await TicketRows(scope).change(row["id"], values))
        before = TicketState(row["state"]) if row["state"] != ticket.state else msgspec.UNSET
        scope.emit(TicketChanged(ticket_id=ticket.id, by=by, changed=sorted(values), before=before, ticket=ticket))
        return ticket

    async def _type(self, scope: Scope, key: str) -> TicketType:
        kind = GENERAL_TYPE if key == GENERAL else await TicketRows(scope).type(clean_text(key))
        if kind is None:
            raise TicketInvalid("there is no such type of tickets", field="type")
        return kind

    async def _row(self, scope: Scope, ticket_id: TicketId, *, lock: bool = False) -> Row:
        row = await TicketRows(scope).one(ticket_id, lock=lock)
        if row is None:
            raise TicketNotFound("no such ticket")
        return row

    async def _read(self, scope: Scope, row: Row) -> Ticket:
        return (await self._read_all(scope, [row]))[0]

    async def _read_all(self, scope: Scope, rows: Sequence[Row]) -> list[Ticket]:
        contacts = await self._contacts.by_ids(scope, {row["contact_id"] for row in rows}) if rows else {}
        names = {one: contact.name or contact.email for one, contact in contacts.items()}
        return [_ticket(row, names.get(row["contact_id"])) for row in rows]


def _ticket(row: Row, name: str | None) -> Ticket:
    given = {field: row[field] for field in Ticket.__struct_fields__ if field not in {"ref", "contact", "state"}}
    return Ticket(
        **given, ref=ref_of(row["number"]), contact=TicketContact(row["contact_id"], name), state=TicketState(row["state"])
    )


def columns_of(state: TicketState, solved_at: datetime | None = None) -> dict[str, Any]:
    """The columns of a state. What is closed keeps when it was solved; closing what was not solved solves it."""
    if state is TicketState.SOLVED:
        return {"state": state.value, "solved_at": utc_now()}
    if state is TicketState.CLOSED:
        return {"state": state.value, "solved_at": solved_at or utc_now()}
    return {"state": state.value, "solved_at": None}
