"""Routes of inboxes and channels."""

from uuid import UUID

from litestar import Controller, delete, get, patch, post

from qiao.domains.inboxes.api import IdentityKeys, Inboxes
from qiao.domains.inboxes.contracts import ChannelInfo, IdentityKey, Inbox, InboxChanges, NewInbox, Snippet
from qiao.domains.inboxes.install import snippet_of
from qiao.kit.ids import InboxId
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.http.guards import FOR_PROGRAMS, requires, signed_in
from qiao.platform.http.paging import Page
from qiao.platform.settings import Settings
from qiao.ports.channel import ReasonWords


class ChannelController(Controller):
    """Which channels there are."""

    path = "/api/v1/channels"
    tags = ("inboxes",)

    @get(guards=[signed_in], opt=FOR_PROGRAMS)
    async def all(self, inboxes: Inboxes) -> Page[ChannelInfo]:
        """Every channel with its settings' schema."""
        return Page(inboxes.channels())

    @get("/{name:str}/reasons", guards=[signed_in], opt=FOR_PROGRAMS)
    async def reasons(self, name: str, inboxes: Inboxes) -> Page[ReasonWords]:
        """What the codes mean that the channel's provider gives as reasons; of two that fit the earlier one is meant."""
        return Page(inboxes.reasons(name))


class InboxController(Controller):
    """Configured accounts of channels."""

    path = "/api/v1/inboxes"
    tags = ("inboxes",)

    @get(guards=[signed_in], opt=FOR_PROGRAMS)
    async def all(self, caller: Caller, database: Database, inboxes: Inboxes) -> Page[Inbox]:
        """Every inbox."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(await inboxes.all(scope))

    @post(guards=[requires("inboxes.write")])
    async def create(self, data: NewInbox, caller: Caller, database: Database, inboxes: Inboxes) -> Inbox:
        """A new inbox with its channel's defaults."""
        async with database.scope(caller.workspace_id) as scope:
            return await inboxes.create(scope, data)

    @get("/{inbox_id:uuid}", guards=[signed_in], opt=FOR_PROGRAMS)
    async def one(self, inbox_id: UUID, caller: Caller, database: Database, inboxes: Inboxes) -> Inbox:
        """One inbox."""
        async with database.scope(caller.workspace_id) as scope:
            return await inboxes.get(scope, InboxId(inbox_id))

    @patch("/{inbox_id:uuid}", guards=[requires("inboxes.write")])
    async def change(self, inbox_id: UUID, data: InboxChanges, caller: Caller, database: Database, inboxes: Inboxes) -> Inbox:
        """Change an inbox; settings are merged key by key."""
        async with database.scope(caller.workspace_id) as scope:
            return await inboxes.change(scope, InboxId(inbox_id), data)

    @get("/{inbox_id:uuid}/snippet", guards=[signed_in], opt=FOR_PROGRAMS)
    async def snippet(self, inbox_id: UUID, caller: Caller, database: Database, inboxes: Inboxes, settings: Settings) -> Snippet:
        """How to put the inbox on a page and how to sign who the visitor is."""
        async with database.scope(caller.workspace_id) as scope:
            return snippet_of(await inboxes.get(scope, InboxId(inbox_id)), settings.origin)

    @get("/{inbox_id:uuid}/identity-keys", guards=[requires("inboxes.write")])
    async def keys(self, inbox_id: UUID, caller: Caller, database: Database, identity_keys: IdentityKeys) -> Page[IdentityKey]:
        """Identity keys, without their secrets."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(await identity_keys.all(scope, InboxId(inbox_id)))

    @post("/{inbox_id:uuid}/identity-keys", guards=[requires("inboxes.write")])
    async def add_key(self, inbox_id: UUID, caller: Caller, database: Database, identity_keys: IdentityKeys) -> IdentityKey:
        """A new identity key; the secret is shown only here."""
        async with database.scope(caller.workspace_id) as scope:
            return await identity_keys.add(scope, InboxId(inbox_id))

    @delete("/{inbox_id:uuid}/identity-keys/{key_id:uuid}", guards=[requires("inboxes.write")])
    async def retire_key(
        self, inbox_id: UUID, key_id: UUID, caller: Caller, database: Database, identity_keys: IdentityKeys
    ) -> None:
        """Refuse what the key signed from now on."""
        async with database.scope(caller.workspace_id) as scope:
            await identity_keys.retire(scope, InboxId(inbox_id), key_id)
