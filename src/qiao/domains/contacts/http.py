"""Routes of contacts."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Annotated, Protocol, runtime_checkable
from uuid import UUID

import msgspec
from litestar import Controller, get, patch, post
from litestar.params import Parameter

from qiao.domains.contacts.api import Contacts
from qiao.domains.contacts.contracts import Contact, ContactChanges, Identities, JoinProof, NewJoin, UndoJoin
from qiao.domains.contacts.errors import ContactInvalid
from qiao.kit.ids import ContactId
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database, Scope
from qiao.platform.http.guards import requires
from qiao.platform.http.paging import Page, bounded, decode_cursor, encode_cursor

Words = Annotated[str, Parameter(query="query", max_length=200)]
"""The parameter `query`; the framework keeps that name for itself."""


@runtime_checkable
class TalksOf(Protocol):
    """Counts the conversations of contacts; absent ones have none. Implemented above this domain and handed in."""

    async def __call__(self, scope: Scope, contact_ids: Collection[UUID]) -> Mapping[UUID, int]: ...


class ContactController(Controller):
    """The people who write."""

    path = "/api/v1/contacts"
    tags = ("contacts",)

    @get(guards=[requires("contacts.read")])
    async def all(
        self,
        caller: Caller,
        database: Database,
        contacts: Contacts,
        talks: TalksOf,
        words: Words = "",
        cursor: str | None = None,
        limit: int = 30,
    ) -> Page[Contact]:
        """Newest first; `query` looks into name, e-mail and phone."""
        size = bounded(limit)
        after = decode_cursor(cursor, tuple[datetime, UUID])
        async with database.scope(caller.workspace_id) as scope:
            found = list(await contacts.find(scope, words, after, size + 1))
            shown = await _counted(scope, found[:size], talks)
        more = len(found) > size
        return Page(shown, encode_cursor((shown[-1].created_at, shown[-1].id)) if more else None)

    @get("/{contact_id:uuid}", guards=[requires("contacts.read")])
    async def one(self, contact_id: UUID, caller: Caller, database: Database, contacts: Contacts, talks: TalksOf) -> Contact:
        """One contact."""
        async with database.scope(caller.workspace_id) as scope:
            return (await _counted(scope, [await contacts.get(scope, ContactId(contact_id))], talks))[0]

    @patch("/{contact_id:uuid}", guards=[requires("contacts.write")])
    async def change(
        self, contact_id: UUID, data: ContactChanges, caller: Caller, database: Database, contacts: Contacts, talks: TalksOf
    ) -> Contact:
        """Change what is known of a contact."""
        async with database.scope(caller.workspace_id) as scope:
            return (await _counted(scope, [await contacts.change(scope, ContactId(contact_id), data)], talks))[0]

    @get("/{contact_id:uuid}/identities", guards=[requires("contacts.read")])
    async def identities(self, contact_id: UUID, caller: Caller, database: Database, contacts: Contacts) -> Identities:
        """Where the contact writes from, what is proven of it, and who was joined into it."""
        async with database.scope(caller.workspace_id) as scope:
            return await contacts.identities(scope, ContactId(contact_id))

    @post("/{contact_id:uuid}/join", guards=[requires("contacts.write")], status_code=200)
    async def join(self, contact_id: UUID, data: NewJoin, caller: Caller, database: Database, contacts: Contacts) -> Contact:
        """The two are one person; kept with the proof and who said so. Gives the one that is kept."""
        if data.proof is JoinProof.PLATFORM:
            raise ContactInvalid("only a provider gives this proof", field="proof")
        async with database.scope(caller.workspace_id) as scope:
            return await contacts.join(scope, ContactId(contact_id), data.other_id, data.proof, caller.person_id)

    @post("/{contact_id:uuid}/unjoin", guards=[requires("contacts.write")], status_code=200)
    async def unjoin(self, contact_id: UUID, data: UndoJoin, caller: Caller, database: Database, contacts: Contacts) -> Contact:
        """They are two people after all. Gives the one that was parted from this contact."""
        async with database.scope(caller.workspace_id) as scope:
            return await contacts.unjoin(scope, ContactId(contact_id), data.other_id, caller.person_id)


async def _counted(scope: Scope, found: list[Contact], talks: TalksOf) -> list[Contact]:
    counts = await talks(scope, [contact.id for contact in found])
    return [msgspec.structs.replace(contact, conversation_count=counts.get(contact.id, 0)) for contact in found]
