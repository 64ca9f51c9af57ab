"""The door of tickets: what reception, HTTP, the portal and timers may call."""

from collections.abc import Mapping
from typing import Any

import msgspec

from qiao.domains.conversations.contracts import Author
from qiao.domains.people.api import permissions_of
from qiao.domains.tickets.contracts import NewTicket, Ticket, TicketChanges, TicketState, TicketType, TicketView
from qiao.domains.tickets.errors import TicketChangedMeanwhile, TicketInvalid
from qiao.domains.tickets.keeping import columns_of
from qiao.domains.tickets.receiving import Receiving, origin_of
from qiao.domains.tickets.repository import Opening, Row, TicketRows
from qiao.domains.tickets.rules import GENERAL_TYPE, check_open, checked_fields, clean_subject, clean_text, merged_fields
from qiao.kit.ids import ConversationId, InboxId, PersonId, TeamId, TicketId
from qiao.platform.db.database import Scope

_CHANGING = ("subject", "type", "fields", "state", "priority", "assignee_id", "team_id")


class Tickets(Receiving):
    """Makes, finds and changes tickets. What customers do to them is in `Receiving`."""

    async def open(self, scope: Scope, new: NewTicket, by: Author) -> Ticket:
        """A ticket of a conversation, made by a person. The same person and client id give the same one: safe to repeat and to race.

        Raises ConversationNotFound, TicketInvalid.
        """
        # Before the counter, in the order in which reception takes them.
        row = await self._conversations.row(scope, ConversationId(new.conversation_id), lock=True)
        kind = await self._type(scope, new.type)
        opening = Opening(
            contact_id=row["contact_id"],
            conversation_id=ConversationId(new.conversation_id),
            subject=clean_subject(new.subject),
            type=kind.key,
            fields=merged_fields({}, checked_fields(kind, new.fields)),
            priority=new.priority,
            origin="agent",
            client_id=f"a:{by.id.hex if by.id else ''}:{clean_text(new.client_id)}",
        )
        return await self._open(scope, opening, by)

    async def get(self, scope: Scope, ticket_id: TicketId) -> Ticket:
        """A ticket. Raises TicketNotFound."""
        return await self._read(scope, await self._row(scope, ticket_id))

    async def page(self, scope: Scope, view: TicketView) -> tuple[list[Ticket], int | None]:
        """A page of a view, newest first, and the number before which the next one begins."""
        rows = await TicketRows(scope).listed(view, view.limit + 1)
        shown = rows[: view.limit]
        return await self._read_all(scope, shown), shown[-1]["number"] if len(rows) > view.limit else None

    async def called(self, scope: Scope, inbox_id: InboxId, key: str) -> Ticket | None:
        """The newest ticket that a channel calls so (AsTicket.key); None when there is none, or not yet."""
        row = await TicketRows(scope).latest_of(origin_of(inbox_id, key))
        return await self._read(scope, row) if row else None

    async def types(self, scope: Scope) -> list[TicketType]:
        """Every type; "general" first."""
        return [GENERAL_TYPE, *await TicketRows(scope).types()]

    async def change(self, scope: Scope, ticket_id: TicketId, changes: TicketChanges, by: Author) -> Ticket:
        """Set what is given. Raises TicketNotFound, TicketChangedMeanwhile, TicketClosed, TicketInvalid, PersonNotFound, TeamNotFound.

        What changes nothing tells nothing. Not to be repeated blindly: a second time its version is an old one.
        """
        row = await self._row(scope, ticket_id, lock=True)
        if row["version"] != changes.version:
            raise TicketChangedMeanwhile("somebody changed this ticket meanwhile", version=row["version"])
        check_open(TicketState(row["state"]))
        given = {name: getattr(changes, name) for name in _CHANGING if getattr(changes, name) is not msgspec.UNSET}
        values = await self._checked(scope, row, given)
        moved = {name: value for name, value in values.items() if value != row[name]}
        return await self._change(scope, row, moved, by) if moved else await self._read(scope, row)

    async def _checked(self, scope: Scope, row: Row, given: Mapping[str, Any]) -> dict[str, Any]:
        """The columns to set, every value of them possible."""
        values = dict(given)
        if "subject" in values:
            values["subject"] = clean_subject(values["subject"])
        if "type" in values:
            values["type"] = (await self._type(scope, values["type"])).key
        if "fields" in values:
            kind = await self._type(scope, values.get("type", row["type"]))
            values["fields"] = merged_fields(row["fields"], checked_fields(kind, values["fields"]))
        if "state" in values and values["state"] != row["state"]:
            values |= columns_of(values["state"], row["solved_at"])
        if values.get("assignee_id") is not None:
            await self._check_person(scope, PersonId(values["assignee_id"]))
        if values.get("team_id") is not None:
            await self._people.team(scope, TeamId(values["team_id"]))
        return values

    async def _check_person(self, scope: Scope, person_id: PersonId) -> None:
        person = await self._people.get(scope, person_id)
        if person.disabled or "conversations.write" not in permissions_of(person.role):
            raise TicketInvalid("this person cannot work on tickets", field="assignee_id")
