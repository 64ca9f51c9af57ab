"""`qiao serve`: a whole desk. Starts the parts in order, says where it is, drains on SIGTERM."""

import asyncio
import contextlib
import gc
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import Any

import structlog
import uvicorn

from qiao.app.asgi import Front, make_litestar
from qiao.app.background import WorkerBeside
from qiao.app.full_disk import with_room
from qiao.app.house import House
from qiao.app.later import import_later
from qiao.app.live_protocol import LiveProtocol
from qiao.app.patient_protocol import PatientProtocol
from qiao.app.roles import check_node, only_its_part
from qiao.app.secret import check_own_secret_key
from qiao.app.wiring import Running
from qiao.kit.errors import QiaoError, Unavailable
from qiao.kit.memory import settle
from qiao.platform.db.database import Database
from qiao.platform.db.durable import unsafe_settings
from qiao.platform.db.migrate import migrate
from qiao.platform.db.room import Room
from qiao.platform.settings import Settings

Prepare = Callable[[House], Awaitable[list[Any]]]
Around = Callable[[Any], Any]
"""Puts something in front of the application."""

SOCKET_SECONDS = 1.0
STOP_SECONDS = 20.0
"""A polite stop waits so long for sockets to take their last bytes. A phone that has gone never does; it catches up by number."""

_log = structlog.get_logger("qiao")


class AddressTaken(Unavailable):
    """Another program listens there, or this machine has no such address."""

    code = "server.address_taken"


@contextlib.asynccontextmanager
async def open_database(settings: Settings) -> AsyncGenerator[tuple[Database, str]]:
    """The database named by the settings, or the embedded one; migrated. Stops what it started."""
    server = None
    dsn = settings.database_url
    if not dsn:
        from qiao.platform.db.embedded import start_embedded  # noqa: PLC0415 - not importable where only a given database can serve

        server = await start_embedded(settings.data_path / "postgres")
        dsn = server.dsn
    try:
        await migrate(dsn)
        database = await Database.connect(dsn)
        try:
            if server is None:
                await _tell_unsafe(database)
            yield database, dsn
        finally:
            await database.close()
    finally:
        if server is not None:
            await server.stop()


@contextlib.asynccontextmanager
async def open_house(settings: Settings) -> AsyncGenerator[House]:
    """The house on its database. A new installation is given a secret key; raises SecretKeyMissing where one is in use and its key is
    not on this machine.
    """
    async with open_database(settings) as (database, dsn):
        await check_own_secret_key(settings, database)
        yield House(settings, database, dsn)


async def _tell_unsafe(database: Database) -> None:
    """A database that is not ours is its owner's business; that it may forget what it confirmed is told at every start."""
    async with database.across() as connection:
        unsafe = await unsafe_settings(connection)
    if unsafe:
        _log.warning("confirmed messages could be lost: these settings of PostgreSQL should be on", settings=unsafe)


async def serve(settings: Settings, prepare: Prepare | None = None, around: Around | None = None) -> None:
    """Run until SIGINT or SIGTERM. `prepare` may fill the house before it opens and add routes; `around` stands before everything."""
    check_node(settings)
    with bound(settings) as door:
        await _serve_at(door, settings, prepare, around)


async def _serve_at(door: socket.socket, settings: Settings, prepare: Prepare | None, around: Around | None) -> None:
    async with open_house(settings) as house:
        where = settings.background if settings.role == "all" else "elsewhere"
        running = Running(house, alone=where == "inside")
        beside = WorkerBeside(settings, house.dsn) if where == "beside" else None
        extra = await _prepared(prepare, house) if prepare else []
        front = only_its_part(Front(running, make_litestar(tuple(extra))), settings.role)
        if not settings.database_url:
            front = with_room(front, running.visitor_sockets.look_for(Room(settings.data_path)))
        server = _Server(_config(settings, around(front) if around else front))
        await running.start()
        settle()
        try:
            await server.run_until_stopped(house, door, beside)
        finally:
            await _stop(beside, running)


async def _stop(beside: WorkerBeside | None, running: Running) -> None:
    """Let everything finish what it has; but not for ever, since what a database that is gone does not take is tried again anyway."""
    try:
        async with asyncio.timeout(STOP_SECONDS):
            if beside is not None:
                await beside.stop()
            await running.stop()
    except TimeoutError:
        _log.warning("stopped without waiting any longer", seconds=STOP_SECONDS)


async def _prepared(prepare: Prepare, house: House) -> list[Any]:
    # Work, and not the start any more: it makes garbage.
    gc.enable()
    return await prepare(house)


@contextlib.contextmanager
def bound(settings: Settings) -> Generator[socket.socket]:
    """The address of the settings, taken before anything else starts. Raises AddressTaken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((settings.host, settings.port))
        except OSError as error:
            raise AddressTaken(
                f"cannot listen on {settings.host} port {settings.port} ({error.strerror}); end the other program or choose --port",
                host=settings.host,
                port=settings.port,
            ) from error
        yield door


def _config(settings: Settings, front: Any) -> uvicorn.Config:
    return uvicorn.Config(
        front,
        host=settings.host,
        port=settings.port,
        loop="none",
        http=PatientProtocol,
        ws=LiveProtocol,
        ws_max_size=256 * 1024,
        ws_per_message_deflate=False,
        ws_ping_interval=25.0,
        ws_ping_timeout=25.0,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=int(settings.drain_seconds),
        backlog=2048,
    )


class _Server(uvicorn.Server):
    """uvicorn without its signal handling: a stop first asks the sockets to come back elsewhere, then drains."""

    async def run_until_stopped(self, house: House, door: socket.socket, beside: WorkerBeside | None) -> None:
        loop = asyncio.get_running_loop()

        def stop() -> None:
            house.hub.close_all()
            self.should_exit = True

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
        task = asyncio.create_task(self._serve([door]))
        try:
            await self._until_started(task)
            if self.started:
                _log.info("ready", address=house.settings.origin)
                if beside is not None:
                    await beside.start()
                later = asyncio.create_task(import_later(), name="later")
                task.add_done_callback(lambda _: later.cancel())
            await task
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answers under way get the whole time to drain; sockets whose other end takes nothing any more get a moment."""
        cutting = asyncio.get_running_loop().call_later(SOCKET_SECONDS, self._cut_sockets)
        try:
            await super().shutdown(sockets)
        finally:
            cutting.cancel()

    def _cut_sockets(self) -> None:
        for connection in list(self.server_state.connections):
            if isinstance(connection, LiveProtocol):
                connection.transport.abort()

    async def _until_started(self, task: asyncio.Task[None]) -> None:
        # uvicorn tells its start by a flag alone.
        while not self.started and not task.done():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def run(main: Callable[[], Awaitable[None]]) -> int:
    """Run a coroutine on uvloop. Expected failures are told in one sentence with a code; the exit status is 1."""
    import uvloop  # noqa: PLC0415 - the tests run on the standard loop

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_call(main))
    except QiaoError as error:
        print(f"qiao: {error.message}  [{error.code}]", file=sys.stderr)  # noqa: T201 - the terminal is where this is read
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


async def _call(main: Callable[[], Awaitable[None]]) -> None:
    await main()
