"""Two nodes whose clocks differ by 90 s, under load: one dies in the middle of sends, all stand still, 2,000 sockets come back at once."""

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import websockets

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from faults.harness.chaos_proxy import ChaosProxy
from faults.harness.load import Load
from faults.harness.reading import verdict_of
from faults.harness.targets import Target, two_nodes

pytestmark = [pytest.mark.database, pytest.mark.slow, pytest.mark.faults_long]

SEED = 20261122
SOCKETS = 2_000
AHEAD = """
import runpy, sys
from datetime import UTC, datetime, timedelta
import time_machine
time_machine.travel(datetime.now(UTC) + timedelta(seconds=90), tick=True).start()
sys.argv = ["qiao", *sys.argv[4:]]
runpy.run_module("qiao.app", run_name="__main__")
"""
"""`python -c AHEAD python -m qiao.app serve ...`: the same program, 90 s ahead."""


@pytest.fixture(scope="module")
async def target() -> AsyncIterator[Target]:
    async with two_nodes(start=False) as target:
        target.nodes[1].before = [sys.executable, "-c", AHEAD]
        await target.heal()
        yield target


@pytest.mark.fault("F-T2")
async def test_clocks_that_differ_make_no_second_owner_and_no_other_order(target: Target) -> None:
    async with Load(target, SEED) as load:
        await load.until(200)
    verdict = await verdict_of(load)
    assert verdict.clean, verdict


@pytest.mark.fault("F-N10")
async def test_a_node_that_dies_in_the_middle_of_sends_loses_and_doubles_nothing(target: Target) -> None:
    chance = random.Random(SEED)
    async with Load(target, SEED, pause=0.005) as load:
        for _ in range(3):
            await load.more(40)
            await asyncio.sleep(chance.uniform(0, 0.2))
            await target.nodes[0].kill()
            await load.more(20)
            await target.heal()
    verdict = await verdict_of(load)
    assert verdict.clean, verdict
    assert load.history.counts()["sent again"] > 0


@pytest.mark.fault("F-T5")
async def test_when_everything_stood_still_everything_goes_on_once(target: Target) -> None:
    def all_of_it() -> list[psutil.Process]:
        tops = [psutil.Process(node.pid) for node in target.nodes]
        tops.append(psutil.Process(target.database.pid))
        return [one for top in tops for one in (top, *top.children(recursive=True))]

    async with Load(target, SEED + 1) as load:
        await load.more(60)
        stopped = all_of_it()
        for one in stopped:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.send_signal(signal.SIGSTOP)
        await asyncio.sleep(8)
        for one in reversed(stopped):
            with contextlib.suppress(psutil.NoSuchProcess):
                one.send_signal(signal.SIGCONT)
        await load.more(60, seconds=120)
    verdict = await verdict_of(load)
    assert verdict.clean, verdict


class Guest:
    """One of many sockets: comes back as `reconnectDelay` of web/packages/live says, from where it was."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token
        self.epoch: str | None = None
        self.after = 0
        self.recovered: list[bool] = []
        self.socket: Any = None
        self.back_after = 0.0
        self.turned_away = 0

    async def come(self, chance: random.Random, since: float) -> None:
        for attempt in range(40):
            wait = chance.random() * min(15.0, 0.5 * 2**attempt)
            try:
                await self._welcomed()
            except websockets.ConnectionClosed as closed:
                # A node that has no room now says after how many milliseconds to come back.
                asked = closed.rcvd.reason if closed.rcvd and closed.rcvd.code == 1012 else ""
                self.turned_away += bool(asked)
                await asyncio.sleep(int(asked) / 1_000 if asked else wait)
            except (websockets.WebSocketException, OSError, TimeoutError, EOFError):
                if self.socket is not None:
                    self.socket.transport.abort()
                await asyncio.sleep(wait)
            else:
                self.back_after = time.monotonic() - since
                return
        raise AssertionError("left out")

    async def _welcomed(self) -> None:
        self.socket = await websockets.connect(
            f"ws://127.0.0.1:{self.port}/visitor/v1/live", open_timeout=60, ping_interval=None, close_timeout=0.1
        )
        await self.socket.send(json.dumps({"type": "hello", "token": self.token, "epoch": self.epoch, "after": self.after}))
        welcome = json.loads(await asyncio.wait_for(self.socket.recv(), 60))
        self.epoch = welcome["epoch"]
        self.after = max([self.after, *(one["seq"] for one in welcome["messages"])])
        self.recovered.append(welcome["recovered"])


async def commits(target: Target) -> int:
    rows = await target.sql(
        "select pg_stat_clear_snapshot(), sum(xact_commit + xact_rollback)::bigint as n from pg_stat_database"
    )
    return int(rows[0]["n"])


@pytest.mark.fault("F-N5", minutes=10)
async def test_two_thousand_sockets_that_come_back_at_once_ask_little_and_all_come_back(target: Target) -> None:
    chance = random.Random(SEED)
    visitors = [await target.visitor() for _ in range(40)]
    for number, visitor in enumerate(visitors):
        await visitor.say("在吗", f"storm-{number}")
    async with ChaosProxy(target.nodes[0].port) as proxy:
        guests = [Guest(proxy.port, visitors[number % len(visitors)].token) for number in range(SOCKETS)]
        for begin in range(0, SOCKETS, 100):
            await asyncio.gather(*(one.come(chance, time.monotonic()) for one in guests[begin : begin + 100]))
        await asyncio.sleep(1)
        before = await commits(target)
        opened = len(proxy.opened_at)
        proxy.plan.refuse_all = True
        proxy.cut()
        await asyncio.sleep(0.2)
        proxy.plan.refuse_all = False
        cut = time.monotonic()
        await asyncio.gather(*(one.come(chance, cut) for one in guests))
        took = time.monotonic() - cut
        await asyncio.sleep(1.5)
        asked = await commits(target) - before
        moments = [at - cut for at in proxy.opened_at[opened:]]
        for one in guests:
            one.socket.transport.abort()
    away = sum(one.turned_away for one in guests)
    print(
        f"{SOCKETS} sockets back in {took:.1f} s, {asked / SOCKETS:.1f} transactions each, {len(moments)} connections, {away} later"
    )
    assert all(one.recovered == [True, True] for one in guests)
    assert asked < 8 * SOCKETS
    assert target.nodes[0].running and os.getpgid(target.nodes[0].pid)
