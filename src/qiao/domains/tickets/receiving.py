"""What customers do to tickets: their messages make them, and open them again."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from qiao.domains.conversations.contracts import Author, AuthorKind
from qiao.domains.tickets.contracts import TicketArrival, TicketState, TicketType
from qiao.domains.tickets.events import TicketChanged
from qiao.domains.tickets.keeping import SYSTEM, Keeping, columns_of
from qiao.domains.tickets.repository import Opening, TicketRows
from qiao.domains.tickets.rules import REOPEN_FOR, brought_fields, brought_type, clean_subject, clean_text, is_over, is_woken
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.clock import utc_now
from qiao.kit.ids import ContactId, ConversationId, InboxId, WorkspaceId
from qiao.platform.db.database import Scope
from qiao.platform.jobs.timers import in_each

AT_ONCE = 200


class Receiving(Keeping):
    """Takes in what customers say, and closes what they have said nothing to."""

    async def receive(self, scope: Scope, arrivals: Sequence[TicketArrival]) -> None:
        """Customers' messages that ask for tickets: each makes one, or is for the one under way of the same name, which then has its
        conversation there. What was solved too long ago is closed and followed by a new one. Safe to repeat and to race.
        """
        for one in arrivals:
            await self._receive(scope, one)

    async def customer_wrote(self, scope: Scope, heard: Mapping[UUID, datetime]) -> None:
        """Customers said something in conversations, last at these times: what waited for them, or was solved lately, is open again.
        Safe to repeat.
        """
        for row in await TicketRows(scope).resting(heard.keys()):
            at = heard[row["conversation_id"]]
            # Whoever changed its state after those words had them before their eyes.
            if row["state_since"] <= at and is_woken(TicketState(row["state"]), row["solved_at"], at):
                await self._change(scope, row, columns_of(TicketState.OPEN), Author(AuthorKind.CONTACT, row["contact_id"]))

    async def move_contact(self, scope: Scope, conversation_id: ConversationId, contact_id: ContactId) -> None:
        """A conversation belongs to another contact now, and so do its tickets. Safe to repeat."""
        for ticket in await self._read_all(scope, await TicketRows(scope).move(conversation_id, contact_id)):
            scope.emit(TicketChanged(ticket_id=ticket.id, by=SYSTEM, changed=["contact"], ticket=ticket))

    async def close_due(self) -> None:
        """Close what was solved long enough ago. For the timer; safe to repeat and to miss."""
        await in_each(await Workspaces(self._database).all_ids(), self._close_due_in)

    async def _close_due_in(self, workspace_id: WorkspaceId) -> None:
        closed = AT_ONCE
        while closed == AT_ONCE:
            async with self._database.scope(workspace_id) as scope:
                rows = await TicketRows(scope).overdue(utc_now() - REOPEN_FOR, AT_ONCE)
                for row in rows:
                    await self._change(scope, row, columns_of(TicketState.CLOSED), SYSTEM)
                closed = len(rows)

    async def _receive(self, scope: Scope, one: TicketArrival) -> None:
        rows, origin_key = TicketRows(scope), origin_of(one.inbox_id, one.wanted.key)
        latest = await rows.latest_of(origin_key, lock=True)
        if latest is not None and not is_over(TicketState(latest["state"]), latest["solved_at"], utc_now()):
            if latest["conversation_id"] != one.conversation_id:
                values = {"conversation_id": one.conversation_id, "contact_id": one.contact_id}
                await self._change(scope, latest, values, SYSTEM)
            return
        if latest is not None and latest["state"] != TicketState.CLOSED:
            await self._change(scope, latest, columns_of(TicketState.CLOSED), SYSTEM)
        kind = await self._brought_type(scope, one)
        values = brought_fields(kind, one.wanted.values) or (brought_fields(kind, latest["fields"]) if latest else {})
        opening = Opening(
            contact_id=one.contact_id,
            conversation_id=one.conversation_id,
            subject=clean_subject(clean_text(one.subject) or next(iter(kind.names.values()))),
            type=kind.key,
            fields=values,
            priority="normal",
            origin="form",
            client_id=f"m:{one.client_id}",
            origin_key=origin_key,
            follows_id=latest["id"] if latest else None,
        )
        await self._open(scope, opening, Author(AuthorKind.CONTACT, one.contact_id))

    async def _brought_type(self, scope: Scope, one: TicketArrival) -> TicketType:
        rows, key = TicketRows(scope), f"inbox-{one.inbox_id.hex}"
        known = await rows.type(key)
        kind = brought_type(key, one.wanted.title, one.wanted.fields, known)
        if kind != known:
            await rows.save_type(kind)
        return kind


def origin_of(inbox_id: InboxId, key: str) -> str:
    return f"{inbox_id.hex}:{clean_text(key)[:200]}"
