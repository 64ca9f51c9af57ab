"""The walls in the database: in a scope of one company the SQL may forget the workspace, and still nothing of another is seen or
touched. For every table, from the schema: one that is added tomorrow is tried tomorrow.
"""

import contextlib
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import Column, Table

from qiao.app.tables import metadata
from qiao.domains.conversations.contracts import Author, AuthorKind, NewMessage
from qiao.domains.conversations.errors import ConversationNotFound
from qiao.domains.conversations.writer import MessageWriter
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.ids import new_id
from qiao.platform.db.database import Scope
from qiao.platform.db.walls import TENANT
from qiao.platform.jobs.jobs import Jobs

pytestmark = pytest.mark.database

TENANT_TABLES = [table for table in metadata.sorted_tables if "workspace_id" in table.columns]
_VALUES = {
    "UUID": "gen_random_uuid()",
    "DATETIME": "now()",
    "DATE": "now()",
    "BOOLEAN": "false",
    "TEXT": "'x'",
    "JSONB": "'{}'",
    "ARRAY": "'{}'",
    "TSVECTOR": "'x'",
    "LARGE_BINARY": "'x'",
}


def value_of(column: Column) -> str:
    """Something that fits into the column, as SQL."""
    return "$1" if column.name == "workspace_id" else _VALUES.get(column.type.__visit_name__.upper(), "1")


def insertion(table: Table) -> str:
    columns = [column for column in table.columns if not column.nullable and column.server_default is None]
    names = ", ".join(f'"{column.name}"' for column in columns)
    return f"insert into {table.name} ({names}) values ({', '.join(value_of(column) for column in columns)})"


async def rows_touched(scope: Scope, statement: str, workspace_id: UUID) -> str:
    """How many; none where the table's own trigger refuses every such statement."""
    with contextlib.suppress(asyncpg.RaiseError):
        async with scope.connection.transaction():
            return (await scope.connection.execute(statement, workspace_id)).split()[-1]
    return "0"


@pytest.fixture(scope="module")
async def workspace(database):
    """The company whose scopes are tried."""
    return await Workspaces(database).create("home", {"zh": "自家", "en": "Home"})


@pytest.fixture(scope="module")
async def other(database):
    """The company that they must not meet."""
    return await Workspaces(database).create("away", {"zh": "别家", "en": "Away"})


@pytest.mark.parametrize("table", TENANT_TABLES, ids=lambda table: table.name)
async def test_a_statement_that_forgets_the_workspace_meets_nothing_of_another(database, workspace, other, table):
    theirs, column = f"from {table.name} where workspace_id <> $1", list(table.columns)[-1].name
    async with database.across() as connection, connection.transaction():
        # As the tables' owner; what the row would have to point at need not be there.
        await connection.execute("set local session_replication_role = replica")
        await connection.execute(f"{insertion(table)} on conflict do nothing", other.id)
    async with database.scope(other.id) as scope:
        assert await scope.connection.fetchval(f"select count(*) from {table.name}") == 1
    async with database.scope(workspace.id) as scope:
        seen = await scope.connection.fetchval(f"select count(*) {theirs}", workspace.id)
        set_again = f'update {table.name} set "{column}" = "{column}" where workspace_id <> $1'
        touched = [await rows_touched(scope, sql, workspace.id) for sql in (set_again, f"delete {theirs}")]
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await scope.connection.execute(insertion(table), other.id)
    assert (seen, touched) == (0, ["0", "0"])
    async with database.across() as connection:
        assert await connection.fetchval(f"select count(*) {theirs}", workspace.id) == 1


async def test_a_row_is_not_carried_over_the_wall(database, workspace, other):
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with database.scope(workspace.id) as scope:
            await scope.connection.execute("update log_heads set workspace_id = $1", other.id)


async def test_other_companies_are_not_even_known_by_name(database, workspace, other):
    async with database.scope(workspace.id) as scope:
        rows = await scope.connection.fetch("select id from workspaces")
        renamed = await scope.connection.execute("update workspaces set slug = 'taken' where id = $1", other.id)
    assert ([row["id"] for row in rows], renamed) == ([workspace.id], "UPDATE 0")


async def test_a_scope_puts_work_into_the_queue_and_reads_nobodys(database, workspace):
    async with database.scope(workspace.id) as scope:
        await Jobs(database).enqueue(scope, "tests.work", {"canary": 1}, once="it")
        await Jobs(database).enqueue(scope, "tests.work", {"canary": 1}, once="it")
    async with database.across() as connection:
        assert await connection.fetchval("select count(*) from pgqueuer where entrypoint = 'tests.work'") == 1
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.scope(workspace.id) as scope:
            await scope.connection.fetch("select payload from pgqueuer")


async def test_the_writers_own_statement_keeps_to_its_company(database, workspace):
    """The one statement of the owner's role: somebody else's conversation is none, and nothing there is numbered."""
    other = await Workspaces(database).create("third", {"zh": "又一家", "en": "Third"})
    conversation_id = new_id()
    async with database.across() as connection, connection.transaction():
        await connection.execute("set local session_replication_role = replica")
        await connection.execute(
            "insert into conversations (workspace_id, id, number, inbox_id, contact_id, status) values ($1, $2, 1, $2, $2, 'open')",
            other.id,
            conversation_id,
        )
    item = NewMessage(
        conversation_id=conversation_id, author=Author(AuthorKind.CONTACT, new_id(), "x"), text="canary", client_id="1"
    )
    writer = MessageWriter(database)
    with pytest.raises(ConversationNotFound):
        await writer.post(workspace.id, item)
    await writer.stop()
    async with database.across() as connection:
        rows = await connection.fetch(
            "select (select count(*) from messages m where m.workspace_id = c.workspace_id) as messages, last_seq, h.position"
            " from conversations c join log_heads h using (workspace_id) where c.id = $1",
            conversation_id,
        )
    assert [tuple(row) for row in rows] == [(0, 0, 0)]


async def test_every_tenant_table_has_its_wall_and_the_role_passes_by_none(database):
    async with database.across() as connection:
        walled = await connection.fetch(
            "select c.relname from pg_class c join pg_policy p on p.polrelid = c.oid"
            f" where c.relrowsecurity and p.polname = 'wall' and p.polroles = array[to_regrole('{TENANT}')::oid]"
            " and p.polqual is not null and p.polcmd = '*'"
        )
        role = await connection.fetchrow("select rolsuper, rolbypassrls, rolcanlogin from pg_roles where rolname = $1", TENANT)
        reached = await connection.fetch(
            f"select relname from pg_class where relkind in ('r', 'p') and has_table_privilege('{TENANT}', oid, 'select')"
            " and relnamespace = current_schema()::regnamespace and not relrowsecurity"
        )
    assert {row["relname"] for row in walled} == {table.name for table in TENANT_TABLES} | {"workspaces"}
    assert tuple(role) == (False, False, False)
    assert [row["relname"] for row in reached] == []
