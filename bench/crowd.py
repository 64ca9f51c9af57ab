"""One writes, many hear: a desk's agents, nginx with nchan, ejabberd's rooms. All with the same closed loop: the next message goes
out when everybody has the last one.
"""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable

from bench.clients import RUN, agent_socket, gathered, ignore, visitor_socket
from bench.frames import SocketClient, connect
from bench.http_client import open_http
from bench.load import TEXT, Measured, Outcome, Plan, spread

PATIENCE = 5.0
_MARK = f'"client_id":"{RUN}.'.encode()


class Crowd:
    """Counts deliveries of what contains a mark."""

    def __init__(self, plan: Plan, mark: bytes) -> None:
        self._plan = plan
        self._mark = mark
        self._measured = Measured()
        self._missing = 0
        self._everyone = asyncio.Event()
        self._times: list[float] = []
        self._notes = {"frames": 0.0, "missed": 0.0}
        self.deliveries = 0

    def hear(self, payload: bytes) -> None:
        """What one of the crowd received."""
        found = payload.count(self._mark)
        if not found:
            return
        self._missing -= found
        if self._measured.active:
            self.deliveries += found
            self._notes["frames"] += 1
        if self._missing <= 0:
            self._everyone.set()

    async def entertain(self, say: Callable[[int], Awaitable[None]], a_turn: int = 1) -> Outcome:
        """Say turn after turn, each of which makes `a_turn` messages, and measure."""
        plan = self._plan
        stop = time.perf_counter() + plan.warm_up + plan.seconds + 0.1
        measuring = asyncio.create_task(self._measured.last(plan.warm_up, plan.seconds))
        turn = 0
        while time.perf_counter() < stop:
            turn += 1
            await self._turn(say, turn, a_turn)
        await measuring
        return Outcome(
            count=self.deliveries,
            seconds=self._measured.seconds,
            client_cpu=self._measured.client_cpu,
            times={"everybody has it": spread(self._times)},
            notes=self._notes,
        )

    async def _turn(self, say: Callable[[int], Awaitable[None]], turn: int, a_turn: int) -> None:
        self._everyone.clear()
        self._missing = self._plan.agents * a_turn
        started = time.perf_counter()
        await say(turn)
        try:
            await asyncio.wait_for(self._everyone.wait(), timeout=PATIENCE)
        except TimeoutError:
            self._notes["missed"] += self._missing
            return
        if self._measured.active:
            self._times.append(time.perf_counter() - started)


async def fanout(plan: Plan) -> Outcome:
    """A desk: `connections` customers write at once, `agents` consoles hear.

    All who have a token take turns: one customer may send 20 a second, with bursts of 200.
    """
    crowd = Crowd(plan, _MARK)
    agents = await gathered((agent_socket(plan, crowd.hear) for _ in range(plan.agents)), at_once=20)
    senders = [await visitor_socket(plan, token, ignore) for token in plan.tokens]
    turns = itertools.cycle(senders)
    await asyncio.sleep(1.0)

    async def say(turn: int) -> None:
        for number, sender in enumerate(itertools.islice(turns, plan.connections)):
            sender.send(f'{{"type":"send","client_id":"{RUN}.{number}.{turn}","text":"{TEXT}"}}'.encode())

    outcome = await crowd.entertain(say, plan.connections)
    for one in [*agents, *senders]:
        one.close()
    return outcome


async def fanout_nchan(plan: Plan) -> Outcome:
    """Nginx with nchan: `agents` subscribers on WebSockets, one publisher over HTTP. Nothing is stored."""
    crowd = Crowd(plan, RUN.encode())
    subscribers: list[SocketClient] = await gathered(connect(plan.port, "/sub", crowd.hear) for _ in range(plan.agents))
    publisher = await open_http(plan.port)
    filling = " " * int(plan.options.get("bytes", 400))

    async def say(turn: int) -> None:
        body = f"{RUN}.{turn}{TEXT}{filling}".encode()
        await publisher.ask(f"POST /pub HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    outcome = await crowd.entertain(say)
    for one in subscribers:
        one.close()
    publisher.close()
    return outcome


class Jabber(asyncio.Protocol):
    """One XMPP connection (RFC 6120) with as little parsing as counting needs."""

    def __init__(self, hear: Callable[[bytes], None]) -> None:
        self.hear = hear
        self.transport: asyncio.WriteTransport | None = None
        self._buffer = b""
        self._wanted: tuple[bytes, asyncio.Future[None]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """During sign-in look for what is awaited; afterwards count."""
        if self._wanted is None:
            self.hear(data)
            return
        self._buffer += data
        wanted, future = self._wanted
        if wanted in self._buffer and not future.done():
            self._buffer = b""
            self._wanted = None
            future.set_result(None)

    async def say(self, text: str, until: bytes = b"") -> None:
        """Send; with `until`, wait for that in the answer."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if until:
            self._wanted = (until, future)
        if self.transport is not None:
            self.transport.write(text.encode())
        if until:
            await asyncio.wait_for(future, timeout=30)


async def _join_room(plan: Plan, number: int, hear: Callable[[bytes], None]) -> Jabber:
    _transport, one = await asyncio.get_running_loop().create_connection(lambda: Jabber(hear), "127.0.0.1", plan.port)
    stream = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>"
    await one.say(f"<?xml version='1.0'?>{stream}", b"</stream:features>")
    await one.say("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>", b"<success")
    await one.say(stream, b"</stream:features>")
    await one.say("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>", b"</iq>")
    await one.say("<presence/>")
    room = f"<presence to='room@conference.localhost/n{number}'><x xmlns='http://jabber.org/protocol/muc'/></presence>"
    await one.say(room, b"code='110'")
    return one


async def fanout_muc(plan: Plan) -> Outcome:
    """ejabberd: `agents` members of one room, the first of whom writes. Nothing is stored."""
    crowd = Crowd(plan, b"</body>")
    members = [await _join_room(plan, 0, crowd.hear)]
    members += await gathered((_join_room(plan, number, crowd.hear) for number in range(1, plan.agents)), at_once=20)
    await asyncio.sleep(2.0)

    async def say(turn: int) -> None:
        body = f"<body>{RUN}.{turn} {TEXT}</body>"
        await members[0].say(f"<message to='room@conference.localhost' type='groupchat' id='{turn}'>{body}</message>")

    outcome = await crowd.entertain(say)
    for one in members:
        if one.transport is not None:
            one.transport.close()
    return outcome
