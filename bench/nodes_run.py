"""What the load client does for `bench.nodes`: customers spread over nodes, hints of the bare bus, and the death of a node."""

import asyncio
import os
import random
import signal
import time

import nats
from msgspec.structs import replace

from bench.clients import agent_socket, gathered, ignore, visitor_socket
from bench.frames import SocketClient
from bench.load import Measured, Outcome, Plan, spread, tell
from bench.room import Room

TELLING = "bench.bare"
JITTER = 2.0
"""Seconds over which clients come back whose node has died."""


class Across(Room):
    """Customers on the nodes of `options["ports"]` in turn, the agent on the first of them, or on `options["agent_port"]`."""

    async def open(self) -> list[SocketClient]:
        """See Room."""
        plan, ports = self._plan, [int(port) for port in self._plan.options["ports"]]
        agent = await agent_socket(replace(plan, port=int(plan.options.get("agent_port", ports[0]))), self.agent_heard)

        async def enter(number: int, token: str) -> SocketClient:
            talk = self.talks[number]
            talk.client = await visitor_socket(replace(plan, port=ports[number % len(ports)]), token, talk.heard)
            return talk.client

        return [agent, *await gathered(enter(number, token) for number, token in enumerate(plan.tokens[: plan.connections]))]


async def across(plan: Plan) -> Outcome:
    """As `roundtrip`, over several nodes. With a `rate` in open loop; with `options["beside"]` the bare bus tells as often meanwhile."""
    room = Across(plan)
    sockets = await room.open()
    tell("opened")
    measuring = asyncio.create_task(room.measured.last(plan.warm_up, plan.seconds))
    beside = asyncio.create_task(bare_bus(plan)) if plan.options.get("beside") else None
    if room.closed_loop:
        for talk in room.talks:
            talk.say()
        await measuring
        room.closed_loop = False
    else:
        await room.pace(plan.warm_up + plan.seconds + 0.1)
        await measuring
    await asyncio.sleep(1)
    for socket in sockets:
        socket.close()
    outcome = room.outcome()
    # How long after its own acknowledgement a message was seen at the agent's: what the way between the nodes takes.
    times = {**outcome.times, "after the commit": spread([max(gap, 0.0) for gap in room.gaps])}
    return replace(outcome, times=times | (await beside).times if beside else times)


async def bare_bus(plan: Plan) -> Outcome:
    """Two clients of the bus without anything of ours: one tells `rate` times a second, the other hears."""
    first, second = await nats.connect(plan.options["bus"]), await nats.connect(plan.options["bus"])
    measured, times = Measured(), list[float]()

    async def hear(message: nats.aio.client.Msg) -> None:  # type: ignore[name-defined]
        if measured.active:
            times.append(time.perf_counter() - float(message.data))

    await second.subscribe(TELLING, cb=hear)
    await second.flush()
    measuring = asyncio.create_task(measured.last(plan.warm_up, plan.seconds))
    started, due = time.perf_counter(), 0
    while (now := time.perf_counter()) - started < plan.warm_up + plan.seconds:
        while due < int((now - started) * plan.rate):
            await first.publish(TELLING, str(time.perf_counter()).encode())
            due += 1
        await asyncio.sleep(0.001)
    await measuring
    await first.close()
    await second.close()
    return Outcome(
        count=len(times), seconds=measured.seconds, client_cpu=measured.client_cpu, times={"bare": spread(times)}, notes={}
    )


async def node_dies(plan: Plan) -> Outcome:
    """Open `connections` customers' sockets at `options["port"]`, kill the process `options["pid"]`, and come back at `plan.port`."""
    there = replace(plan, port=int(plan.options["port"]))
    tokens = plan.tokens[: plan.connections]
    sockets = await gathered(visitor_socket(there, token, ignore) for token in tokens)
    tell("opened")
    tell("begin")
    os.kill(int(plan.options["pid"]), signal.SIGKILL)
    died = time.perf_counter()
    await asyncio.gather(*(socket.closed for socket in sockets))
    noticed = time.perf_counter() - died
    back = await asyncio.gather(*(_come_back(plan, token, died) for token in tokens))
    tell("end")
    for socket, _ in back:
        socket.close()
    times = [seconds for _, seconds in back]
    return Outcome(count=len(back), seconds=max(times), client_cpu=0.0, times={"back": spread(times)}, notes={"noticed": noticed})


async def _come_back(plan: Plan, token: str, died: float) -> tuple[SocketClient, float]:
    await asyncio.sleep(random.uniform(0, JITTER))
    for _ in range(20):
        try:
            socket = await visitor_socket(plan, token, ignore)
        except (OSError, TimeoutError):
            await asyncio.sleep(random.uniform(0.2, 1.0))
        else:
            return socket, time.perf_counter() - died
    raise ConnectionError("a customer did not come back")
