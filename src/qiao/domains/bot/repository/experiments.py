"""Experiments: which setting is tried on which share of the conversations, from when until when."""

from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from qiao.domains.bot.learning.contracts import ArmChanges, NewExperiment
from qiao.domains.bot.learning.errors import ExperimentRunning
from qiao.kit.ids import new_id
from qiao.platform.db.database import Scope


class ExperimentRows:
    """Queries scoped to the workspace of `scope`."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def latest(self, limit: int) -> list[Any]:
        """Experiments, newest first: id, name, changes, share, started_at, ended_at."""
        return await self._connection.fetch(
            "select id, name, changes, share, started_at, ended_at from bot_experiments where workspace_id = $1"
            " order by started_at desc, id desc limit $2",
            self._workspace_id,
            limit,
        )

    async def running(self) -> Any:
        """The experiment that runs, or None."""
        return await self._connection.fetchrow(
            "select id, changes, share, started_at from bot_experiments where workspace_id = $1 and ended_at is null",
            self._workspace_id,
        )

    async def begin(self, new: NewExperiment) -> UUID:
        """Begin an experiment. Raises ExperimentRunning."""
        experiment_id = new_id()
        try:
            async with self._connection.transaction():
                await self._connection.execute(
                    "insert into bot_experiments (workspace_id, id, name, changes, share, started_at)"
                    " values ($1, $2, $3, $4, $5, clock_timestamp())",
                    self._workspace_id,
                    experiment_id,
                    new.name,
                    msgspec.to_builtins(new.changes),
                    new.share,
                )
        except asyncpg.UniqueViolationError:
            raise ExperimentRunning("an experiment is running already") from None
        return experiment_id

    async def end(self, experiment_id: UUID) -> ArmChanges | None:
        """End a running experiment: what it tried; None when it is not running."""
        changes = await self._connection.fetchval(
            "update bot_experiments set ended_at = clock_timestamp() where workspace_id = $1 and id = $2 and ended_at is null"
            " returning changes",
            self._workspace_id,
            experiment_id,
        )
        return None if changes is None else msgspec.convert(changes, ArmChanges)
