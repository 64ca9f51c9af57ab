"""A real desk at the end of bad lines: cut at any byte, half-open, slow to read, dribbling, giant, endless."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import websockets

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from faults.harness.chaos_proxy import ChaosProxy, Plan
from faults.harness.checkers import Read, verify
from faults.harness.history import History, Operation, Seen
from faults.harness.load import _row
from faults.harness.reading import stored_rows
from faults.harness.targets import Node, Target, embedded_desk
from support.desk import Visitor

pytestmark = [pytest.mark.database, pytest.mark.slow]

SEED = 20261122


@pytest.fixture(scope="module")
async def desk() -> AsyncIterator[Target]:
    async with embedded_desk() as target:
        yield target


class Line:
    """A node as it looks through a bad line."""

    def __init__(self, node: Node, proxy: ChaosProxy) -> None:
        self._node = node
        self.port, self.url = proxy.port, proxy.url

    def know(self, guest: Any) -> None:
        self._node.know(guest)


async def through(desk: Target, proxy: ChaosProxy) -> Visitor:
    """A new customer, whose further connections go by the line."""
    visitor = await desk.visitor()
    visitor.desk = Line(desk.nodes[0], proxy)  # type: ignore[assignment]
    return visitor


_CUT = (websockets.WebSocketException, OSError, TimeoutError, EOFError)


async def attempted(visitor: Visitor, history: History, operation: Operation) -> None:
    """Connect and send once; what is not acknowledged is unsure."""
    operation.attempts += 1
    visitor.cut()
    try:
        async with asyncio.timeout(2):
            await visitor.connect()
            history.ok(operation, await visitor.say(operation.text, operation.client_id), "")
    except _CUT as error:
        history.unsure(operation, type(error).__name__)


async def checked(desk: Target, visitor: Visitor, history: History) -> None:
    """Everything that was acknowledged is there once, in order, and is what the customer has after coming back."""
    visitor.cut()
    await visitor.connect()
    rows = await stored_rows(desk)
    conversation = next(one.conversation for one in rows if history.get(one.client_id))
    mine = tuple(one for one in rows if one.conversation == conversation)
    company = desk.companies[0].id
    kept = {number: text for text, number in visitor.acked.items()}
    shown = [_row(company, conversation, one) for _, one in sorted(visitor.messages.items())]
    verdict = verify(history, Read(rows=mine, seen=(Seen(workspace=company, where="the customer", rows=tuple(shown)),)))
    assert verdict.clean, verdict
    assert {one.seq for one in mine if one.author_kind == "contact"} <= set(kept) | set(visitor.messages)


@pytest.mark.fault("F-N1")
@pytest.mark.parametrize("way", ["up", "down"])
async def test_a_line_cut_at_any_byte_loses_and_doubles_nothing(desk: Target, way: str) -> None:
    """The cut moves over the end of what opens the line, over a whole frame, and over the boundary to the next."""
    history, company = History(SEED), desk.companies[0]
    async with ChaosProxy(desk.nodes[0].port) as proxy:
        visitor = await through(desk, proxy)
        measured = history.invoke("message", company.id, visitor.token[-8:], canary=company.canary)
        await attempted(visitor, history, measured)
        # The least of several: between them may lie what is told besides, such as their place in line.
        openings, frames = list[int](), list[int]()
        for _ in range(4):
            visitor.cut()
            before = getattr(proxy, way)
            await visitor.connect()
            openings.append(getattr(proxy, way) - before)
            await visitor.say(measured.text, measured.client_id)
            frames.append(getattr(proxy, way) - before - openings[-1])
        opening, frame = min(openings), min(frames)
        for cut in range(opening - 30, opening + frame + 30, 4):
            operation = history.invoke("message", company.id, visitor.token[-8:], canary=company.canary)
            setattr(proxy.plan, f"cut_{way}_after", cut)
            await attempted(visitor, history, operation)
            setattr(proxy.plan, f"cut_{way}_after", None)
            while operation.seq is None:
                await attempted(visitor, history, operation)
        again = [one for one in history.operations if one.attempts > 1]
        assert 8 < len(again) < len(history.operations)
        await checked(desk, visitor, history)


@pytest.mark.fault("F-N2")
async def test_acknowledgements_that_never_arrive_leave_one_message_each(desk: Target) -> None:
    history, company = History(SEED), desk.companies[0]
    async with ChaosProxy(desk.nodes[0].port) as proxy:
        visitor = await through(desk, proxy)
        for _ in range(8):
            operation = history.invoke("message", company.id, visitor.token[-8:], canary=company.canary)
            visitor.cut()
            await visitor.connect()
            proxy.plan.mute_down = True
            await visitor.send(operation.text, operation.client_id)
            await asyncio.sleep(0.05)
            proxy.plan.mute_down = False
            while operation.seq is None:
                await attempted(visitor, history, operation)
        await checked(desk, visitor, history)


@pytest.mark.fault("F-N8")
async def test_a_connection_that_is_doubled_on_the_way_doubles_nothing(desk: Target) -> None:
    history, company = History(SEED), desk.companies[0]
    async with ChaosProxy(desk.nodes[0].port, Plan(twice=True)) as proxy:
        visitor = await through(desk, proxy)
        for _ in range(15):
            operation = history.invoke("message", company.id, visitor.token[-8:], canary=company.canary)
            await attempted(visitor, history, operation)
        await checked(desk, visitor, history)


@pytest.mark.fault("F-N7")
async def test_endless_fragments_and_giant_frames_are_cut_and_cost_no_memory(desk: Target) -> None:
    memory = psutil.Process(desk.nodes[0].pid).memory_info().rss
    witness = await desk.visitor()
    for pieces in (["x" * 1_000] * 400, ["x" * 100_000] * 4, [""] * 20_000):
        socket = await websockets.connect(f"ws://127.0.0.1:{desk.nodes[0].port}/visitor/v1/live")
        with contextlib.suppress(websockets.ConnectionClosed):
            async with asyncio.timeout(8):
                await socket.send(iter([*pieces, ""]))
                while True:
                    await socket.recv()
        assert (socket.close_code or 1006) in {1003, 1006, 1009}
    await witness.say("还在", "still")
    assert psutil.Process(desk.nodes[0].pid).memory_info().rss - memory < 30 * 1024 * 1024


@pytest.mark.fault("F-N13")
async def test_a_proxy_that_lets_no_socket_through_leaves_the_requests(desk: Target) -> None:
    async with ChaosProxy(desk.nodes[0].port, Plan(refuse_upgrades=True)) as proxy:
        visitor = await through(desk, proxy)
        with pytest.raises(websockets.InvalidStatus):
            await visitor.connect()
        agent = await desk.agent("agent")
        agent.http.base_url = proxy.url
        where = {"epoch": agent.me["epoch"], "after": agent.me["position"], "wait": 20}
        waiting = asyncio.create_task(agent.http.get("/api/v1/live", params=where))
        await asyncio.sleep(0.1)
        body = {"client_id": "by-request", "text": "没有套接字"}
        sent = await agent.http.post("/visitor/v1/messages", json=body, headers={"Authorization": f"Bearer {visitor.token}"})
        assert sent.status_code == 201
        page = (await waiting).json()
    assert page["recovered"] and page["items"]


@pytest.mark.faults_long
@pytest.mark.fault("F-N4")
async def test_a_line_that_is_dead_in_one_direction_is_given_up_within_two_heartbeats(desk: Target) -> None:
    """As the server notices; that the clients do, within 30 s, is told by the tests of `live.ts` and `socket.ts`."""

    async def noticed(way: str) -> float:
        async with ChaosProxy(desk.nodes[0].port) as proxy:
            visitor = await through(desk, proxy)
            visitor.cut()
            await visitor.connect()
            await visitor.say("之前", f"before-{way}")
            other = Visitor(desk.nodes[0], visitor.token)  # type: ignore[arg-type]
            await other.connect()
            setattr(proxy.plan, f"mute_{way}", True)
            await other.say("其间", f"meanwhile-{way}")
            began = asyncio.get_running_loop().time()
            async with asyncio.timeout(60):
                while proxy.carrying:
                    await asyncio.sleep(0.2)
            took = asyncio.get_running_loop().time() - began
            setattr(proxy.plan, f"mute_{way}", False)
            visitor.cut()
            await visitor.connect()
            assert [one["text"] for _, one in sorted(visitor.messages.items()) if one["text"]][-1:] == ["其间"]
            assert visitor.recovered[-1] is True
            return took

    assert max(await asyncio.gather(noticed("up"), noticed("down"))) < 53
