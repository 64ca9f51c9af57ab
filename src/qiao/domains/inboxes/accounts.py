"""Accounts of channels: an inbox as its adapter sees it, its sealed secrets, and how it stands with its provider.

Secrets go in and are opened for one call of an adapter; they are in no answer, no fact and no log line.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.domains.inboxes.alone import check_alone
from qiao.domains.inboxes.contracts import ChannelState, Inbox
from qiao.domains.inboxes.errors import InboxInvalid
from qiao.domains.inboxes.events import InboxBroken, InboxChanged, InboxMended
from qiao.domains.inboxes.rules import checked_secrets
from qiao.domains.inboxes.wire import TOKENS, InboxMemory, InboxWire, Turns, forget
from qiao.kit.errors import Unavailable
from qiao.kit.ids import InboxId, WorkspaceId
from qiao.kit.text import storable
from qiao.platform.auth.sealing import SealBroken, SealedColumn, Seals
from qiao.platform.blobs.files import Files
from qiao.platform.db.acts import noted, replaced
from qiao.platform.db.database import Database, Scope
from qiao.platform.http.outbound import Outbound
from qiao.platform.settings import Settings
from qiao.ports.channel import Account, Capability, Channel, Connected, Manifest, Wire

InboxOf = Callable[[Scope, InboxId], Awaitable[Inbox]]
MAX_REASON = 300
QUIET_SECONDS = 5
"""When something came in or went out is noted at most so often: a busy inbox would write one row all the time."""
_NOTE = """
insert into inbox_health (workspace_id, inbox_id, {column}) values ($1, $2, now())
on conflict (workspace_id, inbox_id) do update set {column} = now()
where inbox_health.{column} is null or inbox_health.{column} < now() - make_interval(secs => $3)
"""
_FAILED = """
insert into inbox_health (workspace_id, inbox_id, last_error, last_error_at) values ($1, $2, $3, now())
on conflict (workspace_id, inbox_id) do update set last_error = excluded.last_error, last_error_at = now()
"""
_STATE = """
insert into inbox_health as h (workspace_id, inbox_id, state, reason, connected_title, todo) values ($1, $2, $3, $4, $5, $6)
on conflict (workspace_id, inbox_id) do update
  set state = $3, reason = $4, broken_by = null, connected_title = coalesce($5, h.connected_title), todo = $6
"""
_BROKE = """
with before as (select state, reason, broken_by from inbox_health where workspace_id = $1 and inbox_id = $2 for update)
update inbox_health h set state = 'broken',
  reason = case when before.state = 'broken' then before.reason else $3 end,
  broken_by = case when before.state <> 'broken' then $4 when before.broken_by <> $4 then 'both' else before.broken_by end
from before where h.workspace_id = $1 and h.inbox_id = $2 returning before.state <> 'broken'
"""
_MENDED = """
update inbox_health set
  state = case when broken_by = 'both' then 'broken' else 'ok' end,
  reason = case when broken_by = 'both' then reason end,
  broken_by = case when broken_by = 'both' then $4 end
where workspace_id = $1 and inbox_id = $2 and state = 'broken' and coalesce(broken_by, $3) in ($3, 'both')
returning state = 'ok'
"""
_OTHER = {"in": "out", "out": "in"}
_WAITING = """
select inbox_id, count(*) filter (where state = 'parked') as parked,
       coalesce(extract(epoch from now() - min(received_at) filter (where state = 'queued')), 0)::float8 as lag
