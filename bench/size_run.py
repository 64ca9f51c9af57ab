"""What the load client does for `bench.size`: agents who open pages, each the next one as soon as they have seen the last."""

import asyncio
import random
import time
from collections.abc import Sequence

from bench.http_client import HttpClient, open_http
from bench.load import Measured, Outcome, Plan, spread, tell

VIEWS = ("mine", "waiting", "open", "all", "resolved")


def requests_of(page: str, wanted: str) -> list[str]:
    """The paths that the console asks for to show a page; `wanted` is a view, a conversation, some words or a number of days."""
    if page == "inbox":
        return [f"/api/v1/conversations?view={wanted}&limit=50", "/api/v1/conversations/counts"]
    if page == "conversation":
        return [f"/api/v1/conversations/{wanted}"]
    if page == "report":
        return [f"/api/v1/analytics/overview?days={wanted}"]
    return [f"/api/v1/search?q={wanted}"]


def get(path: str, cookie: str) -> bytes:
    """A whole GET request of a console."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: qiao_session={cookie}\r\nX-Qiao-Client: console\r\n\r\n".encode()


async def pages(plan: Plan) -> Outcome:
    """`options`: `page` (its name), `wanted` (what is asked for, by turns), `pause` (seconds between two pages of an agent, 0: none).

    `tokens` are the agents' sessions. A page is seen when all it asks for is there; what it asks for, it asks for at once.
    """
    page, wanted, pause = str(plan.options["page"]), list(plan.options["wanted"]), float(plan.options.get("pause", 0))
    measured = Measured()
    times: list[float] = []
    stop = time.perf_counter() + plan.warm_up + plan.seconds + 0.2
    clients = [[await open_http(plan.port) for _ in requests_of(page, "")] for _ in range(plan.agents)]

    async def work(number: int) -> None:
        drawn = random.Random(number)
        await asyncio.sleep(drawn.random() * max(pause, 0.05))
        while time.perf_counter() < stop:
            started = time.perf_counter()
            await _page(clients[number], requests_of(page, drawn.choice(wanted)), plan.tokens[number % len(plan.tokens)])
            taken = time.perf_counter() - started
            if measured.active:
                times.append(taken)
            await asyncio.sleep(max(0.0, pause - taken))

    tell("opened")
    await asyncio.gather(measured.last(plan.warm_up, plan.seconds), *(work(number) for number in range(plan.agents)))
    for client in [one for some in clients for one in some]:
        client.close()
    ordered = sorted(times) or [0.0]
    return Outcome(
        count=len(times),
        seconds=measured.seconds,
        client_cpu=measured.client_cpu,
        times={page: spread(times)},
        notes={"p95": ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))] * 1e3},
    )


async def _page(clients: Sequence[HttpClient], paths: Sequence[str], cookie: str) -> None:
    answers = await asyncio.gather(*(one.ask(get(path, cookie)) for one, path in zip(clients, paths, strict=True)))
    for status, body in answers:
        if status != 200:
            raise ConnectionError(f"a page was refused with {status}: {body[:300]!r}")
