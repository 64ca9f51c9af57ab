"""Routes of contacts."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Annotated, Protocol, runtime_checkable
from uuid import UUID

import msgspec
from litestar import Controller, get, patch
from litestar.params import Parameter

from qiao.domains.contacts.api import Contacts
from qiao.domains.contacts.contracts import Contact, ContactChanges
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


async def _counted(scope: Scope, found: list[Contact], talks: TalksOf) -> list[Contact]:
    counts = await talks(scope, [contact.id for contact in found])
    return [msgspec.structs.replace(contact, conversation_count=counts.get(contact.id, 0)) for contact in found]