from receipts where workspace_id = $1 and state <> 'done' group by inbox_id
"""

SECRETS = SealedColumn("inbox_secrets", "sealed", ("inbox_id", "key"), "{}/{}/{}")
"""What accounts of channels are opened with."""


class Installation(Struct, frozen=True, kw_only=True):
    """What the work of every inbox is done with."""

    database: Database
    settings: Settings
    seals: Seals
    outbound: Outbound
    files: Files


class Accounts:
    """Opens accounts, keeps their secrets and their health."""

    def __init__(self, installation: Installation, channels: Mapping[str, Channel], inbox_of: InboxOf) -> None:
        self._house = installation
        self._channels = channels
        self._inbox_of = inbox_of
        self._hosts = _hosts(installation.settings.channel_hosts)
        self._turns = Turns()

    def channel(self, inbox: Inbox) -> Channel:
        """The adapter of an inbox. Raises InboxInvalid when its channel is not here any more."""
        channel = self._channels.get(inbox.channel)
        if channel is None:
            raise InboxInvalid("the channel of this inbox is not here any more", field="channel")
        return channel

    async def account(self, scope: Scope, inbox_id: InboxId) -> Account:
        """An inbox with its secrets opened. A secret that does not open any more is absent. Raises InboxNotFound, InboxInvalid."""
        inbox = await self._inbox_of(scope, inbox_id)
        rows = await scope.connection.fetch(
            "select key, sealed from inbox_secrets where workspace_id = $1 and inbox_id = $2", scope.workspace_id, inbox_id
        )
        return self.account_of(scope.workspace_id, inbox, {row["key"]: row["sealed"] for row in rows})

    async def whole_account(self, scope: Scope, inbox_id: InboxId) -> Account:
        """As `account`; raises InboxInvalid while something is missing that the channel needs."""
        account = await self.account(scope, inbox_id)
        _check_whole(self.channel(await self._inbox_of(scope, inbox_id)).manifest, account)
        return account

    def account_of(self, workspace_id: WorkspaceId, inbox: Inbox, sealed: Mapping[str, bytes]) -> Account:
        """An inbox as its adapter sees it, from its sealed secrets."""
        manifest, settings = self.channel(inbox).manifest, self._house.settings
        opened = {key: self._opened(workspace_id, inbox.id, key, one) for key, one in sealed.items()}
        return Account(
            workspace_id=workspace_id,
            inbox_id=inbox.id,
            inbox_name=inbox.name,
            settings=inbox.settings,
            secrets={key: secret for key, secret in opened.items() if secret},
            hosts={role: self._hosts.get(f"{manifest.name}.{role}", host).rstrip("/") for role, host in manifest.hosts.items()},
            webhook_url=f"{settings.origin}/in/{inbox.key}",
            origin=settings.origin,
            signing_key=_signing_key(settings.secret_key, workspace_id, inbox.id),
        )

    def wire(self, account: Account) -> Wire:
        """What the account's adapter does its work with."""
        house = self._house
        memory = InboxMemory(house.database, house.seals, account.workspace_id, account.inbox_id)
        return InboxWire(memory, _known_by(account), self._turns, house.outbound, house.files)

    async def set_secrets(self, scope: Scope, inbox_id: InboxId, given: Mapping[str, str | None]) -> list[str]:
        """Set the given secrets, take away those that are None, leave the others; the keys that are set now. Raises InboxInvalid."""
        inbox = await self._inbox_of(scope, inbox_id)
        noted(None, inbox)
        replaced(given)
        for key, value in checked_secrets(self.channel(inbox).manifest, given).items():
            if value is None:
                await scope.connection.execute(
                    "delete from inbox_secrets where workspace_id = $1 and inbox_id = $2 and key = $3",
                    scope.workspace_id,
                    inbox_id,
                    key,
                )
                continue
            await scope.connection.execute(
                "insert into inbox_secrets (workspace_id, inbox_id, key, sealed) values ($1, $2, $3, $4)"
                " on conflict (workspace_id, inbox_id, key) do update set sealed = excluded.sealed, updated_at = now()",
                scope.workspace_id,
                inbox_id,
                key,
                self._house.seals.seal(value, SECRETS.at(scope.workspace_id, inbox_id, key)),
            )
        # What was fetched with the old ones is not to be believed any more.
        await forget(scope, inbox_id, f"{TOKENS}%")
        scope.emit(InboxChanged(inbox=inbox))
        return (await self._secret_keys(scope)).get(inbox_id, [])

    async def connect(self, workspace_id: WorkspaceId, inbox_id: InboxId) -> ChannelState:
        """Try the credentials at the provider and note what came of it. Raises InboxInvalid when something required is missing,
        AccountTaken, Unavailable when the provider cannot be asked now. Safe to repeat.
        """
        async with self._house.database.scope(workspace_id) as scope:
            inbox = await self._inbox_of(scope, inbox_id)
            account = await self.account(scope, inbox_id)
            await check_alone(scope, self.channel(inbox).manifest, inbox)
        channel = self.channel(inbox)
        _check_whole(channel.manifest, account)
        result = await channel.connect(account, self.wire(account))
        reason = "" if isinstance(result, Connected) else _said(result.reason)
        async with self._house.database.scope(workspace_id) as scope:
            if isinstance(result, Connected):
                await self._set_state(scope, inbox_id, "ok", None, (storable(result.title)[:200], result.todo))
                scope.emit(InboxMended(inbox_id=inbox_id))
            else:
                await self.failed(scope, inbox_id, reason)
                before = (await self.states(scope, inbox_id))[0].state
                await self._set_state(scope, inbox_id, "unconnected" if before == "unconnected" else "broken", reason)
            after = (await self.states(scope, inbox_id))[0]
        if hasattr(result, "after_seconds"):
            raise Unavailable("the provider cannot be asked now; try again", retry_after=5, reason=reason)
        return after

    async def disconnect(self, workspace_id: WorkspaceId, inbox_id: InboxId) -> ChannelState:
        """Undo at the provider what `connect` did there, as far as it lets us; the inbox is unconnected afterwards."""
        async with self._house.database.scope(workspace_id) as scope:
            inbox = await self._inbox_of(scope, inbox_id)
            account = await self.account(scope, inbox_id)
        await self.channel(inbox).disconnect(account, self.wire(account))
        async with self._house.database.scope(workspace_id) as scope:
            await self._set_state(scope, inbox_id, "unconnected", None)
            await forget(scope, inbox_id)
            scope.emit(InboxChanged(inbox=inbox))
            return (await self.states(scope, inbox_id))[0]

    async def came_in(self, scope: Scope, inbox_id: InboxId) -> None:
        """Something of a customer arrived. A channel that works without being connected is known to work by it."""
        await scope.connection.execute(_NOTE.format(column="last_in_at"), scope.workspace_id, inbox_id, QUIET_SECONDS)

    async def went_out(self, scope: Scope, inbox_id: InboxId) -> None:
        """The provider took something of ours."""
        await scope.connection.execute(_NOTE.format(column="last_out_at"), scope.workspace_id, inbox_id, QUIET_SECONDS)

    async def failed(self, scope: Scope, inbox_id: InboxId, reason: str) -> None:
        """Something went wrong that may go right the next time."""
        await scope.connection.execute(_FAILED, scope.workspace_id, inbox_id, _said(reason))

    async def broke(self, scope: Scope, inbox_id: InboxId, reason: str, *, by: str = "out") -> None:
        """The provider no longer lets us in; `by`: what showed it, something on its way in or out. Told to admins once, until
        it works again.
        """
        inbox = await self._inbox_of(scope, inbox_id)
        await self.failed(scope, inbox_id, reason)
        changed = await scope.connection.fetchval(_BROKE, scope.workspace_id, inbox_id, _said(reason), by)
        if changed:
            scope.emit(InboxBroken(inbox_id=inbox_id, name=inbox.name, channel=inbox.channel, reason=_said(reason)))

    async def mended(self, scope: Scope, inbox_id: InboxId, *, by: str = "out") -> None:
        """The provider lets us in again, as something on its way in or out shows; what only the other way showed to be broken, is.
        Changes nothing for an inbox that was not broken.
        """
        changed = await scope.connection.fetchval(_MENDED, scope.workspace_id, inbox_id, by, _OTHER[by])
        if changed:
            scope.emit(InboxMended(inbox_id=inbox_id))

    async def states(self, scope: Scope, inbox_id: InboxId | None = None) -> list[ChannelState]:
        """How inboxes stand with their providers: one, or all. Raises InboxNotFound."""
        ids = [inbox_id] if inbox_id else await self._all_ids(scope)
        inboxes = [await self._inbox_of(scope, one) for one in ids]
        rows = await scope.connection.fetch("select * from inbox_health where workspace_id = $1", scope.workspace_id)
        waiting = await scope.connection.fetch(_WAITING, scope.workspace_id)
        health, lags = {row["inbox_id"]: row for row in rows}, {row["inbox_id"]: row for row in waiting}
        keys = await self._secret_keys(scope)
        return [self._state(one, keys.get(one.id, []), health.get(one.id), lags.get(one.id)) for one in inboxes]

    def _state(self, inbox: Inbox, keys: list[str], health: Any, waiting: Any) -> ChannelState:
        channel = self._channels.get(inbox.channel)
        live = channel is None or Capability.LIVE in channel.manifest.capabilities
        told: dict[str, Any] = {"state": "ok" if live else "unconnected"}
        if health is not None:
            told |= {name: health[name] for name in _HEALTH}
        if waiting is not None:
            told |= {"parked": waiting["parked"], "lag_seconds": round(waiting["lag"], 1)}
        return ChannelState(
            inbox_id=inbox.id,
            name=inbox.name,
            channel=inbox.channel,
            enabled=inbox.enabled,
            webhook_url=f"{self._house.settings.origin}/in/{inbox.key}" if channel and channel.manifest.webhook else None,
            secrets_set=keys,
            **told,
        )

    async def _set_state(
        self, scope: Scope, inbox_id: InboxId, state: str, reason: str | None, connected: tuple[str, Any] | None = None
    ) -> None:
        title, todo = connected or (None, None)
        await scope.connection.execute(_STATE, scope.workspace_id, inbox_id, state, reason, title, todo)

    async def _secret_keys(self, scope: Scope) -> dict[UUID, list[str]]:
        rows = await scope.connection.fetch(
            "select inbox_id, array_agg(key order by key) as keys from inbox_secrets where workspace_id = $1 group by 1",
            scope.workspace_id,
        )
        return {row["inbox_id"]: list(row["keys"]) for row in rows}

    async def _all_ids(self, scope: Scope) -> list[InboxId]:
        rows = await scope.connection.fetch(
            "select id from inboxes where workspace_id = $1 order by created_at, id", scope.workspace_id
        )
        return [InboxId(row["id"]) for row in rows]

    def _opened(self, workspace_id: UUID, inbox_id: UUID, key: str, sealed: bytes) -> str | None:
        try:
            return self._house.seals.open(sealed, SECRETS.at(workspace_id, inbox_id, key))
        except SealBroken:
            return None


_HEALTH = ("state", "reason", "connected_title", "todo", "last_in_at", "last_out_at", "last_error", "last_error_at")


def _check_whole(manifest: Manifest, account: Account) -> None:
    for field in manifest.settings:
        held = account.secrets if field.type == "secret" else account.settings
        if field.required and held.get(field.key) in {None, ""}:
            raise InboxInvalid(f"{field.key} is needed before the inbox can be connected", field=field.key)


def _said(reason: str) -> str:
    """A provider's words as they can be kept."""
    return storable(reason)[:MAX_REASON]


def _hosts(written: str) -> dict[str, str]:
    return dict(one.split("=", 1) for one in written.split(",") if one)  # type: ignore[misc]


def _signing_key(secret_key: str, workspace_id: UUID, inbox_id: UUID) -> bytes:
    return hmac.digest(secret_key.encode(), b"qiao inbox\x01" + workspace_id.bytes + inbox_id.bytes, hashlib.sha256)


def _known_by(account: Account) -> str:
    """What the settings and secrets of an account are known by; tells nothing of them."""
    given = msgspec.json.encode((account.settings, account.secrets), order="deterministic")
    return hmac.digest(account.signing_key, b"qiao tokens\x01" + given, hashlib.sha256).hex()[:16]
