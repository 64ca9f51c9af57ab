"""Identity keys from the program that kept them as they are to the one that seals them: both run meanwhile, none is lost (0007)."""

from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from qiao.app.migrate_command import OlderProgramsRun, migrate_now
from qiao.app.sealed import SEALED, fillers
from qiao.app.secret import SecretKeyMissing
from qiao.domains.inboxes.api import IdentityKeys, Inboxes
from qiao.kit.ids import InboxId
from qiao.platform.auth.resealing import count_broken
from qiao.platform.auth.seal_ring import SealRing
from qiao.platform.auth.sealing import Seals
from qiao.platform.db import finishing, migrate, revisions
from qiao.platform.db.database import TRANSIENT, Database
from qiao.platform.db.finishing import Went, finish_a_little
from qiao.platform.db.nodes import Node, arrive
from qiao.platform.db.revisions import chain
from qiao.platform.settings import read_settings

pytestmark = [pytest.mark.database, pytest.mark.fault("F-U1", "F-U5")]

SECRET = "the secret key of this installation"
# What the program before says to the database.
ADDED_BEFORE = "insert into identity_keys (workspace_id, id, inbox_id, secret) values ($1, $2, $3, $4) returning *"
READ_BEFORE = "select secret from identity_keys where workspace_id = $1 and inbox_id = $2 and retired_at is null"
COLUMNS = """
select array_agg(attname::text order by attname) from pg_attribute
where attrelid = 'identity_keys'::regclass and attnum > 0 and not attisdropped
"""
BACKFILLED = "select state from schema_steps where revision = '0007' and phase = 'backfill'"
WAY_BACK = timedelta(days=1)


class Two:
    """A database that the former program made, that program's statements on it, and this program beside it."""

    def __init__(self, dsn: str, database: Database, inbox: InboxId, workspace) -> None:
        self.dsn, self.database, self.inbox, self.workspace = dsn, database, inbox, workspace
        self.ring = SealRing(database, Seals(SECRET), SEALED)
        self.keys = IdentityKeys(self.ring.seals, Inboxes(database, {}).get)

    async def scoped(self, act):
        async with self.database.scope(self.workspace) as scope:
            return await act(scope)

    async def add_before(self, secret: str) -> None:
        connection = await asyncpg.connect(self.dsn)
        await connection.fetchrow(ADDED_BEFORE, self.workspace, uuid4(), self.inbox, secret)
        await connection.close()

    async def read_before(self) -> set[str]:
        rows = await self.scoped(lambda scope: scope.connection.fetch(READ_BEFORE, self.workspace, self.inbox))
        return {row["secret"] for row in rows}

    async def add(self) -> str:
        return (await self.scoped(lambda scope: self.keys.add(scope, self.inbox))).secret

    async def read(self) -> set[str]:
        return set(await self.scoped(lambda scope: self.keys.live_secrets(scope, self.inbox)))

    async def ends(self) -> set[str]:
        return {key.last_four for key in await self.scoped(lambda scope: self.keys.all(scope, self.inbox))}

    async def finish(self, way_back: timedelta) -> Went:
        return await finish_a_little(self.dsn, way_back, fillers(self.ring), seconds=60, rest=0)

    async def value(self, query: str, *values: object) -> object:
        async with self.database.across() as connection:
            return await connection.fetchval(query, *values)


@pytest.fixture
async def two(postgres_dsn, monkeypatch):
    """In a database of its own, brought to the revision before."""
    name, server = f"before_{uuid4().hex[:12]}", await asyncpg.connect(postgres_dsn)
    await server.execute(f"create database {name}")
    dsn = postgres_dsn.replace(f"/{await server.fetchval('select current_database()')}", f"/{name}")
    newest, before = migrate.HEAD, max(one.name for one in chain() if one.name < "0007")
    for module in (migrate, revisions):
        monkeypatch.setattr(module, "HEAD", before)
    await migrate.migrate(dsn)
    for module in (migrate, revisions, finishing):
        monkeypatch.setattr(module, "HEAD", max(newest, "0007"))
    workspace, inbox = uuid4(), InboxId(uuid4())
    database = await Database.connect(dsn, size=4)
    async with database.across() as connection:
        await connection.execute("insert into workspaces (id, slug, name) values ($1, 'w', '{}')", workspace)
        await connection.execute(
            "insert into inboxes (workspace_id, id, key, channel, name) values ($1, $2, 'k', 'webchat', 'n')", workspace, inbox
        )
    yield Two(dsn, database, inbox, workspace)
    await database.close()
    await server.execute(f"drop database {name} with (force)")
    await server.close()


