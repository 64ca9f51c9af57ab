"""What a load client can do to a desk: customers and agents on sockets, requests over HTTP."""

import asyncio
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeVar

import msgspec

from bench.frames import SocketClient, connect
from bench.load import AT_ONCE, TEXT, Measured, Outcome, Plan, spread

T = TypeVar("T")
Scenario = Callable[[Plan], Awaitable[Outcome]]

# Client ids name the run, the connection and the turn, so that whoever sees a message knows when it was sent.
_RUN = secrets.token_hex(4)
_NAMED = re.compile(rb'"client_id":"' + _RUN.encode() + rb'\.(\d+)\.(\d+)"')
_RECEIVED = b'"name":"conversations.message_received.v1"'
GRACE = 2.0


async def gathered(work: Iterable[Awaitable[T]], at_once: int = AT_ONCE) -> list[T]:
    """The results of all, a bounded number under way."""
    turns = asyncio.Semaphore(at_once)

    async def one(item: Awaitable[T]) -> T:
        async with turns:
            return await item

    return await asyncio.gather(*(one(item) for item in work))


async def agent_socket(plan: Plan, on_text: Callable[[bytes], None]) -> SocketClient:
    """A console's socket that follows from now on."""
    headers = f"Origin: http://127.0.0.1:{plan.port}\r\nCookie: qiao_session={plan.cookie}\r\n"
    welcomed = asyncio.get_running_loop().create_future()

    def first(payload: bytes) -> None:
        client.on_text = on_text
        welcomed.set_result(payload)

    client = await connect(plan.port, "/live", first, headers)
    client.send(b'{"type":"hello","epoch":"","after":0}')
    await asyncio.wait_for(welcomed, timeout=30)
    return client


async def visitor_socket(plan: Plan, token: str, on_text: Callable[[bytes], None]) -> SocketClient:
    """A customer's socket, welcomed."""
    welcomed: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def first(payload: bytes) -> None:
        client.on_text = on_text
        welcomed.set_result(payload)

    client = await connect(plan.port, "/visitor/v1/live", first)
    client.send(msgspec.json.encode({"type": "hello", "token": token, "epoch": None, "after": 0}))
    answer = await asyncio.wait_for(welcomed, timeout=30)
    if not answer.startswith(b'{"type":"welcome"'):
        raise ConnectionError(f"not welcomed: {answer[:200]!r}")
    return client


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
        self.sent[self._turn] = time.perf_counter() if at is None else at
        if self.client is not None:
            name = f"{_RUN}.{self._number}.{self._turn}"
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
        self._plan = plan
        self.talks = [Talk(self, number) for number in range(plan.connections)]

    def agent_heard(self, payload: bytes) -> None:
        """A frame of the server to the agent."""
        for number, turn in _NAMED.findall(payload):
            self.talks[int(number)].half(int(turn), self.trips)

    async def open(self) -> list[SocketClient]:
        """Agents first, then customers. The first agent is the one whose sight counts."""
        hear = [self.agent_heard, *([_ignore] * (self._plan.agents - 1))]
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
            notes={"refused": self.refused, "unfinished": sum(len(talk.sent) for talk in self.talks)},
        )


def _ignore(_payload: bytes) -> None:
    return


async def roundtrip(plan: Plan) -> Outcome:
    """Customers write, an agent hears. Closed loop: one message a connection under way; with `rate`: that many a second in all."""
    room = Room(plan)
    sockets = await room.open()
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
    while any(talk.sent for talk in room.talks) and time.perf_counter() - started < GRACE:
        await asyncio.sleep(0.05)


async def idle(plan: Plan) -> Outcome:
    """Open `connections` customers' sockets, tell it, hold them for `seconds`."""
    measured = Measured()
    started = time.perf_counter()
    sockets = await gathered(visitor_socket(plan, token, _ignore) for token in plan.tokens[: plan.connections])
    opening = time.perf_counter() - started
    await measured.until(asyncio.sleep(plan.seconds))
    alive = sum(not socket.closed.done() for socket in sockets)
    for socket in sockets:
        socket.close()
    return Outcome(
        count=alive, seconds=measured.seconds, client_cpu=measured.client_cpu, notes={"opening": opening, "opened": len(sockets)}
    )


async def fanout(plan: Plan) -> Outcome:
    """`connections` customers write in turn, each when all `agents` have the last one; counts deliveries to agents."""
    measured = Measured()
    counted = {"deliveries": 0, "frames": 0, "waiting": 0}
    times: list[float] = []
    everyone = asyncio.Event()

    def hear(payload: bytes) -> None:
        found = payload.count(_RECEIVED)
        if found:
            counted["waiting"] -= found
            if measured.active:
                counted["deliveries"] += found
                counted["frames"] += 1
            if counted["waiting"] <= 0:
                everyone.set()

    agents = await gathered((agent_socket(plan, hear) for _ in range(plan.agents)), at_once=20)
    senders = [await visitor_socket(plan, token, _ignore) for token in plan.tokens[: plan.connections]]
    await asyncio.sleep(1.0)
    stop = time.perf_counter() + plan.warm_up + plan.seconds + 0.2
    measuring = asyncio.create_task(measured.last(plan.warm_up, plan.seconds))
    turn = 0
    while time.perf_counter() < stop:
        everyone.clear()
        counted["waiting"] = plan.agents * plan.connections
        started = time.perf_counter()
        turn += 1
        for number, sender in enumerate(senders):
            sender.send(f'{{"type":"send","client_id":"{_RUN}.{number}.{turn}","text":"{TEXT}"}}'.encode())
        await asyncio.wait_for(everyone.wait(), timeout=20)
        if measured.active:
            times.append(time.perf_counter() - started)
    await measuring
    for socket in [*agents, *senders]:
        socket.close()
    return Outcome(
        count=counted["deliveries"],
        seconds=measured.seconds,
        client_cpu=measured.client_cpu,
        times={"everyone has it": spread(times)},
        notes={"frames": counted["frames"]},
    )


SCENARIOS: Mapping[str, Scenario] = {"roundtrip": roundtrip, "idle": idle, "fanout": fanout}
