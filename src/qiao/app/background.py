"""What nobody waits for at the door: search, figures, notifications, imports, meanings. In a process of its own beside the server.

A burst of that work in the server's process would stand in front of its sockets. Both processes read the same log with their own
cursors; if the worker dies, what it had not finished is done by the next one.
"""

import asyncio
import contextlib
import os
import signal
import sys

import msgspec
import structlog

from qiao.app.hints import Hints
from qiao.app.house import House
from qiao.app.roles import check_node
from qiao.app.session_ends import SessionEnds
from qiao.app.wiring import Running, background_subscribers
from qiao.kit.errors import QiaoError
from qiao.kit.memory import settle
from qiao.platform.db.database import Database
from qiao.platform.db.migrate import migrate
from qiao.platform.log.runner import SubscriberRunner
from qiao.platform.settings import Settings, as_environment

NICENESS = 5
"""Below the server and its database when there is more to do than the machine can."""
STOP_SECONDS = 8.0
REST_SECONDS = 10.0
"""Not asked for so long, the worker gives the model of meaning back: between two publications it would only hold memory."""
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0

_log = structlog.get_logger("qiao.background")


class DatabaseNotNamed(QiaoError):
    """A worker of its own needs the database that the servers use."""

    code = "worker.database_not_named"


class Worker:
    """The background work in this process."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._runner = SubscriberRunner(house.database, background_subscribers(house))
        self._hints = Hints(house, self._runner.wake)
        self._ends = SessionEnds(house)
        self._resting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to follow the log and to do jobs."""
        await self._house.ring.start()
        await self._house.bus.start()
        await self._hints.start()
        await self._runner.start()
        await self._house.jobs.start(background=True)
        await self._house.reception.start()
        await self._house.webhooks.start()
        self._resting = asyncio.create_task(self._rest(), name="rest")

    async def stop(self) -> None:
        """Finish what is under way for a few seconds; what is cut is done by whoever comes next."""
        if self._resting is not None:
            self._resting.cancel()
        await self._house.webhooks.stop()
        await self._house.reception.stop()
        await self._house.jobs.stop()
        await self._runner.stop()
        await self._hints.stop()
        self._house.bot.close()
        await self._house.bus.stop()
        await self._house.ring.stop()

    async def _rest(self) -> None:
        while True:
            await asyncio.sleep(REST_SECONDS / 2)
            self._house.bot.rest(REST_SECONDS)


class WorkerBeside:
    """A worker in a process that lives and ends with this one; started again when it dies."""

    def __init__(self, settings: Settings, dsn: str) -> None:
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("QIAO_")}
        self._environment |= as_environment(settings) | {"QIAO_DATABASE_URL": dsn}
        self._task: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it; returns at once."""
        self._task = asyncio.create_task(self._keep(), name="background")

    async def stop(self) -> None:
        """Let it finish for a few seconds, then end it."""
        process, self._process = self._process, None
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if process is None or process.returncode is not None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _keep(self) -> None:
        pause = FIRST_PAUSE
        while True:
            began = asyncio.get_running_loop().time()
            try:
                process = self._process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "qiao.app", "worker", "--beside", stdin=asyncio.subprocess.PIPE, env=self._environment
                )
                _log.warning("the worker ended, starting another", status=await process.wait())
            except OSError as error:
                _log.warning("no worker could be started", error=str(error))
            lived = asyncio.get_running_loop().time() - began
            pause = FIRST_PAUSE if lived > LONGEST_PAUSE else min(pause * 2, LONGEST_PAUSE)
            await asyncio.sleep(pause)


async def work(settings: Settings, *, beside: bool) -> None:
    """`qiao worker`: the work of a node of role worker without a door, until SIGINT or SIGTERM; or, `beside` a server until that lets
    go of our input, the part of it that may come a moment later.
    """
    if not settings.database_url:
        raise DatabaseNotNamed("qiao worker needs QIAO_DATABASE_URL; qiao serve alone brings its own database and worker")
    if beside:
        os.nice(NICENESS)
    else:
        settings = msgspec.structs.replace(settings, role="worker")
        check_node(settings)
        await migrate(settings.database_url)
    database = await Database.connect(settings.database_url)
    try:
        house = House(settings, database, settings.database_url)
        worker = Worker(house) if beside else Running(house)
        await worker.start()
        settle()
        _log.info("worker ready")
        await _until_stopped(beside=beside)
        await worker.stop()
    finally:
        await database.close()


async def _until_stopped(*, beside: bool) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    if not beside:
        await stopped.wait()
        return
    reader = asyncio.StreamReader()
    pipe, _protocol = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    with contextlib.closing(pipe):
        waiting = {asyncio.create_task(reader.read()), asyncio.create_task(stopped.wait())}
        _done, left = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in left:
            task.cancel()
