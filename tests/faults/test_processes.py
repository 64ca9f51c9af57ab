"""F-P4, F-P5, F-P6: nodes that are stopped in turn, that stand still, and one that dies while it has the timers."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from faults.harness.load import Load
from faults.harness.reading import verdict_of
from faults.harness.seeds import seed
from faults.harness.targets import two_nodes

pytestmark = [pytest.mark.database, pytest.mark.slow, pytest.mark.faults_long]
RESTARTS = 20
SNOOZED = 6


@pytest.mark.fault("F-P4")
async def test_nodes_restarted_in_turn_under_load_lose_no_request_for_good() -> None:
    async with two_nodes() as target:
        async with Load(target, seed(), pause=0.1) as load:
            await load.until(20)
            for number in range(RESTARTS):
                node = target.nodes[number % 2]
                assert await node.stop() == 0
                await node.start()
                await load.more(5)
        verdict = await verdict_of(load)
    assert verdict.clean, verdict
    counts = load.history.counts()
    assert (counts["fail"], counts["info"]) == (0, 0)
    assert "qiao.bug" not in load.refusals


@pytest.mark.fault("F-P4")
async def test_a_socket_is_told_to_come_back() -> None:
    async with two_nodes() as target:
        visitor, agent = await target.visitor(), await target.agent()
        assert await target.nodes[0].stop() == 0
        for guest in (visitor, agent):
            await guest.socket.wait_closed()
            assert guest.socket.close_code == 1012


@pytest.mark.fault("F-P6", "F-T5")
async def test_a_node_that_stands_still_is_not_ready_others_serve_and_it_goes_on_with_nothing_lost() -> None:
    async with two_nodes() as target:
        async with Load(target, seed()) as load:
            await load.until(20)
            os.kill(target.nodes[0].pid, signal.SIGSTOP)
            began = time.monotonic()
            async with httpx.AsyncClient(timeout=2) as client:
                with pytest.raises(httpx.TimeoutException):
                    await client.get(f"{target.nodes[0].url}/readyz")
                assert (await client.get(f"{target.nodes[1].url}/readyz")).status_code == 200
            await load.more(20)
            await asyncio.sleep(max(0, 8 - (time.monotonic() - began)))
            os.kill(target.nodes[0].pid, signal.SIGCONT)
            await target.nodes[0].ready(30)
            await load.more(20)
        verdict = await verdict_of(load)
    assert verdict.clean, verdict


_WOKEN = "select subject, count(*) from log_events where name = 'conversations.woken.v1' group by subject"
_DUE = "update conversations set snoozed_until = now() + interval '2 seconds' where status = 'snoozed'"


@pytest.mark.fault("F-P5", "F-P9")
async def test_timers_of_a_dead_node_fire_once_in_the_other() -> None:
    async with two_nodes() as target:
        agent = await target.agent("owner", node=1)
        for number in range(SNOOZED):
            visitor = await target.visitor(node=1)
            await visitor.say("青瓷茶海", f"s{number}")
        until = "2099-01-01T00:00:00Z"
        for one in (await agent.call("GET", "/conversations?view=all"))["items"]:
            await agent.call("POST", f"/conversations/{one['id']}/snooze", json={"until": until})
        await target.sql(_DUE)
        await target.nodes[0].kill()
        async with asyncio.timeout(60):
            while len(await target.sql(_WOKEN)) < SNOOZED:
                await asyncio.sleep(0.2)
        await target.heal()
        await asyncio.sleep(3)
        assert {row["count"] for row in await target.sql(_WOKEN)} == {1}
