"""What a load client can do to a desk: customers and agents on sockets, requests over HTTP."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import TypeVar

from bench.clients import gathered, ignore, visitor_socket
from bench.crowd import fanout, fanout_muc, fanout_nchan
from bench.http_client import begin
from bench.load import Measured, Outcome, Plan, tell
from bench.neighbours_run import neighbours
from bench.nodes_run import across, bare_bus, node_dies
from bench.overload_run import overload, posting
from bench.room import Room
from bench.size_run import pages

T = TypeVar("T")
Scenario = Callable[[Plan], Coroutine[None, None, Outcome]]

GRACE = 2.0


async def roundtrip(plan: Plan) -> Outcome:
    """Customers write, an agent hears. Closed loop: one message a connection under way; with `rate`: that many a second in all."""
    room = Room(plan)
    sockets = await room.open()
    tell("opened")
    if room.closed_loop:
        for talk in room.talks:
            talk.say()
        await room.measured.last(plan.warm_up, plan.seconds)
        room.closed_loop = False
    else:
        measuring = asyncio.create_task(room.measured.last(plan.warm_up, plan.seconds))
        await room.pace(plan.warm_up + plan.seconds + 0.1)
        await measuring
    await _settle(room)
    for socket in sockets:
        socket.close()
    return room.outcome()


async def _settle(room: Room) -> None:
    """Give what is under way a moment to come back."""
    started = time.perf_counter()
    while time.perf_counter() - started < GRACE:
        if not any(talk.sent for talk in room.talks):
            return
        await asyncio.sleep(0.05)


async def idle(plan: Plan) -> Outcome:
    """Open `connections` customers' sockets, tell it, hold them for `seconds`."""
    measured = Measured()
    started = time.perf_counter()
    sockets = await gathered(visitor_socket(plan, token, ignore) for token in plan.tokens[: plan.connections])
    opening = time.perf_counter() - started
    await measured.until(asyncio.sleep(plan.seconds))
    alive = sum(not socket.closed.done() for socket in sockets)
    for socket in sockets:
        socket.close()
    return Outcome(
        count=alive, seconds=measured.seconds, client_cpu=measured.client_cpu, notes={"opening": opening, "opened": len(sockets)}
    )


SCENARIOS: Mapping[str, Scenario] = {
    "roundtrip": roundtrip,
    "idle": idle,
    "begin": begin,
    "fanout": fanout,
    "fanout_nchan": fanout_nchan,
    "fanout_muc": fanout_muc,
    "neighbours": neighbours,
    "across": across,
    "bare_bus": bare_bus,
    "node_dies": node_dies,
    "pages": pages,
    "overload": overload,
    "posting": posting,
}
