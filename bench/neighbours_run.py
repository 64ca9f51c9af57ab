"""What the load client does for `bench.neighbours`: quiet companies alone, then beside one that sends much."""

import asyncio
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from bench.load import Outcome, Plan, spread, tell
from bench.prepare import Neighbour
from bench.room import Room

REST = 1.0


async def neighbours(plan: Plan) -> Outcome:
    """`options`: `quiet` (the neighbours), `each` (messages a second of each of them), `noise` (a second of the noisy one; 0: as fast as
    it is answered). The first half of the time is without the noisy one.
    """
    quiet = msgspec.convert(plan.options["quiet"], list[Neighbour])
    each, noise = float(plan.options["each"]), float(plan.options["noise"])
    rooms = [
        Room(replace(plan, cookie=one.agent_cookie, tokens=one.visitors, connections=len(one.visitors), rate=each))
        for one in quiet
    ]
    noisy = Room(replace(plan, rate=noise))
    sockets = [socket for room in [*rooms, noisy] for socket in await room.open()]
    tell("opened")
    await _measured(rooms, plan)
    alone = _taken(rooms)
    tell("begin")
    shouting = asyncio.create_task(_shout(noisy, plan.warm_up + plan.seconds + REST))
    await _measured(rooms, plan)
    beside = _taken(rooms)
    tell("end")
    await shouting
    for socket in sockets:
        socket.close()
    return Outcome(
        count=len(beside),
        seconds=plan.seconds,
        client_cpu=0.0,
        times={"alone": spread(alone), "beside": spread(beside)},
        notes={
            "alone_p95": _p95(alone),
            "beside_p95": _p95(beside),
            "noisy": noisy.said,
            "quiet": sum(room.said for room in rooms) / 2,
            "unfinished": sum(len(talk.sent) for room in rooms for talk in room.talks),
            "refused": sum(room.refused for room in rooms),
        },
    )


async def _measured(rooms: Sequence[Room], plan: Plan) -> None:
    paces = [asyncio.create_task(room.pace(plan.warm_up + plan.seconds)) for room in rooms]
    await asyncio.sleep(plan.warm_up)
    for room in rooms:
        room.measured.active = True
    await asyncio.gather(*paces)
    await asyncio.sleep(REST)
    for room in rooms:
        room.measured.active = False


def _taken(rooms: Sequence[Room]) -> list[float]:
    """Times from a customer's sending to the agent's sight, taken out of the rooms."""
    trips = [trip for room in rooms for trip in room.trips]
    for room in rooms:
        room.trips.clear()
    return trips


async def _shout(room: Room, seconds: float) -> None:
    if room.closed_loop:
        for talk in room.talks:
            talk.say()
        await asyncio.sleep(seconds)
        room.closed_loop = False
    else:
        await room.pace(seconds)


def _p95(times: Sequence[float]) -> float:
    ordered = sorted(times)
    return ordered[int(len(ordered) * 0.95)] * 1e3 if ordered else 0.0
