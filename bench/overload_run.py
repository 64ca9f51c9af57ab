"""What the load client does for `bench.overload`: more than is taken, in open loop, and what came of each message.

A customer whose message is under way writes no other: whoever's turn it would be is passed over. What is refused is not repeated,
and its customer does as the answer says, as the widget does: it comes again no sooner.
"""

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable

from bench.clients import RUN, agent_socket, gathered, ignore, visitor_socket
from bench.frames import SocketClient
from bench.http_client import HttpClient, open_http, post
from bench.load import TEXT, Measured, Outcome, Plan, spread, tell

GOOD_SECONDS = 2.0
GRACE_SECONDS = 10.0
TAKEN, REFUSALS = 201, (429, 503)
_NAMED = re.compile(rb'"client_id":"' + RUN.encode() + rb'\.(\d+)"')
_WHEN = re.compile(rb'"retry_after":([0-9.]+)')

Say = Callable[[int], None]
"""How one customer sends the message of a number."""


class Crowd:
    """Customers who write without an eye to how busy the desk is; what was said when, and what was answered."""

    def __init__(self) -> None:
        self.measured = Measured()
        self.free: deque[Say] = deque()
        self.taken: list[float] = []
        self.offered = self.refused = self.told_when = 0
        self._sent: dict[int, tuple[Say, float, bool]] = {}
        self._said = 0

    @property
    def unanswered(self) -> int:
        """Messages of the measured time that are still under way."""
        return sum(counts for _, _, counts in self._sent.values())

    def say(self) -> bool:
        """Who has been free for longest writes; False when nobody is free."""
        if not self.free:
            return False
        say = self.free.popleft()
        self._said += 1
        self._sent[self._said] = (say, time.perf_counter(), self.measured.active)
        self.offered += self.measured.active
        say(self._said)
        return True

    def answered(self, number: int, *, taken: bool, told_when: bool = False, pause: float = 0.0) -> None:
        """A message was taken or refused; whoever wrote it is free, or will be after `pause` seconds."""
        if number not in self._sent:
            return
        say, at, counts = self._sent.pop(number)
        if pause:
            asyncio.get_running_loop().call_later(pause, self.free.append, say)
        else:
            self.free.append(say)
        if counts and taken:
            self.taken.append(time.perf_counter() - at)
        elif counts:
            self.refused += 1
            self.told_when += told_when

    def heard(self, payload: bytes) -> None:
        """A frame of the server to one of them."""
        taken = payload.startswith(b'{"type":"ack"')
        found = _NAMED.search(payload) if taken or payload.startswith(b'{"type":"refused"') else None
        if found is not None:
            when = None if taken else _WHEN.search(payload)
            self.answered(int(found[1]), taken=taken, told_when=when is not None, pause=float(when[1]) if when else 0.0)


def _by_socket(client: SocketClient) -> Say:
    return lambda number: client.send(f'{{"type":"send","client_id":"{RUN}.{number}","text":"{TEXT}"}}'.encode())


def _message(token: str, number: int) -> bytes:
    body = f'{{"client_id":"{RUN}.{number}","text":"{TEXT}"}}'.encode()
    return post("/visitor/v1/messages", body, f"Authorization: Bearer {token}\r\n")


def _by_http(crowd: Crowd, client: HttpClient, token: str) -> Say:
    def say(number: int) -> None:
        client.begin(_message(token, number)).add_done_callback(lambda answer: over(number, answer))

    def over(number: int, answer: asyncio.Future[tuple[int, bytes]]) -> None:
        # An end without an answer, or one that is neither yes nor come again, stays unanswered.
        status = 0 if answer.cancelled() or answer.exception() else answer.result()[0]
        when = client.retry_after if status in REFUSALS else None
        if status in (TAKEN, *REFUSALS):
            crowd.answered(number, taken=status == TAKEN, told_when=when is not None, pause=when or 0.0)

    return say


async def overload(plan: Plan) -> Outcome:
    """`rate` messages a second in all, over as many customers as there are tokens, whatever the server says. With the option "http"
    they have no socket.
    """
    crowd = Crowd()
    agent = await agent_socket(plan, ignore)
    if plan.options.get("http"):
        clients = await gathered(open_http(plan.port) for _ in plan.tokens)
        crowd.free.extend(_by_http(crowd, client, token) for client, token in zip(clients, plan.tokens, strict=True))
    else:
        clients = await gathered(visitor_socket(plan, token, crowd.heard) for token in plan.tokens)
        crowd.free.extend(map(_by_socket, clients))
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


async def posting(plan: Plan) -> Outcome:
    """Customers without sockets, each of whom writes again when the message before it is stored; an agent follows."""
    measured, times = Measured(), list[float]()
    agent = await agent_socket(plan, ignore)
    clients = await gathered(open_http(plan.port) for _ in plan.tokens)
    stop = time.perf_counter() + plan.warm_up + plan.seconds + 0.1

    async def write(place: int) -> None:
        number = place
        while (started := time.perf_counter()) < stop:
            status, body = await clients[place].ask(_message(plan.tokens[place], number))
            number += len(clients)
            if status in REFUSALS:
                await asyncio.sleep(clients[place].retry_after or 0)
                continue
            if status != TAKEN:
                raise ConnectionError(f"refused with {status}: {body[:300]!r}")
            if measured.active:
                times.append(time.perf_counter() - started)

    tell("opened")
    await asyncio.gather(measured.last(plan.warm_up, plan.seconds), *(write(place) for place in range(len(clients))))
    for one in (agent, *clients):
        one.close()
    return Outcome(count=len(times), seconds=measured.seconds, client_cpu=measured.client_cpu, times={"ack": spread(times)})


async def _settle(crowd: Crowd) -> None:
    until = time.perf_counter() + GRACE_SECONDS
    while time.perf_counter() < until:
        if not crowd.unanswered:
            return
        await asyncio.sleep(0.1)
