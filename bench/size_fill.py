"""Fills a data folder with a desk of the wanted size while no server runs on it: `python -m bench.size_fill FOLDER MESSAGES WORKSPACES`.

People, inboxes and sessions come through the product's doors; conversations, their contacts, words, figures and facts by COPY in one
transaction, with the indexes made afterwards. The same seed gives the same desk as of the same day.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import msgspec
from msgspec import Struct

from bench.drive import desk_running, until_quiet
from bench.prepare import hire, open_inbox
from bench.size_rows import TABLES, Filled, Place, Rows
from bench.size_words import shares
from qiao.domains.people.contracts import Role
from qiao.domains.workspaces.api import Workspaces
from qiao.platform.db.database import Database
from qiao.platform.db.embedded import start_embedded
from qiao.platform.db.migrate import migrate

SEED = 2026
AGENTS = 20
A_TALK = 3
"""Messages in a conversation, on average."""
_LOADING = "wal_level = minimal\nmax_wal_senders = 0\nsummarize_wal = off\nmax_wal_size = 8GB\nautovacuum = off\n"
_PLAIN = """
select indexname, indexdef from pg_indexes i join pg_class c on c.relname = i.indexname
join pg_index x on x.indexrelid = c.oid where i.schemaname = 'public' and i.tablename = any($1) and not x.indisprimary
"""


class Stocked(Struct, frozen=True, kw_only=True):
    """A filled folder: the sessions of the agents and the owner of the largest workspace, and what there is."""

    agents: list[str]
    owner: str
    conversations: int
    messages: int
    seconds: float
    largest: str


async def people(folder: Path, workspaces: int) -> tuple[list[str], str]:
    """The workspaces with their people and inboxes; the sessions of the first one's agents and owner."""
    server = await start_embedded(folder / "postgres")
    try:
        await migrate(server.dsn)
        database = await Database.connect(server.dsn)
        agents: list[str] = []
        owner = ""
        for number in range(workspaces):
            made = (await Workspaces(database).create(f"size-{number}", {"zh": "茶器", "en": "Teaware"})).id
            await open_inbox(database, made)
            await open_inbox(database, made)
            for nth in range(AGENTS if number == 0 else 2):
                token, _ = await hire(database, made, f"agent-{nth}@size-{number}.example", Role.SUPERVISOR)
                if number == 0:
                    agents.append(token)
            if number == 0:
                owner, _ = await hire(database, made, "owner@size-0.example", Role.OWNER)
        await database.close()
    finally:
        await server.stop()
    return agents, owner


def followed(folder: Path) -> None:
    """Let the product see its own beginnings, so that each of its subscribers has a cursor."""
    with desk_running(folder) as started:
        until_quiet(started.pid)


async def fill(folder: Path, messages: int, workspaces: int) -> tuple[list[Filled], float]:
    """Write and load everything; what each workspace has, and the seconds it took."""
    started = time.perf_counter()
    (folder / "postgres").mkdir(exist_ok=True)
    (folder / "postgres" / "local.conf").write_text(_LOADING, encoding="utf-8")
    server = await start_embedded(folder / "postgres")
    try:
        connection = await asyncpg.connect(server.dsn, command_timeout=None)
        filled = await load(connection, folder, messages, workspaces)
        await connection.execute("vacuum analyze", timeout=3_600)
        await connection.close()
    finally:
        await server.stop()
        (folder / "postgres" / "local.conf").unlink()
        for table in TABLES:
            (folder / f"{table}.copy").unlink(missing_ok=True)
    return filled, time.perf_counter() - started


async def load(connection: asyncpg.Connection, folder: Path, messages: int, workspaces: int) -> list[Filled]:
    await connection.execute("set statement_timeout = 0; set idle_in_transaction_session_timeout = 0")
    places = await _places(connection, workspaces)
    rows = Rows(folder, SEED, datetime.now(UTC))
    wanted = [max(3, round(messages / A_TALK * share)) for share in shares(len(places))]
    filled = await asyncio.to_thread(lambda: [rows.fill(place, count) for place, count in zip(places, wanted, strict=True)])
    rows.close()
    tables = list(TABLES)
    async with connection.transaction():
        await connection.execute(
            "set local session_replication_role = replica; set local maintenance_work_mem = '1GB';"
            " create temp table told on commit drop as select * from log_events"
        )
        indexes = await connection.fetch(_PLAIN, tables)
        for index in indexes:
            await connection.execute(f"drop index {index['indexname']}")
        # What is copied into a table that is emptied in the same transaction needs no write-ahead log.
        await connection.execute(f"truncate {', '.join(tables)} cascade; insert into log_events select * from told")
        for table, columns in TABLES.items():
            await connection.copy_to_table(table, source=folder / f"{table}.copy", columns=columns.split(", "), timeout=3_600)
        for index in indexes:
            await connection.execute(index["indexdef"], timeout=3_600)
        await _advance(connection, filled)
    return filled


async def _places(connection: asyncpg.Connection, workspaces: int) -> list[Place]:
    rows = await connection.fetch("select id from workspaces order by id limit $1", workspaces)
    places: list[Place] = []
    for row in rows:
        one = row["id"]
        inboxes = await connection.fetch("select id from inboxes where workspace_id = $1 order by id", one)
        agents = await connection.fetch(
            "select id, name from people where workspace_id = $1 and role <> 'owner' order by id", one
        )
        position = await connection.fetchval("select position from log_heads where workspace_id = $1", one)
        places.append(
            Place(
                workspace_id=one,
                inbox_ids=[inbox["id"] for inbox in inboxes],
                agents=[(agent["id"], agent["name"]) for agent in agents],
                position=int(position or 0),
            )
        )
    return places


async def _advance(connection: asyncpg.Connection, filled: Sequence[Filled]) -> None:
    ids = [one.workspace_id for one in filled]
    for table, column, values in (
        ("log_heads", "position", [one.position for one in filled]),
        ("log_cursors", "position", [one.position for one in filled]),
        ("conversation_counters", "last_number", [one.conversations for one in filled]),
    ):
        await connection.execute(
            f"update {table} t set {column} = n.value from unnest($1::uuid[], $2::bigint[]) as n(id, value) where t.workspace_id = n.id",
            ids,
            values,
        )


def main() -> int:
    """Fill the folder named on the command line."""
    folder, messages, workspaces = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    agents, owner = asyncio.run(people(folder, workspaces))
    followed(folder)
    filled, seconds = asyncio.run(fill(folder, messages, workspaces))
    stocked = Stocked(
        agents=agents,
        owner=owner,
        conversations=sum(one.conversations for one in filled),
        messages=sum(one.messages for one in filled),
        seconds=round(seconds, 1),
        largest=str(filled[0].workspace_id),
    )
    (folder / "stocked.json").write_bytes(msgspec.json.encode(stocked))
    return 0


if __name__ == "__main__":
    sys.exit(main())
