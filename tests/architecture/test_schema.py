"""The schema: shardable by construction, and exactly what the migrations make."""

from typing import Any

import asyncpg
import pytest

from qiao.app.tables import metadata

GLOBAL_TABLES = {"workspaces", "attempts", "seal_keys", "schema_steps", "schema_nodes"}
TENANT_TABLES = [table for table in metadata.sorted_tables if table.name not in GLOBAL_TABLES]


@pytest.mark.parametrize("table", TENANT_TABLES, ids=lambda table: table.name)
def test_every_key_begins_with_the_workspace(table: Any) -> None:
    keys = [list(table.primary_key.columns)]
    keys += [list(index.columns) for index in table.indexes if index.unique]
    keys += [list(constraint.columns) for constraint in table.foreign_key_constraints]
    assert (
        {key[0].name for key in keys} <= {"workspace_id", "id"}
        if table.name == "workspaces"
        else {key[0].name for key in keys} == {"workspace_id"}
    )


@pytest.mark.database
async def test_the_migrations_make_what_the_tables_say(postgres_dsn: str) -> None:
    connection = await asyncpg.connect(postgres_dsn)
    rows = await connection.fetch(
        "select table_name, column_name, is_nullable from information_schema.columns where table_schema = 'public'"
        " and table_name not like 'pgqueuer%' and table_name <> 'alembic_version'"
    )
    await connection.close()
    made = {(row["table_name"], row["column_name"], row["is_nullable"] == "YES") for row in rows}
    said = {(table.name, column.name, bool(column.nullable)) for table in metadata.sorted_tables for column in table.columns}
    assert made == said


@pytest.mark.database
async def test_the_migrations_make_every_index(postgres_dsn: str) -> None:
    connection = await asyncpg.connect(postgres_dsn)
    rows = await connection.fetch("select indexname from pg_indexes where schemaname = 'public'")
    await connection.close()
    made = {row["indexname"] for row in rows}
    assert {index.name for table in metadata.sorted_tables for index in table.indexes} <= made
