"""F-S1 to F-S9: disks that die, fill up, fail, are slow or lie. The checkers find nothing, and nobody had to start anything again."""

import asyncio
import sys
import time
from pathlib import Path

import asyncpg
import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from faults.harness.breaking import fill, injected, needs_root, needs_strace, small_disk, turn_round
from faults.harness.load import Load
from faults.harness.reading import verdict_of
from faults.harness.seeds import seed
from faults.harness.targets import Target, embedded_desk, two_nodes

pytestmark = [pytest.mark.database, pytest.mark.slow, pytest.mark.faults_long]
BOTH = pytest.mark.parametrize("make", [embedded_desk, two_nodes], ids=["desk", "nodes"])
FLUSHES = (1, 2, 3, 5, 8, 13, 21, 34)


async def clean(load: Load) -> None:
    verdict = await verdict_of(load)
    assert verdict.clean, verdict
    assert "qiao.bug" not in load.refusals
    assert load.history.counts()["info"] == 0


@needs_strace
@BOTH
@pytest.mark.fault("F-S1")
async def test_a_kill_at_the_nth_flush_loses_nothing_and_is_over_within_five_seconds(make) -> None:
    waited: list[float] = []
    async with make() as target:
        async with Load(target, seed()) as load:
            await load.until(20)
            for number in FLUSHES:
                async with injected(target.database.backends(), f"fdatasync:signal=SIGKILL:when={number}"):
                    await load.more(60)
                began = time.monotonic()
                await load.more(1)
                waited.append(time.monotonic() - began)
        await clean(load)
    assert max(waited) < 5, waited


@needs_strace
@BOTH
@pytest.mark.fault("F-S4")
async def test_a_flush_that_fails_is_never_taken_for_done(make) -> None:
    async with make() as target:
        async with Load(target, seed()) as load:
            await load.until(20)
            for number in (1, 2, 4):
                async with injected(target.database.backends(), f"fdatasync:error=EIO:when={number}"):
                    await load.more(60)
        await clean(load)
        logs = [path.read_text(errors="replace") for path in target.folder.rglob("postgres.log")]
    assert any("PANIC" in one and "Input/output error" in one for one in logs), "no flush failed"


@needs_root
@pytest.mark.fault("F-S5")
async def test_a_full_disk_refuses_writes_alone_and_recovers_by_itself() -> None:
    with small_disk(500) as disk:
        async with embedded_desk(disk / "data") as target:
            async with Load(target, seed()) as load:
                await load.until(30)
                server, agent = target.nodes[0].pid, await target.agent("owner")
                filler = fill(disk, leave=20 << 20)
                await asyncio.sleep(1)
                await _reads_go_on_and_writes_do_not(target, agent)
                filler.unlink()
                await load.more(30)
                filler = fill(disk, leave=0)
                await asyncio.sleep(2)
                await _reads_go_on_and_writes_do_not(target, agent)
                filler.unlink()
                await load.more(30)
            assert "db.storage_full" in load.refusals
            assert target.nodes[0].pid == server
            await clean(load)


async def _reads_go_on_and_writes_do_not(target: Target, agent) -> None:
    (one, *_) = (await agent.call("GET", "/conversations?view=all"))["items"]
    assert (await agent.call("GET", f"/conversations/{one['id']}/messages"))["items"]
    body = {"client_id": "while-full", "text": "while full", "kind": "note"}
    answer = await agent.http.post(f"/api/v1/conversations/{one['id']}/messages", json=body)
    assert (answer.status_code, answer.json()["code"]) == (503, "db.storage_full")
    assert int(answer.headers["retry-after"]) > 0
    upload = await agent.http.post("/api/v1/files", files={"file": ("a.txt", b"x" * 1000, "text/plain")})
    assert upload.status_code == 503
    assert (await agent.http.get(f"{target.nodes[0].url}/readyz")).status_code == 200


@needs_strace
@BOTH
@pytest.mark.fault("F-S6")
async def test_a_slow_disk_is_slow_and_nothing_else(make) -> None:
    async with make() as target:
        async with Load(target, seed()) as load:
            await load.until(20)
            async with injected(target.database.backends(), "fdatasync:delay_enter=300000"):
                await load.more(20)
                began = time.monotonic()
                async with httpx.AsyncClient() as client:
                    assert (await client.get(f"{target.nodes[0].url}/healthz")).status_code == 200
                assert time.monotonic() - began < 1.5
        assert load.refusals == []
        await clean(load)


@BOTH
@pytest.mark.fault("F-S7")
async def test_a_lock_that_is_held_for_long_makes_wait_and_leaves_nothing_half_done(make) -> None:
    async with make() as target:
        async with Load(target, seed()) as load:
            await load.until(20)
            holder = await asyncpg.connect(target.dsn)
            async with holder.transaction():
                await holder.execute("select 1 from log_heads for update")
                await asyncio.sleep(10)
            await holder.close()
            await load.more(20)
        await clean(load)


@pytest.mark.fault("F-S8")
async def test_who_forgets_a_transaction_is_cut_and_the_log_of_the_database_stays_bounded() -> None:
    async with embedded_desk() as target:
        sleeper = await asyncpg.connect(target.dsn)
        await sleeper.execute("begin")
        await sleeper.execute("select count(*) from messages")
        async with Load(target, seed()) as load:
            async with asyncio.timeout(90):
                while not sleeper.is_closed():
                    await asyncio.sleep(1)
            await load.more(5)
        sizes = [path.stat().st_size for path in (target.database.cluster / "pg_wal").iterdir() if path.is_file()]
        await clean(load)
    assert sum(sizes) <= 320 << 20


_HEAPS = """
select pg_relation_filepath(c.oid) from pg_class c
where c.relkind = 'r' and c.relname like 'messages%' order by pg_relation_size(c.oid) desc limit 1
"""


@pytest.mark.fault("F-S9")
async def test_a_damaged_page_is_told_and_never_shown() -> None:
    async with embedded_desk() as target:
        async with Load(target, seed()) as load:
            await load.until(80)
        node = target.nodes[0]
        path = target.database.cluster / (await target.sql(_HEAPS))[0][0]
        assert await node.stop() == 0
        turn_round(path, offset=4096)
        await node.start()
        with pytest.raises(asyncpg.PostgresError, match="invalid page"):
            await target.sql("select count(text) from messages")
        agent = await target.agent("owner")
        listed = await agent.http.get("/api/v1/conversations?view=all")
        assert listed.status_code == 200
        read = [await agent.http.get(f"/api/v1/conversations/{one['id']}/messages") for one in listed.json()["items"]]
        assert 500 in {one.status_code for one in read}
        assert "invalid page" in node.log
