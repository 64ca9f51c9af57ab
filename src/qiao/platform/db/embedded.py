"""The embedded PostgreSQL: a server of Qiao's own, on a folder, without set-up and without a network.

`start_embedded(folder)` makes the database when the folder is new, starts it, proves by SQL that confirmed writes are safe,
and hands out an address. The server listens on a socket in a private folder only. It lives in a session of its own, is
stopped by `stop()`, and on Linux also by the death of the thread that started it: start it from the main thread.

A killed Qiao costs nothing that was committed: the next start on the folder stops what is left over and recovers.
One live Qiao a folder; the second is refused. Works on Linux and macOS; elsewhere set QIAO_DATABASE_URL.
"""

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import asyncpg

from qiao.platform.db.adopting import Former, adopt
from qiao.platform.db.cluster import check_cluster, create_cluster, sweep_strays, write_settings
from qiao.platform.db.durable import unsafe_settings
from qiao.platform.db.engine import find_engine
from qiao.platform.db.folder_errors import UnsafeSettings
from qiao.platform.db.launch import Server, connect_when_ready, launch, make_run_folder, why_not
from qiao.platform.db.leftovers import remove_run_folder, stop_leftover_server
from qiao.platform.db.placement import FolderLock, Place, find_place, open_folder


@dataclass(frozen=True)
class EmbeddedPostgres:
    """A running server. `dsn` is for asyncpg; the role `qiao` owns everything and is a superuser."""

    dsn: str
    pid: int
    data_dir: Path
    # PostgreSQL's own data directory; elsewhere than in `data_dir` when root asked for a folder that the server cannot enter.
    cluster_dir: Path
    _server: Server = field(repr=False, compare=False)

    async def stop(self) -> None:
        """Stops the server cleanly and waits for it. Open transactions are rolled back. Harmless when repeated."""
        await self._server.stop()


@dataclass(frozen=True)
class _Prepared:
    place: Place
    programs: Path
    run_folder: Path


async def start_embedded(data_dir: Path, *, former: Former | None = None) -> EmbeddedPostgres:
    """Starts the database of `data_dir`, which may be new, and returns when it answers. `former`: it was somebody else's until now.

    Raises `DatabaseFolderError`, whose subclasses and codes say what is wrong with the folder. Nothing is left running and
    nothing half made after an error or a cancellation; a retry is safe.
    """
    with ExitStack() as held:
        prepared = await _undisturbed(data_dir, held)
        server = launch(prepared.place, prepared.programs)
        try:
            if former is not None:
                await adopt(server, prepared.run_folder, former, lambda: why_not(prepared.place, server))
            connection = await connect_when_ready(server, prepared.run_folder, lambda: why_not(prepared.place, server))
            try:
                await _refuse_unsafe(connection, prepared.place)
            finally:
                await connection.close()
        except BaseException:
            await asyncio.shield(server.stop())
            raise
        server.keep(held.pop_all())
    return EmbeddedPostgres(
        dsn=f"postgresql://qiao@/qiao?host={quote(str(prepared.run_folder))}&port=5432",
        pid=server.process.pid,
        data_dir=prepared.place.asked,
        cluster_dir=prepared.place.cluster,
        _server=server,
    )


async def _undisturbed(data_dir: Path, held: ExitStack) -> _Prepared:
    """Prepares in a thread, and on cancellation waits for it to end before the folder is given free."""
    work = asyncio.ensure_future(asyncio.to_thread(_prepare, data_dir, held))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise


def _prepare(data_dir: Path, held: ExitStack) -> _Prepared:
    asked = open_folder(data_dir)
    lock = FolderLock.take(asked)
    held.callback(lock.release)
    place = find_place(asked)
    if place.home != asked:
        held.callback(FolderLock.take(place.home).release)
    programs = find_engine(place.account)
    sweep_strays(place)
    if place.cluster.exists():
        check_cluster(place)
        stop_leftover_server(place.cluster)
    else:
        create_cluster(place, programs)
    remove_run_folder(lock.previous_run_folder())
    run_folder = make_run_folder(place)
    held.callback(remove_run_folder, run_folder)
    lock.note(run_folder)
    write_settings(place, run_folder)
    return _Prepared(place, programs, run_folder)


async def _refuse_unsafe(connection: asyncpg.Connection, place: Place) -> None:
    unsafe = await unsafe_settings(connection)
    if unsafe:
        listed = ", ".join(f"{name} = {value}" for name, value in unsafe.items())
        raise UnsafeSettings(
            f"The database in {place.asked} is set up so that confirmed messages could be lost ({listed}). Take these settings "
            f"out of {place.home / 'local.conf'} and {place.cluster / 'postgresql.auto.conf'}; each must be on.",
            path=str(place.asked),
            settings=unsafe,
        )
