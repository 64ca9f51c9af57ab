"""The door of inboxes."""

import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any
from uuid import UUID

import msgspec

from qiao.domains.inboxes.accounts import Accounts, Installation
from qiao.domains.inboxes.alone import check_change_alone
from qiao.domains.inboxes.contracts import (
    ChannelInfo,
    FoundInbox,
    Hours,
    IdentityKey,
    Inbox,
    InboxChanges,
    NewInbox,
)
from qiao.domains.inboxes.errors import InboxInvalid, InboxNotFound
from qiao.domains.inboxes.events import InboxChanged
from qiao.domains.inboxes.receipts import Receipts, ReceiptShown, Waiting
from qiao.domains.inboxes.rules import checked_hours, checked_settings, is_open, with_defaults
from qiao.kit.clock import utc_now
from qiao.kit.ids import InboxId, TeamId, WorkspaceId, new_id, new_secret
from qiao.platform.db.acts import noted
from qiao.platform.db.database import Database, Scope
from qiao.ports.channel import Capability, Manifest, ReasonWords
from qiao.ports.channel_reasons import COMMON

__all__ = ["Accounts", "CheckTeam", "Inboxes", "Installation", "ReceiptShown", "Receipts", "Waiting"]

MAX_LIVE_KEYS = 2
_COLUMNS = "id, key, channel, name, enabled, team_id, bot_enabled, hours, settings, created_at"


CheckTeam = Callable[[Scope, TeamId], Awaitable[object]]
"""Raises when there is no such team: teams are another domain's business."""


