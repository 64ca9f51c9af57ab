"""Replies on their way to customers: written at the desk, sent through a channel's adapter, counted where the platform is.

Beside it, in the same run, the same requests by an HTTP client alone, as many at once as delivery has of one inbox.
"""

import asyncio
import re
import time
from collections.abc import Mapping, Sequence

import httpx
import msgspec
from msgspec import Struct

from bench.drive import until_quiet
from bench.http_client import open_http, post
from bench.platform_line import Line, asked, connected_line, until
from bench.platform_server import Call
from bench.processes import cost
from bench.report import Figure
from bench.setting import Setting
from qiao.domains.delivery.dispatching import AT_ONCE_OF_INBOX

LONGEST = 300.0
WRITERS = 16
_REPLY = re.compile(rb"reply-(\d+)-(\d+)-")


class Sent(Struct, frozen=True):
    """A burst of replies: seconds, CPU seconds, milliseconds from written to sent, and the requests that did it."""

    seconds: float
    cpu: float
    waits: list[float]
    calls: list[Call]


def delivery(setting: Setting) -> list[Figure]:
    """A burst for the pace, then a steady stream for the wait of one reply."""
    customers, each = setting.pick(20, 100), setting.pick(5, 30)
    rate, seconds = setting.pick(20, 50), setting.pick(3.0, 20.0)
    with connected_line(setting, customers) as line:
        burst = _burst(line, each)
        bare = asyncio.run(_bare(line.platform, burst.calls))
        asked(line.platform)
        steady = _steady(line, rate, seconds, each)
    waits, count = sorted(steady), len(burst.waits)
    return [
        Figure(
            name=f"{count:,} replies sent by one inbox, each conversation in order",
            value=count / burst.seconds,
            unit="/s",
            note=f"{burst.seconds:.1f} s from the first that was written to the last that was sent",
        ),
        Figure(
            name="beside a bare HTTP client with the same requests",
            value=(count / burst.seconds) / (len(burst.calls) / bare),
            unit="x",
            note=f"{len(burst.calls) / bare:,.0f} requests a second, {AT_ONCE_OF_INBOX} at once",
        ),
        Figure(
            name="CPU of one reply",
            value=burst.cpu * 1000 / count,
            unit="ms",
            note="server, worker and database; writing it, telling it and the search included",
        ),
        Figure(
            name=f"from written to sent, p99 at {rate}/s",
            value=waits[int(len(waits) * 0.99)],
            unit="ms",
            note=f"p50 {waits[len(waits) // 2]:.1f} ms, slowest {waits[-1]:.0f} ms, {len(waits):,} replies",
        ),
    ]


def _burst(line: Line, each: int) -> Sent:
    """Every conversation is written `each` replies, as fast as the desk takes them."""
    asked(line.platform)
    before, begun = cost(line.started.pid), time.perf_counter()
    written = asyncio.run(_write(line, each, None))
    calls = _until_sent(line, written)
    seconds = max(one.at for one in calls) - begun
    after, _backlog = until_quiet(line.started.pid)
    return Sent(seconds, (after - before).total, _waits(written, calls), calls)


def _steady(line: Line, rate: float, seconds: float, first: int) -> list[float]:
    """Milliseconds from written to sent while `rate` replies a second are written, to one customer after another."""
    each = max(1, int(rate * seconds) // len(line.talks))
    written = asyncio.run(_write(line, each, rate, first))
    return _waits(written, _until_sent(line, written))


async def _write(line: Line, each: int, rate: float | None, first: int = 0) -> dict[tuple[int, int], float]:
    """When each reply (conversation, number) was acknowledged. A conversation's are written one after the other."""
    headers = f"Cookie: qiao_session={line.desk.owner_cookie}\r\nX-Qiao-Client: console\r\n"
    written: dict[tuple[int, int], float] = {}
    begun = time.perf_counter()

    async def writes(writer: int) -> None:
        client = await open_http(line.started.port)
        for number in range(first, first + each):
            for place in range(writer, len(line.talks), WRITERS):
                if rate is not None:
                    due = begun + ((number - first) * len(line.talks) + place) / rate
                    await asyncio.sleep(max(0.0, due - time.perf_counter()))
                own = {"text": f"reply-{place}-{number}-", "client_id": f"{line.platform}-{begun}-{place}-{number}"}
                request = post(f"/api/v1/conversations/{line.talks[place]}/messages", msgspec.json.encode(own), headers)
                status, body = await client.ask(request)
                if status >= 300:
                    raise RuntimeError(f"a reply was answered {status}: {body[:200]!r}")
                written[place, number] = time.perf_counter()
        client.close()

    await asyncio.gather(*(writes(writer) for writer in range(min(WRITERS, len(line.talks)))))
    return written


def _until_sent(line: Line, written: Mapping[tuple[int, int], float]) -> list[Call]:
    """The requests with which the replies came to the platform. Raises RuntimeError unless each came once and in its order."""
    calls: list[Call] = []

    def all_there() -> bool:
        calls.extend(one for one in asked(line.platform) if _REPLY.search(one.body))
        return len({_which(one) for one in calls}) >= len(written)

    until(all_there, LONGEST)
    came = [_which(one) for one in sorted(calls, key=lambda one: one.at)]
    if len(came) != len(written):
        raise RuntimeError(f"{len(written)} replies were written, {len(came)} sent")
    for place in range(len(line.talks)):
        mine = [number for talk, number in came if talk == place]
        if mine != sorted(mine):
            raise RuntimeError("the replies of a conversation were sent in another order")
    return calls


def _waits(written: Mapping[tuple[int, int], float], calls: Sequence[Call]) -> list[float]:
    return [max(0.0, one.at - written[_which(one)]) * 1000 for one in calls]


def _which(call: Call) -> tuple[int, int]:
    found = _REPLY.search(call.body)
    if found is None:
        raise ValueError("not one of the replies")
    return int(found[1]), int(found[2])


async def _bare(origin: str, calls: Sequence[Call]) -> float:
    """Seconds for the same requests, each on a connection of its own as the desk's guarded client has it."""
    waiting = list(reversed(calls))

    async def sends(client: httpx.AsyncClient) -> None:
        while waiting:
            one = waiting.pop()
            kept = {name: value for name, value in one.headers.items() if name not in {"host", "content-length", "connection"}}
            await client.request(one.method, origin + one.target, headers={**kept, "Connection": "close"}, content=one.body)

    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        begun = time.perf_counter()
        await asyncio.gather(*(sends(client) for _ in range(AT_ONCE_OF_INBOX)))
        return time.perf_counter() - begun
