"""The doctor sees what is broken in the database. Each is really broken, and mended again."""

from datetime import datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from qiao.app import doctor_database as looks
from qiao.app.doctor import examine, in_words, status_of
from qiao.app.doctor_findings import Finding
from qiao.domains.inboxes.contracts import NewInbox
from qiao.platform.db.migrate import HEAD
from qiao.platform.settings import read_settings

pytestmark = pytest.mark.database


@pytest.fixture
async def connection(postgres_dsn):
    connection = await asyncpg.connect(postgres_dsn)
    yield connection
    await connection.close()


def codes(found: list[Finding]) -> list[str]:
    return [one.code for one in found]


async def test_a_good_database_is_well(connection, workspace):
    assert [await look(connection) for look in looks.LOOKS] == [[]] * len(looks.LOOKS)


async def test_a_clock_that_is_off(connection, monkeypatch):
    class Late(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) - timedelta(seconds=90)

    monkeypatch.setattr(looks, "datetime", Late)
    (found,) = await looks.clock(connection)
    assert found.code == "clock.off"
    assert 89 < found.values["seconds"] < 92


async def test_commits_that_do_not_wait_for_the_disk(connection):
    await connection.execute("set synchronous_commit = off")
    assert await looks.postgres(connection) == [Finding("postgres.unsafe", {"name": "synchronous_commit", "value": "off"})]


async def test_a_schema_behind_and_beside(connection):
    for revision, expected in (("0000", "schema.behind"), ("9999", "schema.beside")):
        async with connection.transaction():
            before = await connection.fetchval("update alembic_version set version_num = $1 returning version_num", revision)
            assert codes(await looks.schema(connection)) == [expected]
            assert before == revision
            await connection.execute("update alembic_version set version_num = $1", HEAD)


STEPS = [
    (("expand", "begun", ["3"], 0, 0), "schema.cut", {"revision": HEAD, "done": 3}, "mend"),
    (("backfill", "begun", ["0", "x"], 700, 2), "schema.filling", {"revision": HEAD, "rows": 700, "minutes": 2}, "note"),
    (("backfill", "waiting", [], 0, 40), "schema.stalled", {"revision": HEAD, "rows": 0, "minutes": 40}, "mend"),
    (("sweep", "waiting", [], 0, 40), "schema.way_back", {"revision": HEAD, "older": 1}, "note"),
    (("contract", "begun", ["1"], 0, 40), "schema.stalled", {"revision": HEAD, "rows": 0, "minutes": 40}, "mend"),
]


@pytest.mark.parametrize(("step", "code", "values", "state"), STEPS, ids=lambda one: one if isinstance(one, str) else "")
async def test_how_far_an_upgrade_is(connection, step, code, values, state):
    phase, stands, place, rows, minutes = step
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(
        "insert into schema_nodes (node, revision, version, role, host) values ('n', '0001', '0', 'all', 'h')"
    )
    await connection.execute(
        "insert into schema_steps values ($1, $2, $3, $4, $5, now() - make_interval(mins => $6))"
        " on conflict (revision, phase) do update set state = $3, place = $4, changed_at = excluded.changed_at",
        HEAD,
        phase,
        stands,
        place,
        rows,
        minutes,
    )
    assert await looks.schema(connection) == [Finding(code, values, state)]
    await transaction.rollback()


async def test_a_database_of_a_newer_program_that_leaves_the_way_back_open(connection):
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("update alembic_version set version_num = '9999'")
    await connection.execute("insert into schema_steps (revision, phase, state) values ('9999', 'contract', 'waiting')")
    assert await looks.schema(connection) == [Finding("schema.beside", {"found": "9999", "needed": HEAD}, "note")]
    await connection.execute("update schema_steps set state = 'begun' where revision = '9999'")
    assert codes(await looks.schema(connection)) == ["schema.ahead"]
    await transaction.rollback()


async def test_an_index_that_is_left_half_made(connection, postgres_dsn):
    other = await asyncpg.connect(postgres_dsn)
    await connection.execute("create table twice as select 1 as a union all select 1")
    with pytest.raises(asyncpg.UniqueViolationError):
        await other.execute("create unique index concurrently ix_twice on twice (a)")
    assert await looks.schema(connection) == [Finding("schema.index", {"name": "ix_twice"})]
    await connection.execute("drop table twice")
    await other.close()


def test_what_is_only_worth_a_word_is_nothing_to_mend():
    results = [("schema", [Finding("schema.filling", {"revision": "0009", "rows": 5, "minutes": 1}, "note")])]
    assert status_of(results) == 0
    lines = in_words(results, "en")
    assert lines[1].startswith("  · schema: Upgrade to 0009")
    assert lines[-1] == "All is well."


async def test_an_empty_database_is_behind(postgres_dsn, connection):
    await connection.execute("alter table alembic_version rename to other")
    try:
        assert codes(await looks.schema(connection)) == ["schema.behind"]
    finally:
        await connection.execute("alter table other rename to alembic_version")