async def test_both_programs_believe_every_key_until_the_former_is_gone(two):
    await two.add_before("qk_of_before_0001")
    await migrate.migrate(two.dsn)
    assert await two.read() == {"qk_of_before_0001"}
    made = await two.add()
    assert await two.read() == await two.read_before() == {"qk_of_before_0001", made}
    assert await two.finish(WAY_BACK) is Went.WAITS
    assert await two.value(BACKFILLED) == "done"
    # What the former writes behind the first pass is sealed by the second.
    await two.add_before("qk_of_before_0002")
    everything = {"qk_of_before_0001", "qk_of_before_0002", made}
    assert await two.read() == await two.read_before() == everything
    assert await two.value("select count(*) from identity_keys where sealed is null") == 1
    assert await two.finish(timedelta(0)) is Went.FINISHED
    assert await two.read() == everything
    assert await two.ends() == {secret[-4:] for secret in everything}
    assert "secret" not in await two.value(COLUMNS)
    assert await count_broken(two.ring) == 0


async def test_a_key_made_when_the_former_is_gone_is_nowhere_as_it_is(two):
    await migrate.migrate(two.dsn)
    await two.finish(timedelta(0))
    made = await two.add()
    assert (await two.read(), await two.ends()) == ({made}, {made[-4:]})
    assert made not in str(await two.value("select to_jsonb(k)::text from identity_keys k"))


async def test_who_had_a_statement_ready_when_the_table_changed_is_told_to_try_again(two):
    """And the connection has forgotten it: the second time is well."""
    pool = await Database.connect(two.dsn, size=1)
    everything = "select * from identity_keys"
    async with pool.scope(two.workspace) as scope:
        await scope.connection.fetch(everything)
    await migrate.migrate(two.dsn)
    with pytest.raises(TRANSIENT):
        async with pool.scope(two.workspace) as scope:
            await scope.connection.fetch(everything)
    async with pool.scope(two.workspace) as scope:
        assert await scope.connection.fetch(everything) == []
    await pool.close()


async def test_the_ring_turns_between_the_passes(two):
    await two.add_before("qk_of_before_0001")
    await migrate.migrate(two.dsn)
    await two.finish(WAY_BACK)
    await two.add_before("qk_of_before_0002")
    await two.ring.add()
    await two.ring.promote()
    await two.finish(timedelta(0))
    assert await two.read() == {"qk_of_before_0001", "qk_of_before_0002"}
    assert await two.ring.counts() == {0: 1, 1: 1}


async def test_the_command_seals_with_the_installations_key_or_not_at_all(two, tmp_path, capsys):
    await two.add_before("qk_of_before_0001")
    without = read_settings({}, data_dir=str(tmp_path), database_url=two.dsn)
    with pytest.raises(SecretKeyMissing):
        await migrate_now(without, contract=True)
    assert (await two.read(), list(tmp_path.glob("secret.key"))) == ({"qk_of_before_0001"}, [])
    node = Node("n", "0001", "0.0.1", "all", "elsewhere:1")
    async with two.database.across() as connection:
        await arrive(connection, node)
    settings = read_settings({}, data_dir=str(tmp_path), database_url=two.dsn, secret_key=SECRET)
    with pytest.raises(OlderProgramsRun):
        await migrate_now(settings, contract=True)
    async with two.database.across() as connection:
        await connection.execute("delete from schema_nodes")
    await migrate_now(settings, contract=True)
    assert await two.read() == {"qk_of_before_0001"}
    assert "secret" not in await two.value(COLUMNS)
    assert "qk_of_before_0001" not in capsys.readouterr().out
