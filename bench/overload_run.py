"""What the load client does for `bench.overload`: more than is taken, in open loop, and what came of each message.

A customer whose message is under way writes no other: whoever's turn it would be is passed over. What is refused is not repeated.
"""

import asyncio
import re
import time
from collections import deque

from bench.clients import RUN, agent_socket, gathered, ignore, visitor_socket
from bench.frames import SocketClient
from bench.load import TEXT, Measured, Outcome, Plan, spread, tell

GOOD_SECONDS = 2.0
GRACE_SECONDS = 10.0
_NAMED = re.compile(rb'"client_id":"' + RUN.encode() + rb'\.(\d+)"')


class Crowd:
    """Customers who write without an eye to how busy the desk is; what was said when, and what was answered."""

    def __init__(self) -> None:
        self.measured = Measured()
        self.free: deque[SocketClient] = deque()
        self.taken: list[float] = []
        self.offered = self.refused = self.told_when = 0
        self._sent: dict[int, tuple[SocketClient, float, bool]] = {}
        self._said = 0

    @property
    def unanswered(self) -> int:
        """Messages of the measured time that are still under way."""
        return sum(counts for _, _, counts in self._sent.values())

    def say(self) -> bool:
        """Who has been free for longest writes; False when nobody is free."""
        if not self.free:
            return False
        client = self.free.popleft()
        self._said += 1
        self._sent[self._said] = (client, time.perf_counter(), self.measured.active)
        self.offered += self.measured.active
        client.send(f'{{"type":"send","client_id":"{RUN}.{self._said}","text":"{TEXT}"}}'.encode())
        return True

    def heard(self, payload: bytes) -> None:
        """A frame of the server to one of them."""
        taken = payload.startswith(b'{"type":"ack"')
        found = _NAMED.search(payload) if taken or payload.startswith(b'{"type":"refused"') else None
        if found is None or int(found[1]) not in self._sent:
            return
        client, at, counts = self._sent.pop(int(found[1]))
        self.free.append(client)
        if counts and taken:
            self.taken.append(time.perf_counter() - at)
        elif counts:
            self.refused += 1
            self.told_when += b'"retry_after":' in payload


async def overload(plan: Plan) -> Outcome:
    """`rate` messages a second in all, over as many customers as there are tokens, whatever the server says."""
    crowd = Crowd()
    agent = await agent_socket(plan, ignore)
    clients = await gathered(visitor_socket(plan, token, crowd.heard) for token in plan.tokens)
    crowd.free.extend(clients)
    tell("opened")
    measuring = asyncio.create_task(crowd.measured.last(plan.warm_up, plan.seconds))
    started, turns = time.perf_counter(), 0
    while not measuring.done():
        due = int((time.perf_counter() - started) * plan.rate)
        while turns < due:
            turns += 1
            crowd.say()
        await asyncio.sleep(0.001)
    await measuring
    await _settle(crowd)
    for socket in (agent, *clients):
        socket.close()
    good = [seconds for seconds in crowd.taken if seconds <= GOOD_SECONDS]
    return Outcome(
        count=len(good),
        seconds=crowd.measured.seconds,
        client_cpu=crowd.measured.client_cpu,
        times={"ack": spread(crowd.taken)},
        notes={
            "good_seconds": GOOD_SECONDS,
            "offered": crowd.offered / crowd.measured.seconds,
            "refused": crowd.refused,
            "told_when": crowd.told_when,
            "unanswered": crowd.unanswered,
        },
    )


async def _settle(crowd: Crowd) -> None:
    until = time.perf_counter() + GRACE_SECONDS
    while time.perf_counter() < until:
        if not crowd.unanswered:
            return
        await asyncio.sleep(0.1)
