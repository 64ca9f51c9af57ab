"""What a load client can do to a desk: customers and agents on sockets, requests over HTTP."""

import asyncio
import re
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import TypeVar

from bench.clients import RUN, agent_socket, gathered, ignore, visitor_socket
from bench.crowd import fanout, fanout_muc, fanout_nchan
from bench.frames import SocketClient
from bench.http_client import begin
from bench.load import TEXT, Measured, Outcome, Plan, spread, tell

T = TypeVar("T")
Scenario = Callable[[Plan], Coroutine[None, None, Outcome]]

# Client ids name the run, the connection and the turn, so that whoever sees a message knows when it was sent.
_NAMED = re.compile(rb'"client_id":"' + RUN.encode() + rb'\.(\d+)\.(\d+)"')
GRACE = 2.0


class Talk:
    """One customer: what was sent and not yet both acknowledged and seen by the agent."""

    def __init__(self, room: "Room", number: int) -> None:
        self._room = room
        self._number = number
        self.client: SocketClient | None = None
        self.sent: dict[int, float] = {}
        self._half: set[int] = set()
        self._turn = 0

    def say(self, at: float | None = None) -> None:
        """Send the next message; its time counts from `at`, when it was due."""
        self._turn += 1
        self._room.said += 1
        self.sent[self._turn] = time.perf_counter() if at is None else at
        if self.client is not None:
            name = f"{RUN}.{self._number}.{self._turn}"
            self.client.send(f'{{"type":"send","client_id":"{name}","text":"{TEXT}"}}'.encode())

    def heard(self, payload: bytes) -> None:
        """A frame of the server to the customer."""
        if payload.startswith(b'{"type":"ack"'):
            found = _NAMED.search(payload)
            if found is not None:
                self.half(int(found[2]), self._room.acks)
        elif payload.startswith(b'{"type":"refused"'):
            self._room.refused += 1

    def half(self, turn: int, times: list[float]) -> None:
        """One of the two has come: the acknowledgement, or the agent's sight of it."""
        sent = self.sent.get(turn)
        if sent is None:
            return
        if self._room.measured.active:
            times.append(time.perf_counter() - sent)
        if turn not in self._half:
            self._half.add(turn)
            return
        self._half.discard(turn)
        del self.sent[turn]
        if self._room.closed_loop:
            self.say()


class Room:
    """All customers of a run and the agent who hears them."""

    def __init__(self, plan: Plan) -> None:
        self.measured = Measured()
        self.closed_loop = plan.rate <= 0
        self.acks: list[float] = []
        self.trips: list[float] = []
        self.refused = 0
        self.said = 0
        self._plan = plan
        self.talks = [Talk(self, number) for number in range(plan.connections)]

    def agent_heard(self, payload: bytes) -> None:
        """A frame of the server to the agent."""
        for number, turn in _NAMED.findall(payload):
            self.talks[int(number)].half(int(turn), self.trips)

    async def open(self) -> list[SocketClient]:
        """Agents first, then customers. The first agent is the one whose sight counts."""
        hear = [self.agent_heard, *([ignore] * (self._plan.agents - 1))]
        agents = [await agent_socket(self._plan, one) for one in hear]

        async def enter(talk: Talk, token: str) -> SocketClient:
            talk.client = await visitor_socket(self._plan, token, talk.heard)
            return talk.client

        return agents + await gathered(enter(talk, token) for talk, token in zip(self.talks, self._plan.tokens, strict=False))

    async def pace(self, total: float) -> int:
        """Open loop: messages fall due at the plan's rate whatever the server does; how many did."""
        started, due = time.perf_counter(), 0
        while (now := time.perf_counter()) - started < total:
            wanted = int((now - started) * self._plan.rate)
            while due < wanted:
                self.talks[due % len(self.talks)].say(started + due / self._plan.rate)
                due += 1
            await asyncio.sleep(0.001)
        return due

    def outcome(self) -> Outcome:
        """What was seen; what was sent and never came back counts as lost."""
        return Outcome(
            count=len(self.trips),
            seconds=self.measured.seconds,
            client_cpu=self.measured.client_cpu,
            times={"trip": spread(self.trips), "ack": spread(self.acks)},
            notes={"said": self.said, "refused": self.refused, "unfinished": sum(len(talk.sent) for talk in self.talks)},
        )


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
}
