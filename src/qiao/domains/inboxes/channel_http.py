"""Routes of an inbox's connection: its secrets, how it stands with its provider, what was delivered."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post, put
from litestar.params import Parameter
from msgspec import Struct

from qiao.domains.inboxes.accounts import Accounts
from qiao.domains.inboxes.contracts import ChannelState
from qiao.domains.inboxes.receipts import Receipts, ReceiptShown
from qiao.kit.ids import InboxId
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.http.guards import requires
from qiao.platform.http.paging import Page, bounded, decode_cursor, encode_cursor


class SecretsSet(Struct, frozen=True):
    """Which secrets are set now. Their values are never shown."""

    secrets_set: list[str]


class ChannelHealthController(Controller):
    """How every inbox stands."""

    path = "/api/v1/channel-health"
    tags = ("inboxes",)

    @get(guards=[requires("inboxes.write")])
    async def all(self, caller: Caller, database: Database, accounts: Accounts) -> Page[ChannelState]:
        """Every inbox with its last arrival, last departure, errors and lag."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(await accounts.states(scope))


class InboxChannelController(Controller):
    """One inbox and its provider."""

    path = "/api/v1/inboxes/{inbox_id:uuid}"
    tags = ("inboxes",)

    @get("/channel", guards=[requires("inboxes.write")])
    async def state(self, inbox_id: UUID, caller: Caller, database: Database, accounts: Accounts) -> ChannelState:
        """How the inbox stands."""
        async with database.scope(caller.workspace_id) as scope:
            return (await accounts.states(scope, InboxId(inbox_id)))[0]

    @put("/secrets", guards=[requires("inboxes.write")])
    async def set_secrets(
        self,
        inbox_id: UUID,
        data: dict[str, str | None],
        caller: Caller,
        database: Database,
        accounts: Accounts,
    ) -> SecretsSet:
        """Set secrets; null takes one away, absent ones stay."""
        async with database.scope(caller.workspace_id) as scope:
            return SecretsSet(await accounts.set_secrets(scope, InboxId(inbox_id), data))

    @post("/connect", guards=[requires("inboxes.write")], status_code=200)
    async def connect(self, inbox_id: UUID, caller: Caller, accounts: Accounts) -> ChannelState:
        """Try the credentials at the provider; `state` and `reason` say what came of it."""
        return await accounts.connect(caller.workspace_id, InboxId(inbox_id))

    @post("/disconnect", guards=[requires("inboxes.write")], status_code=200)
    async def disconnect(self, inbox_id: UUID, caller: Caller, accounts: Accounts) -> ChannelState:
        """Undo the connection at the provider."""
        return await accounts.disconnect(caller.workspace_id, InboxId(inbox_id))

    @get("/receipts", guards=[requires("inboxes.write")])
    async def receipts(
        self,
        inbox_id: UUID,
        caller: Caller,
        database: Database,
        receipts: Receipts,
        accounts: Accounts,
        stands: Annotated[str | None, Parameter(query="state", max_length=10)] = None,
        cursor: str | None = None,
        limit: int = 30,
    ) -> Page[ReceiptShown]:
        """What the provider delivered, newest first."""
        size = bounded(limit)
        before = decode_cursor(cursor, tuple[UUID])
        async with database.scope(caller.workspace_id) as scope:
            await accounts.account(scope, InboxId(inbox_id))
            found = await receipts.listed(scope, InboxId(inbox_id), stands, before[0] if before else None, size + 1)
        return Page(found[:size], encode_cursor((found[size - 1].id,)) if len(found) > size else None)

    @post("/receipts/{receipt_id:uuid}/replay", guards=[requires("inboxes.write")], status_code=202)
    async def replay(self, inbox_id: UUID, receipt_id: UUID, caller: Caller, database: Database, receipts: Receipts) -> None:
        """Read a receipt again: what it held and is there stays as it is."""
        async with database.scope(caller.workspace_id) as scope:
            await receipts.replay(scope, InboxId(inbox_id), receipt_id)
        receipts.tell(caller.workspace_id, [InboxId(inbox_id)])
