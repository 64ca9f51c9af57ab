"""Durable jobs over pgqueuer, in our database and our transactions. A handler may run twice: it must be idempotent."""

import asyncio
import dataclasses
import functools
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, cast

import msgspec
import structlog
from msgspec import Struct
from pgqueuer import AsyncpgDriver, AsyncpgPoolDriver, DatabaseRetryEntrypointExecutor, Job, PgQueuer, Queries

from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import Connection, Database, Scope

Handler = Callable[[WorkspaceId, dict[str, Any]], Awaitable[None]]
MAX_ATTEMPTS = 6
WORKSPACE = "workspace"
"""The header of a job that names its workspace."""

_log = structlog.get_logger("qiao.jobs")
_DUE = """
select exists (select from pgqueuer where entrypoint = any($1)
  and (status = 'picked' or (status = 'queued' and execute_after <= now())))
"""
_PLACE = "select job_place($1)"
_FAILED = "select entrypoint, count(*) as count from pgqueuer where status = 'failed' group by 1 order by 1"
# Its key may be another's by now; to be done twice is no harm.
_FREED = """
update pgqueuer set dedupe_key = null where status = 'failed' and ($1::text is null or entrypoint = $1) returning id
"""


class Envelope(Struct, frozen=True):
    """What is stored of a job."""

    workspace_id: WorkspaceId
    arguments: dict[str, Any]
    until_begun: bool = False


class UntilBegun(Struct, frozen=True):
    """A key that counts while its job waits to be begun: whoever asks after that is followed by another job."""

    key: str


class Jobs:
    """Registers kinds of work, enqueues it and does it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._handlers: dict[str, tuple[Handler, int]] = {}
        self._background: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        self._runner: PgQueuer | None = None

    def register(self, name: str, handler: Handler, *, at_once: int = 4, background: bool = False) -> None:
        """Do jobs of this name with `handler`, at most `at_once` over all processes. Failures are retried, then held for a look.

        `background`: nobody waits for it at the door, so it is done where the background work runs.
        """
        self._handlers[name] = (handler, at_once)
        if background:
            self._background.add(name)

    async def enqueue(
        self,
        scope: Scope,
        name: str,
        arguments: dict[str, Any],
        *,
        after_seconds: float = 0,
        once: str | UntilBegun | None = None,
    ) -> None:
        """Have it done after this transaction commits. With `once`, not again while one of that key is waiting or running.

        Workspaces take turns: what one has waiting keeps its order and stands behind the first of each other one.
        """
        place = 0 if after_seconds else cast("int", await scope.connection.fetchval(_PLACE, name))
        queries = Queries(AsyncpgDriver(scope.connection))
        key, until_begun = (once.key, True) if isinstance(once, UntilBegun) else (once, False)
        payload = msgspec.json.encode(Envelope(scope.workspace_id, arguments, until_begun))
        delay = timedelta(seconds=after_seconds) if after_seconds else None
        await queries.enqueue(
            name,
            payload,
            priority=-place,
            execute_after=delay,
            dedupe_key=f"{scope.workspace_id}:{key}" if key else None,
            headers={WORKSPACE: str(scope.workspace_id)},
            on_conflict="skip",
        )

    async def retry_failed(self, name: str | None = None) -> int:
        """Have held jobs (`name`: of this name alone) done again, with as many tries as new ones; how many. Safe to repeat."""
        async with self._database.across() as connection, connection.transaction():
            ids = [row["id"] for row in await connection.fetch(_FREED, name)]
            await Queries(AsyncpgDriver(connection)).requeue_jobs(ids)
        return len(ids)

    async def start(self, *, background: bool | None) -> None:
        """Begin to do jobs, those of the background, the others, or (None) all; reconnects by itself."""
        logging.getLogger("pgqueuer").setLevel(logging.WARNING)
        names = [name for name in self._handlers if background in (None, name in self._background)]
        self._task = asyncio.create_task(self._run(names), name="jobs")

    async def stop(self) -> None:
        """Finish what is under way for a few seconds; what is cut is picked up again when its heartbeat is old."""
        if self._runner is not None:
            self._runner.shutdown.set()
        if self._task is not None:
            _done, pending = await asyncio.wait([self._task], timeout=5)
            for task in pending:
                task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def drain(self) -> None:
        """Do every job that is due, then return; what is for later, or waits to be tried again, stays. For tests and imports."""
        runner = self._make_runner(list(self._handlers))
        work = runner.run(dequeue_timeout=timedelta(seconds=0.05), batch_size=8, log_aggregation_interval=timedelta(0))
        running = asyncio.create_task(work)
        while not running.done() and await self._anything_due():
            await asyncio.wait([running], timeout=0.02)
        runner.shutdown.set()
        await running

    async def _anything_due(self) -> bool:
        async with self._database.across() as connection:
            return bool(await connection.fetchval(_DUE, list(self._handlers)))

    async def _run(self, names: Sequence[str]) -> None:
        while True:
            runner = self._runner = self._make_runner(names)
            try:
                await runner.run(dequeue_timeout=timedelta(seconds=5), batch_size=8, log_aggregation_interval=timedelta(0))
            except Exception as error:  # noqa: BLE001 - the jobs outlive a database that is away
                _log.warning("jobs wait for the database", error=f"{type(error).__name__}: {error}")
                await asyncio.sleep(1)
            else:
                return

    def _make_runner(self, names: Sequence[str]) -> PgQueuer:
        runner = PgQueuer(AsyncpgPoolDriver(self._database.pool))
        for name in names:
            handler, at_once = self._handlers[name]
            self._entrypoint(runner, name, handler, at_once)
        return runner

    def _entrypoint(self, runner: PgQueuer, name: str, handler: Handler, at_once: int) -> None:
        async def work(job: Job) -> None:
            envelope = msgspec.json.decode(job.payload or b"", type=Envelope)
            try:
                if envelope.until_begun:
                    await self._free_key(job)
                await handler(envelope.workspace_id, envelope.arguments)
            except Exception as error:
                _log.warning(
                    "job failed", job=name, attempt=job.attempts, error=f"{type(error).__name__}: {error}", exc_info=error
                )
                raise

        executor = functools.partial(_retrying, max_attempts=MAX_ATTEMPTS)
        runner.entrypoint(name, concurrency_limit=at_once, on_failure="hold", executor_factory=executor)(work)

    async def _free_key(self, job: Job) -> None:
        async with self._database.across() as connection:
            await connection.execute("update pgqueuer set dedupe_key = null where id = $1", job.id)


async def failed_jobs(connection: Connection) -> dict[str, int]:
    """How many jobs are held because every try failed, by name."""
    return {row["entrypoint"]: row["count"] for row in await connection.fetch(_FAILED)}


def _retrying(parameters: Any, max_attempts: int) -> DatabaseRetryEntrypointExecutor:
    executor = DatabaseRetryEntrypointExecutor(parameters)
    return dataclasses.replace(executor, max_attempts=max_attempts)
