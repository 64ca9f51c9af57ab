"""Where reports and search read: from a replica that is close behind when there is one, else from the primary.

How far behind is measured without comparing clocks: the primary is asked each second where its log of changes ends, and what the replica
has applied of it says as of which second the replica speaks.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import structlog
from prometheus_client import Gauge

from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import Database, Scope

LOOK_SECONDS = 1.0
MAX_BEHIND_SECONDS = 5.0
"""Staler than this a report would surprise whoever just did what it counts."""
_MAX_MARKS = 600

BEHIND = Gauge("qiao_replica_behind_seconds", "How far the replica is behind the primary; -1 while that is not known")

_END = "select pg_current_wal_insert_lsn() - '0/0'::pg_lsn"
_APPLIED = (
    "select case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_insert_lsn() end - '0/0'::pg_lsn"
)

_log = structlog.get_logger("qiao.replica")


class Reading:
    """`scope` as of Database, for what only reads and may be some seconds old."""

    def __init__(self, primary: Database, url: str = "") -> None:
        self._primary = primary
        self._url = url
        self._replica: Database | None = None
        self._marks: deque[tuple[float, int]] = deque(maxlen=_MAX_MARKS)
        self._fresh_at: float | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to follow the replica; at once without one. A replica that is away is tried for as long as we run."""
        if self._url:
            self._task = asyncio.create_task(self._follow(), name="replica")

    async def stop(self) -> None:
        """Let go of it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def behind(self) -> float | None:
        """Seconds that the replica is behind at most; None without one, and while nothing is known of it."""
        if self._replica is None or self._fresh_at is None:
            return None
        return asyncio.get_running_loop().time() - self._fresh_at

    @asynccontextmanager
    async def scope(self, workspace_id: WorkspaceId) -> AsyncGenerator[Scope]:
        """A transaction that only reads, of one workspace: on the replica while that is at most five seconds behind."""
        behind = self.behind
        near = self._replica if behind is not None and behind <= MAX_BEHIND_SECONDS else None
        async with (near or self._primary).scope(workspace_id) as scope:
            yield scope

    async def _follow(self) -> None:
        while True:
            try:
                replica = await Database.connect(self._url, size=6)
                try:
                    while True:
                        await self._look(replica)
                        self._replica = replica
                        await asyncio.sleep(LOOK_SECONDS)
                finally:
                    self._replica = self._fresh_at = None
                    BEHIND.set(-1)
                    await replica.close()
            except Exception as error:  # noqa: BLE001 - reports outlive a replica that is away
                # Not its text: what is said of an address may hold its password.
                _log.warning("no replica, reading from the primary", error=type(error).__name__)
                await asyncio.sleep(LOOK_SECONDS * 2)

    async def _look(self, replica: Database) -> None:
        now = asyncio.get_running_loop().time()
        async with self._primary.across() as connection:
            self._marks.append((now, int(await connection.fetchval(_END, timeout=2) or 0)))
        async with replica.across() as connection:
            applied = int(await connection.fetchval(_APPLIED, timeout=2) or 0)
        while self._marks and self._marks[0][1] <= applied:
            self._fresh_at = self._marks.popleft()[0]
        BEHIND.set(-1 if self._fresh_at is None else now - self._fresh_at)
