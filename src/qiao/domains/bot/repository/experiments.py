"""Experiments: what is tried on which share of the conversations, from when until when, and how it ended."""

from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from qiao.domains.bot.learning.errors import ExperimentRunning
from qiao.domains.bot.learning.experiment_contracts import ArmChanges, Ending, NewExperiment, Subject
from qiao.kit.ids import new_id
from qiao.platform.db.database import Scope

_COLUMNS = "id, name, changes, subject, share, started_at, started_by, ended_at, ended_by, ending"


class ExperimentRows:
    """Queries scoped to the workspace of `scope`."""

    def __init__(self, scope: Scope) -> None:
        self._connection = scope.connection
        self._workspace_id = scope.workspace_id

    async def latest(self, limit: int) -> list[Any]:
        """Experiments as they are kept, newest first."""
        return await self._connection.fetch(
            f"select {_COLUMNS} from bot_experiments where workspace_id = $1 order by started_at desc, id desc limit $2",
            self._workspace_id,
            limit,
        )

    async def running(self, *, lock: bool = False) -> Any:
        """The experiment that runs, or None; locked until the transaction ends when it is to be decided."""
        return await self._connection.fetchrow(
            f"select {_COLUMNS} from bot_experiments where workspace_id = $1 and ended_at is null"
            + (" for update" if lock else ""),
            self._workspace_id,
        )

    async def begin(self, new: NewExperiment, subject: Subject | None, by: UUID | None) -> UUID:
        """Begin an experiment. Raises ExperimentRunning."""
        experiment_id = new_id()
        try:
            async with self._connection.transaction():
                await self._connection.execute(
                    "insert into bot_experiments (workspace_id, id, name, changes, subject, share, started_at, started_by)"
                    " values ($1, $2, $3, $4, $5, $6, clock_timestamp(), $7)",
                    self._workspace_id,
                    experiment_id,
                    new.name,
                    msgspec.to_builtins(new.changes),
                    msgspec.to_builtins(subject),
                    new.share,
                    by,
                )
        except asyncpg.UniqueViolationError:
            raise ExperimentRunning("an experiment is running already") from None
        return experiment_id

    async def end(self, experiment_id: UUID, ending: Ending, by: UUID | None) -> ArmChanges | None:
        """End a running experiment: what it tried; None when it is not running."""
        changes = await self._connection.fetchval(
            "update bot_experiments set ended_at = clock_timestamp(), ending = $3, ended_by = $4"
            " where workspace_id = $1 and id = $2 and ended_at is null returning changes",
            self._workspace_id,
            experiment_id,
            ending,
            by,
        )
        return None if changes is None else msgspec.convert(changes, ArmChanges)

    async def end_about(self, subject_id: UUID, ending: Ending, by: UUID | None) -> None:
        """End the running experiment when it is about this entry or flow. Safe to repeat."""
        await self._connection.execute(
            "update bot_experiments set ended_at = clock_timestamp(), ending = $3, ended_by = $4"
            " where workspace_id = $1 and ended_at is null and subject ->> 'id' = $2",
            self._workspace_id,
            str(subject_id),
            ending,
            by,
        )
