"""Keys with which a company's own server signs who its visitor is: shown once, sealed, two live at a time."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec

from qiao.domains.inboxes.contracts import IdentityKey, Inbox
from qiao.domains.inboxes.errors import InboxInvalid, InboxNotFound
from qiao.kit.ids import InboxId, new_id, new_secret
from qiao.platform.auth.sealing import SealedColumn, Seals
from qiao.platform.db.acts import noted
from qiao.platform.db.database import Scope

MAX_LIVE_KEYS = 2
SEALED = SealedColumn("identity_keys", "sealed", ("id",))
PLAIN = "secret"
"""Where programs before revision 0007 keep them as they are; its last phase takes the column away."""

# Reads the former column by its name in JSON: it is there or not, and the statement is the same.
_COLUMNS = (
    f"id, created_at, retired_at, sealed, to_jsonb(k)->>'{PLAIN}' as plain,"
    f" coalesce(last_four, right(to_jsonb(k)->>'{PLAIN}', 4)) as last_four"
)
_OF_INBOX = f"select {_COLUMNS} from identity_keys k where workspace_id = $1 and inbox_id = $2"
_ADD = f"""
insert into identity_keys as k (workspace_id, id, inbox_id, sealed, last_four) values ($1, $2, $3, $4, $5) returning {_COLUMNS}
"""
_FORMER_READ = f"""
select exists (select from pg_attribute where attrelid = 'identity_keys'::regclass and attname = '{PLAIN}' and attnotnull)
"""
_PLAIN_TOO = f"update identity_keys set {PLAIN} = $3 where workspace_id = $1 and id = $2"


class IdentityKeys:
    """Makes, lists and retires identity keys; `inbox` finds an inbox or raises InboxNotFound."""

    def __init__(self, seals: Seals, inbox: Callable[[Scope, InboxId], Awaitable[Inbox]]) -> None:
        self._seals = seals
        self._inbox = inbox

    async def add(self, scope: Scope, inbox_id: InboxId) -> IdentityKey:
        """A new key; its secret is in this answer only. At most two are live, so that one can be rotated. Raises InboxNotFound,
        InboxInvalid. Not idempotent.
        """
        # Of two who add at once, the second sees what the first did.
        await scope.connection.execute(
            "select from inboxes where workspace_id = $1 and id = $2 for no key update", scope.workspace_id, inbox_id
        )
        noted(None, await self._inbox(scope, inbox_id))
        if len([key for key in await self.all(scope, inbox_id) if key.retired_at is None]) >= MAX_LIVE_KEYS:
            raise InboxInvalid("retire an old key first: two are live", field="identity_keys")
        key_id, secret = new_id(), new_secret("qk_")
        sealed = self._seals.seal(secret, SEALED.at(scope.workspace_id, key_id))
        row = await scope.connection.fetchrow(_ADD, scope.workspace_id, key_id, inbox_id, sealed, secret[-4:])
        # The row that was just written holds the table: the column cannot go in between.
        if await scope.connection.fetchval(_FORMER_READ):
            await scope.connection.execute(_PLAIN_TOO, scope.workspace_id, key_id, secret)
        return msgspec.structs.replace(_key(row), secret=secret)

    async def all(self, scope: Scope, inbox_id: InboxId) -> list[IdentityKey]:
        """Keys without their secrets, newest first. Raises InboxNotFound."""
        await self._inbox(scope, inbox_id)
        rows = await scope.connection.fetch(f"{_OF_INBOX} order by created_at desc, id desc", scope.workspace_id, inbox_id)
        return [_key(row) for row in rows]

    async def retire(self, scope: Scope, inbox_id: InboxId, key_id: UUID) -> None:
        """Tokens signed by the key are refused from now on. Idempotent. Raises InboxNotFound."""
        if key_id not in {key.id for key in await self.all(scope, inbox_id)}:
            raise InboxNotFound("no such key")
        await scope.connection.execute(
            "update identity_keys set retired_at = now()"
            " where workspace_id = $1 and inbox_id = $2 and id = $3 and retired_at is null",
            scope.workspace_id,
            inbox_id,
            key_id,
        )

    async def live_secrets(self, scope: Scope, inbox_id: InboxId) -> list[str]:
        """Secrets that identity tokens are checked against, opened for this check. Raises SealBroken."""
        rows = await scope.connection.fetch(f"{_OF_INBOX} and retired_at is null", scope.workspace_id, inbox_id)
        return [
            row["plain"] if row["sealed"] is None else self._seals.open(row["sealed"], SEALED.at(scope.workspace_id, row["id"]))
            for row in rows
        ]


def _key(row: Any) -> IdentityKey:
    return IdentityKey(id=row["id"], created_at=row["created_at"], last_four=row["last_four"], retired_at=row["retired_at"])