class Inboxes:
    """Makes, finds and changes inboxes of the channels it was given."""

    def __init__(self, database: Database, channels: Mapping[str, Manifest], check_team: CheckTeam | None = None) -> None:
        self._database = database
        self._channels = channels
        self._check_team = check_team

    def channels(self) -> list[ChannelInfo]:
        """Every channel an inbox can be made of; those of our own pages first."""
        return [
            ChannelInfo(
                name=manifest.name,
                title=manifest.title,
                tier=manifest.tier,
                capabilities=sorted(manifest.capabilities),
                settings=list(manifest.settings),
                icon_url=f"/api/v1/channels/{manifest.name}/icon.svg",
                windows=list(manifest.windows),
                after_window=list(manifest.after_window),
                media=list(manifest.media),
                max_text=manifest.max_text,
                counted=manifest.counted,
                markdown=manifest.markdown,
                max_files=manifest.max_files,
                max_options=manifest.max_options,
                webhook=manifest.webhook,
            )
            for manifest in sorted(self._channels.values(), key=lambda one: Capability.LIVE not in one.capabilities)
        ]

    def reasons(self, channel: str) -> list[ReasonWords]:
        """What a channel's codes mean, then what all adapters say by themselves."""
        manifest = self._channels.get(channel)
        return [*(manifest.reasons if manifest is not None else ()), *COMMON]

    async def create(self, scope: Scope, new: NewInbox) -> Inbox:
        """A new inbox with the channel's defaults. Raises InboxInvalid."""
        if new.channel not in self._channels:
            raise InboxInvalid("no such channel", field="channel")
        row = await scope.connection.fetchrow(
            f"insert into inboxes (workspace_id, id, key, channel, name) values ($1, $2, $3, $4, $5) returning {_COLUMNS}",
            scope.workspace_id,
            new_id(),
            f"{scope.workspace_id.hex}-{secrets.token_hex(8)}",
            new.channel,
            _name(new.name),
        )
        noted(None, self._read(row))
        return self._told(scope, row)

    @staticmethod
    def open_now(inbox: Inbox) -> bool:
        """True while people answer by the inbox's own hours; one without hours never closes."""
        return is_open(inbox.hours, utc_now())

    async def get(self, scope: Scope, inbox_id: InboxId) -> Inbox:
        """An inbox by id. Raises InboxNotFound."""
        row = await scope.connection.fetchrow(
            f"select {_COLUMNS} from inboxes where workspace_id = $1 and id = $2", scope.workspace_id, inbox_id
        )
        if row is None:
            raise InboxNotFound("no such inbox")
        return self._read(row)

    async def must_be_there(self, scope: Scope, inbox_ids: Collection[InboxId]) -> None:
        """Raises InboxNotFound unless the workspace has each of these."""
        found = await scope.connection.fetch(
            "select id from inboxes where workspace_id = $1 and id = any($2)", scope.workspace_id, list(inbox_ids)
        )
        if len(found) != len(set(inbox_ids)):
            raise InboxNotFound("no such inbox", field="inbox_ids")

    async def all(self, scope: Scope) -> list[Inbox]:
        """Every inbox, oldest first."""
        rows = await scope.connection.fetch(
            f"select {_COLUMNS} from inboxes where workspace_id = $1 order by created_at, id", scope.workspace_id
        )
        return [self._read(row) for row in rows]

    async def by_key(self, key: str) -> FoundInbox:
        """An enabled inbox by its public key. Raises InboxNotFound."""
        try:
            workspace_id = WorkspaceId(UUID(hex=key.split("-", 1)[0]))
        except (ValueError, UnicodeError):
            raise InboxNotFound("no such inbox") from None
        if not key.isprintable():
            raise InboxNotFound("no such inbox")
        async with self._database.across() as connection:
            row = await connection.fetchrow(
                f"select {_COLUMNS} from inboxes where workspace_id = $1 and key = $2 and enabled", workspace_id, key[:80]
            )
        if row is None:
            raise InboxNotFound("no such inbox")
        return FoundInbox(workspace_id, self._read(row))

    async def change(self, scope: Scope, inbox_id: InboxId, changes: InboxChanges) -> Inbox:
        """Set the given fields. Raises InboxNotFound, InboxInvalid, AccountTaken, and what the check of teams raises."""
        await _hold(scope, inbox_id)
        inbox = await self.get(scope, inbox_id)
        values: dict[str, Any] = {
            name: value for name, value in msgspec.structs.asdict(changes).items() if value is not msgspec.UNSET
        }
        if "name" in values:
            values["name"] = _name(values["name"])
        if values.get("hours") is not None:
            values["hours"] = checked_hours(values["hours"])
        if values.get("team_id") is not None and self._check_team is not None:
            await self._check_team(scope, values["team_id"])
        if "settings" in values:
            values["settings"] = {**inbox.settings, **checked_settings(self._manifest(inbox), values["settings"])}
        assignments = ", ".join(f"{name} = ${place}" for place, name in enumerate(values, start=3)) or "name = name"
        row = await scope.connection.fetchrow(
            f"update inboxes set {assignments} where workspace_id = $1 and id = $2 returning {_COLUMNS}",
            scope.workspace_id,
            inbox_id,
            *values.values(),
        )
        await check_change_alone(scope, self._channels.get(inbox.channel), inbox, self._read(row))
        noted(inbox, self._read(row))
        return self._told(scope, row)

    async def add_identity_key(self, scope: Scope, inbox_id: InboxId) -> IdentityKey:
        """A new key; its secret is in this answer only. At most two are live, so that one can be rotated."""
        await _hold(scope, inbox_id)
        noted(None, await self.get(scope, inbox_id))
        live = [key for key in await self.identity_keys(scope, inbox_id) if key.retired_at is None]
        if len(live) >= MAX_LIVE_KEYS:
            raise InboxInvalid("retire an old key first: two are live", field="identity_keys")
        secret = new_secret("qk_")
        row = await scope.connection.fetchrow(
            "insert into identity_keys (workspace_id, id, inbox_id, secret) values ($1, $2, $3, $4) returning *",
            scope.workspace_id,
            new_id(),
            inbox_id,
            secret,
        )
        return msgspec.structs.replace(_key(row), secret=secret)

    async def identity_keys(self, scope: Scope, inbox_id: InboxId) -> list[IdentityKey]:
        """Keys without their secrets, newest first. Raises InboxNotFound."""
        await self.get(scope, inbox_id)
        rows = await scope.connection.fetch(
            "select * from identity_keys where workspace_id = $1 and inbox_id = $2 order by created_at desc, id desc",
            scope.workspace_id,
            inbox_id,
        )
        return [_key(row) for row in rows]

    async def retire_identity_key(self, scope: Scope, inbox_id: InboxId, key_id: UUID) -> None:
        """Tokens signed by the key are refused from now on. Idempotent. Raises InboxNotFound."""
        if key_id not in {key.id for key in await self.identity_keys(scope, inbox_id)}:
            raise InboxNotFound("no such key")
        await scope.connection.execute(
            "update identity_keys set retired_at = now()"
            " where workspace_id = $1 and inbox_id = $2 and id = $3 and retired_at is null",
            scope.workspace_id,
            inbox_id,
            key_id,
        )

    async def live_secrets(self, scope: Scope, inbox_id: InboxId) -> list[str]:
        """Secrets that identity tokens are checked against."""
        rows = await scope.connection.fetch(
            "select secret from identity_keys where workspace_id = $1 and inbox_id = $2 and retired_at is null",
            scope.workspace_id,
            inbox_id,
        )
        return [row["secret"] for row in rows]

    def _manifest(self, inbox: Inbox) -> Manifest:
        manifest = self._channels.get(inbox.channel)
        if manifest is None:
            raise InboxInvalid("the channel of this inbox is not here any more", field="channel")
        return manifest

    def _told(self, scope: Scope, row: Any) -> Inbox:
        inbox = self._read(row)
        scope.emit(InboxChanged(inbox=inbox))
        return inbox

    def _read(self, row: Any) -> Inbox:
        fields = {name: row[name] for name in _COLUMNS.split(", ")}
        manifest = self._channels.get(fields["channel"])
        if manifest is not None:
            fields["settings"] = with_defaults(manifest, fields["settings"])
        fields["hours"] = msgspec.convert(fields["hours"], Hours) if fields["hours"] else None
        return Inbox(**fields)


async def _hold(scope: Scope, inbox_id: InboxId) -> None:
    """Until the end of the transaction: of two who change an inbox at once, the second sees what the first did."""
    await scope.connection.execute(
        "select from inboxes where workspace_id = $1 and id = $2 for no key update", scope.workspace_id, inbox_id
    )


def _name(name: str) -> str:
    cleaned = name.replace("\x00", "").strip()
    if not 1 <= len(cleaned) <= 80:
        raise InboxInvalid("a name has 1 to 80 characters", field="name")
    return cleaned


def _key(row: Any) -> IdentityKey:
    return IdentityKey(id=row["id"], created_at=row["created_at"], last_four=row["secret"][-4:], retired_at=row["retired_at"])
