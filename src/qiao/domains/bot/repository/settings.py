"""The bot's settings of one workspace."""

from collections.abc import Mapping
from typing import Any

import msgspec

from qiao.domains.bot.contracts import BotSettings
from qiao.domains.bot.words import DEFAULTS
from qiao.platform.db.database import Scope


class SettingsRows:
    """Queries scoped to the workspace of `scope`."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def read(self) -> BotSettings:
        """The settings as set, else their defaults."""
        stored: Mapping[str, Any] | None = await self._connection.fetchval(
            "select settings from bot_settings where workspace_id = $1", self._workspace_id
        )
        return msgspec.convert({**msgspec.to_builtins(DEFAULTS), **(stored or {})}, BotSettings)

    async def hold(self) -> BotSettings:
        """As `read`; nobody else changes them until this transaction ends."""
        await self._connection.execute(
            "insert into bot_settings (workspace_id, settings) values ($1, $2)"
            " on conflict (workspace_id) do update set updated_at = bot_settings.updated_at",
            self._workspace_id,
            {},
        )
        return await self.read()

    async def write(self, settings: BotSettings) -> None:
        """Keep the settings. Safe to repeat."""
        await self._connection.execute(
            "insert into bot_settings (workspace_id, settings) values ($1, $2)"
            " on conflict (workspace_id) do update set settings = excluded.settings, updated_at = now()",
            self._workspace_id,
            msgspec.to_builtins(settings),
        )
