"""The door of inboxes."""

import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from qiao.domains.inboxes.accounts import Accounts, Installation
from qiao.domains.inboxes.alone import check_change_alone
from qiao.domains.inboxes.contracts import (
    ChannelInfo,
    FoundInbox,
    Hours,
    Inbox,
    InboxChanges,
    NewInbox,
    Schedule,
)
from qiao.domains.inboxes.errors import InboxInvalid, InboxNotFound
from qiao.domains.inboxes.events import InboxChanged
from qiao.domains.inboxes.identity import IdentityKeys
from qiao.domains.inboxes.receipts import Receipts, ReceiptShown, Waiting
from qiao.domains.inboxes.rules import checked_hours, checked_settings, with_defaults
from qiao.domains.inboxes.special_days import schedule_of
from qiao.kit.ids import InboxId, TeamId, WorkspaceId, new_id
from qiao.platform.db.acts import noted
from qiao.platform.db.database import Database, Scope
from qiao.ports.channel import Capability, Manifest, ReasonWords
from qiao.ports.channel_reasons import COMMON

__all__ = ["Accounts", "CheckTeam", "IdentityKeys", "Inboxes", "Installation", "ReceiptShown", "Receipts", "Waiting"]

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
    async def schedule(scope: Scope, inbox: Inbox, since: datetime | None = None) -> Schedule | None:
        """When people answer, special days from `since` (now) on among it; None for an inbox without hours, which never closes."""
        return await schedule_of(scope, inbox, since)

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