async def test_a_role_that_may_not_replicate(connection):
    name = f"plain_{uuid4().hex[:8]}"
    await connection.execute(f"create role {name}")
    try:
        await connection.execute(f"set role {name}")
        assert await looks.roles(connection) == [Finding("roles.no_backup", {"role": name})]
    finally:
        await connection.execute("reset role")
        await connection.execute(f"drop role {name}")


async def test_a_slot_that_nobody_uses_holds_the_log(connection, monkeypatch):
    slot = f"gone_{uuid4().hex[:8]}"
    await connection.execute("select pg_create_physical_replication_slot($1, true)", slot)
    try:
        assert await looks.wal(connection) == []
        monkeypatch.setattr(looks, "HELD_MEGABYTES", -1)
        (found,) = await looks.wal(connection)
        assert (found.code, found.values["name"]) == ("wal.held", slot)
    finally:
        await connection.execute("select pg_drop_replication_slot($1)", slot)


async def test_a_transaction_that_is_open_for_long(connection, postgres_dsn, monkeypatch):
    other = await asyncpg.connect(postgres_dsn)
    try:
        async with other.transaction():
            await other.fetchval("select 1")
            monkeypatch.setattr(looks, "LONG_MINUTES", 0)
            assert other.get_server_pid() in [one.values["pid"] for one in await looks.transactions(connection)]
    finally:
        await other.close()


async def test_subscribers_behind_and_facts_put_aside(connection, workspace):
    await connection.execute("update log_heads set position = 20000 where workspace_id = $1", workspace.id)
    await connection.execute("insert into log_cursors values ($1, 'conversations.search', 5)", workspace.id)
    await connection.execute(
        "insert into log_parked (workspace_id, subscriber, position, reason) values ($1, 'analytics', 7, $2)",
        workspace.id,
        "KeyError: 'a customer wrote canary-words'",
    )
    try:
        found = await looks.subscribers(connection)
    finally:
        await connection.execute("delete from log_cursors where workspace_id = $1", workspace.id)
        await connection.execute("delete from log_parked where workspace_id = $1", workspace.id)
        await connection.execute("update log_heads set position = 0 where workspace_id = $1", workspace.id)
    assert found == [
        Finding("subscribers.behind", {"name": "conversations.search", "count": 19_995}),
        Finding("subscribers.parked", {"name": "analytics", "count": 1, "reason": "KeyError"}),
    ]


async def test_jobs_that_were_given_up(connection):
    await connection.execute(
        "insert into pgqueuer (priority, status, entrypoint, payload) values (0, 'failed', 'bot.fit', 'x'), (0, 'queued', 'bot.fit', 'y')"
    )
    try:
        assert await looks.jobs(connection) == [Finding("jobs.dead", {"name": "bot.fit", "count": 1})]
    finally:
        await connection.execute("delete from pgqueuer")


async def test_a_broken_channel_is_named_with_its_reason(connection, house, database, workspace):
    async with database.scope(workspace.id) as scope:
        inbox = await house.inboxes.create(scope, NewInbox(channel="webchat", name="微信店"))
    await connection.execute(
        "insert into inbox_health (workspace_id, inbox_id, state, reason) values ($1, $2, 'broken', 'token revoked')"
        " on conflict (workspace_id, inbox_id) do update set state = 'broken', reason = 'token revoked'",
        workspace.id,
        inbox.id,
    )
    assert await looks.channels(connection) == [Finding("channels.broken", {"name": "微信店", "reason": "token revoked"})]
    await connection.execute("update inbox_health set state = 'ok' where workspace_id = $1", workspace.id)


async def test_secrets_that_do_not_open_with_another_secret_key(house, database, workspace, postgres_dsn, tmp_path):
    telegram = next(
        name for name, one in house.channels.items() if any(field.type == "secret" for field in one.manifest.settings)
    )
    key = next(field.key for field in house.channels[telegram].manifest.settings if field.type == "secret")
    async with database.scope(workspace.id) as scope:
        inbox = await house.inboxes.create(scope, NewInbox(channel=telegram, name="密"))
        await house.accounts.set_secrets(scope, inbox.id, {key: "canary-0123456789"})
    same = read_settings({}, data_dir=str(tmp_path), database_url=postgres_dsn, port=0)
    other = read_settings({}, data_dir=str(tmp_path / "other"), database_url=postgres_dsn, port=0)
    (tmp_path / "other").mkdir()
    assert dict(await examine(same))["seals"] == []
    results = await examine(other)
    assert dict(results)["seals"] == [Finding("seals.closed", {"count": 1})]
    assert status_of(results) == 1
    assert "canary" not in "\n".join(in_words(results, "zh"))
    assert not (tmp_path / "other" / "secret.key").exists()


async def test_a_password_in_the_address_is_never_said(tmp_path):
    url = "postgresql://qiao:canary-secret@127.0.0.1:9/qiao"
    results = await examine(read_settings({}, data_dir=str(tmp_path), database_url=url, port=0))
    words = "\n".join(in_words(results, "en"))
    assert "The database cannot be reached" in words
    assert "canary" not in words
