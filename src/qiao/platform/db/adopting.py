"""Making a cluster that somebody else's PostgreSQL wrote the embedded one's: its superuser and its database are called `qiao`."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import asyncpg
from msgspec import Struct

from qiao.platform.db.folder_errors import DatabaseFolderError
from qiao.platform.db.launch import Server

_POLL_SECONDS = 0.02
_NOT_YET = (OSError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError)
_ROLE = """
do $$ begin
  if not exists (select from pg_roles where rolname = 'qiao') then create role qiao; end if;
  alter role qiao superuser login;
end $$
"""


class Former(Struct, frozen=True):
    """What its superuser and its database were called."""

    superuser: str
    database: str


async def adopt(server: Server, run_folder: Path, former: Former, explain: Callable[[], DatabaseFolderError]) -> None:
    """Waits until the server answers. Safe to repeat. Raises what `explain` says if the server ends."""
    while server.process.poll() is None:
        try:
            connection = await asyncpg.connect(host=str(run_folder), port=5432, user=former.superuser, database="template1")
        except _NOT_YET:
            await asyncio.sleep(_POLL_SECONDS)
            continue
        try:
            await _rename(connection, former)
        finally:
            await connection.close()
        return
    raise explain()


async def _rename(connection: asyncpg.Connection, former: Former) -> None:
    await connection.execute(_ROLE)
    there = await connection.fetchval("select true from pg_database where datname = 'qiao'")
    if not there and former.database != "qiao":
        quoted = '"' + former.database.replace('"', '""') + '"'
        await connection.execute(f"alter database {quoted} rename to qiao")
