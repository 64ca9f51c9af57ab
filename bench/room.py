"""Customers who write and an agent who hears them, and how long each message took."""

import asyncio
import re
import time

from bench.clients import RUN, agent_socket, gathered, ignore, visitor_socket
from bench.frames import SocketClient
from bench.load import TEXT, Measured, Outcome, Plan, spread

# Client ids name the run, the connection and the turn, so that whoever sees a message knows when it was sent.
_NAMED = re.compile(rb'"client_id":"' + RUN.encode() + rb'\.(\d+)\.(\d+)"')


class Talk:
    """One customer: what was sent and not yet both acknowledged and seen by the agent."""

    def __init__(self, room: "Room", number: int) -> None:
        self._room = room
        self._number = number
        self.client: SocketClient | None = None
        self.sent: dict[int, float] = {}
        self._half: dict[int, float] = {}
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
        first = self._half.pop(turn, None)
        if first is None:
            self._half[turn] = time.perf_counter()
            return
        if self._room.measured.active:
            self._room.gaps.append(time.perf_counter() - first if times is self._room.trips else 0.0)
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
        self.gaps: list[float] = []
        """From a message's acknowledgement to the agent's sight of it; 0 when that came first."""
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
            # The first is due at once: said a whole interval later, each would count as that much late.
            wanted = int((now - started) * self._plan.rate) + 1
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
