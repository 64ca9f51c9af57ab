"""Follows the logs of the workspaces that have sockets in this process and hands every fact, in order and without gaps, to projectors.

The tail reads by number, so a lost hint costs at most a sweep and never a fact.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import UUID

import asyncpg
import structlog

from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import LOST, Database
from qiao.platform.log.facts import Entry
from qiao.platform.log.read import head, timeline
from qiao.platform.log.recent import READ, Recent

SWEEP_SECONDS = 2.0
OFTEN_SECONDS = 0.5
GATHER_SECONDS = 0.002

_log = structlog.get_logger("qiao.live")


class Projector(Protocol):
    """Turns facts into frames and pushes them. Must not wait."""

    def __call__(self, workspace_id: WorkspaceId, entries: Sequence[Entry]) -> None: ...


class Tail:
    """One a process. `follow` a workspace before reading its snapshot, and no fact falls between."""

    def __init__(self, database: Database, projectors: Sequence[Projector], recent: Recent | None = None) -> None:
        self._database = database
        self._recent = recent or Recent()
        self._projectors = projectors
        self._positions: dict[UUID, int] = {}
        self._followers: dict[UUID, int] = {}
        self._dirty: set[UUID] = set()
        self._wake = asyncio.Event()
        self._every = SWEEP_SECONDS
        self._turn = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._timeline = ""
        self._replaced: list[Callable[[], None]] = []

    def on_replaced(self, listener: Callable[[], None]) -> None:
        """Be told that another history took the place of the one that was followed: what was handed on may not be true any more."""
        self._replaced.append(listener)

    async def start(self) -> None:
        """Begin to follow."""
        self._database.on_commit(self.wake)
        self._tasks = [asyncio.create_task(self._run(), name="tail"), asyncio.create_task(self._sweep(), name="tail-sweep")]

    async def stop(self) -> None:
        """Stop following."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def wake(self, workspace_id: WorkspaceId, _names: frozenset[str] = frozenset()) -> None:
        """The log of a workspace has grown."""
        if workspace_id in self._positions:
            self._dirty.add(workspace_id)
            self._wake.set()

    async def follow(self, workspace_id: WorkspaceId) -> int:
        """Count a socket in; returns the position from which projectors will be handed facts. Counts nobody in when it raises."""
        self._followers[workspace_id] = self._followers.get(workspace_id, 0) + 1
        try:
            if workspace_id not in self._positions:
                async with self._database.across() as connection:
                    _epoch, position = await head(connection, workspace_id)
                self._positions.setdefault(workspace_id, position)
        except BaseException:
            self.unfollow(workspace_id)
            raise
        return self._positions[workspace_id]

    def unfollow(self, workspace_id: WorkspaceId) -> None:
        """Count a socket out; the last one ends the reading of this workspace."""
        left = self._followers.get(workspace_id, 0) - 1
        if left > 0:
            self._followers[workspace_id] = left
        else:
            self._followers.pop(workspace_id, None)
            self._positions.pop(workspace_id, None)

    def position(self, workspace_id: WorkspaceId) -> int:
        """The last position handed to projectors; 0 when the workspace is not followed."""
        return self._positions.get(workspace_id, 0)

    def look_often(self, often: bool) -> None:
        """Hints do not travel (or do again): look every half second instead of every two; and once now, either way."""
        self._every = OFTEN_SECONDS if often else SWEEP_SECONDS
        self._turn.set()

    async def _sweep(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._every):
                    await self._turn.wait()
            self._turn.clear()
            with contextlib.suppress(*LOST, asyncpg.PostgresError):
                await self._look_at_history()
            self._dirty.update(self._positions)
            self._wake.set()

    async def _look_at_history(self) -> None:
        """A standby that took over may lack facts that were read here, and gives their numbers to others."""
        async with self._database.across() as connection:
            before, self._timeline = self._timeline, await timeline(connection)
            if before in ("", self._timeline):
                return
            _log.warning("another history: everybody loads anew", before=before, now=self._timeline)
            self._recent.clear()
            for workspace_id in list(self._positions):
                self._positions[workspace_id] = (await head(connection, WorkspaceId(workspace_id)))[1]
        for listener in self._replaced:
            listener()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            dirty, self._dirty = self._dirty, set()
            for workspace_id in dirty:
                try:
                    await self._read(WorkspaceId(workspace_id))
                except Exception as error:  # noqa: BLE001 - the tail outlives a database that is away; the sweep reads again
                    _log.warning("tail waits", error=str(error))
                    await asyncio.sleep(0.2)
            await asyncio.sleep(GATHER_SECONDS)

    async def _read(self, workspace_id: WorkspaceId) -> None:
        """One piece: a workspace with much to tell takes its turn again after the others."""
        if workspace_id not in self._positions:
            return
        after = self._positions[workspace_id]
        async with self._database.across() as connection:
            entries = await self._recent.after(connection, workspace_id, after)
        if not entries or workspace_id not in self._positions:
            return
        self._positions[workspace_id] = entries[-1].position
        for projector in self._projectors:
            _project(projector, workspace_id, entries)
        if len(entries) == READ:
            self.wake(workspace_id)


def _project(
    projector: Callable[[WorkspaceId, Sequence[Entry]], None], workspace_id: WorkspaceId, entries: Sequence[Entry]
) -> None:
    try:
        projector(workspace_id, entries)
    except Exception:  # noqa: BLE001 - one listener's fault is not another's
        _log.exception("projector failed", first=entries[0].position, last=entries[-1].position)
