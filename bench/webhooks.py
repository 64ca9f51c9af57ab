"""Providers that deliver: an open loop of calls whatever the answers, and a burst that has to be drained in order."""

import asyncio
import importlib
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode

from bench.door import Door
from bench.http_client import HttpClient, open_http
from bench.report import Figure
from bench.setting import Setting
from qiao.channels.registry import load_channels
from qiao.ports.channel import Manifest, RawReceipt

LONGEST = 600.0
CONNECTIONS = 64
_CANNOT = (HTTPError, ModuleNotFoundError, AttributeError, KeyError, TypeError)


class Provider:
    """A platform's simulator on one side, an inbox of the desk on the other."""

    def __init__(self, door: Door, manifest: Manifest) -> None:
        self._simulator = importlib.import_module(f"qiao.channels.{manifest.name}.simulator").Simulator(manifest)
        inbox = door.ask("inboxes", {"channel": manifest.name, "name": "bench"})
        self.inbox_id: str = inbox["id"]
        self.path = f"/in/{inbox['key']}"
        known = {field.key for field in manifest.settings}
        settings = {key: value for key, value in self._simulator.settings.items() if key in known}
        door.change(f"inboxes/{self.inbox_id}", {"bot_enabled": False, "settings": settings})
        door.put(f"inboxes/{self.inbox_id}/secrets", dict(self._simulator.secrets))

    def written(self, texts: Sequence[tuple[str, str]]) -> list[bytes]:
        """What the platform calls us with when customers (address) write (text), as whole requests."""

        async def write() -> list[RawReceipt]:
            for address, text in texts:
                await self._simulator.customer_writes(address, text)
            delivered, self._simulator.delivered = self._simulator.delivered, []
            return delivered

        return [self._request(one) for one in asyncio.run(write())]

    def _request(self, receipt: RawReceipt) -> bytes:
        query = f"?{urlencode(receipt.query)}" if receipt.query else ""
        lines = {"Host": "127.0.0.1", "Content-Length": str(len(receipt.body)), **receipt.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if name.lower() != "host" or value == "127.0.0.1")
        return f"{receipt.method} {self.path}{query} HTTP/1.1\r\n{head}\r\n".encode() + receipt.body


def webhooks(setting: Setting) -> list[Figure]:
    """Through the door of providers, on a running desk with its worker."""
    rate, seconds, burst = setting.pick(100, 500), setting.pick(3.0, 20.0), setting.pick(300, 10_000)
    with setting.desk() as (started, desk):
        door = Door(started, desk)
        provider = _first_that_works(door, started.port)
        steady = provider.written(_talks("steady", int(rate * seconds), 400))
        times, late = asyncio.run(_open_loop(started.port, steady, rate))
        _until(lambda: _lag(door, provider) == 0)
        texts = _talks("burst", burst, max(1, burst // 50))
        calls = provider.written(texts)
        begun = time.perf_counter()
        asyncio.run(_at_once(started.port, calls))
        answered = time.perf_counter() - begun
        _until(lambda: _lag(door, provider) == 0)
        drained = time.perf_counter() - begun
        _check(door, provider, texts)
    times.sort()
    note = f"p50 {times[len(times) // 2]:.1f} ms, slowest {times[-1]:.0f} ms, {len(times):,} calls, {late} begun late"
    return [
        Figure(
            name=f"a delivery stored and answered, p99 at {rate}/s",
            value=times[int(len(times) * 0.99)],
            unit="ms",
            aim=("<=", 50),
            note=note,
        ),
        Figure(name=f"{burst:,} deliveries stored and answered", value=answered, unit="s", note=f"{burst / answered:,.0f}/s"),
        Figure(
            name=f"{burst:,} deliveries in their conversations, in order, none lost",
            value=drained,
            unit="s",
            note=f"{burst / drained:,.0f}/s over {max(1, burst // 50)} customers, the door's work included",
        ),
    ]


def _first_that_works(door: Door, port: int) -> Provider:
    """The first channel whose simulator can call a desk that knows nothing of it but what an admin enters."""
    for name, channel in sorted(load_channels().items()):
        if not channel.manifest.webhook:
            continue
        try:
            provider = Provider(door, channel.manifest)
            (call,) = provider.written([("probe", "在吗")])
        except (*_CANNOT, ValueError):
            continue
        (status,) = asyncio.run(_at_once(port, [call], strict=False))
        if status < 300 and _came_in(door, provider):
            print(f"   deliveries of {name}")
            return provider
    raise RuntimeError("no channel's simulator could deliver")


def _came_in(door: Door, provider: Provider) -> bool:
    try:
        _until(lambda: bool(_conversations(door, provider)), longest=10)
    except TimeoutError:
        return False
    return True


def _talks(name: str, count: int, customers: int) -> list[tuple[str, str]]:
    """Messages of many customers in turns; each text says which of its customer's it is."""
    return [(f"{name}-{place % customers}", f"{name}-{place % customers} {place // customers}") for place in range(count)]


async def _open_loop(port: int, calls: Sequence[bytes], rate: float) -> tuple[list[float], int]:
    """Begin `rate` calls a second whatever the answers; milliseconds from when each was due, and how many had no connection free then."""
    free: asyncio.Queue[HttpClient] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await open_http(port))
    times: list[float] = []
    late = 0
    begun = time.perf_counter()

    async def call(request: bytes, due: float) -> None:
        client = await free.get()
        status, _body = await client.ask(request)
        free.put_nowait(client)
        if status != 200:
            raise RuntimeError(f"a delivery was answered {status}")
        times.append((time.perf_counter() - due) * 1000)

    async with asyncio.TaskGroup() as tasks:
        for place, request in enumerate(calls):
            due = begun + place / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            late += free.empty()
            tasks.create_task(call(request, due))
    while not free.empty():
        free.get_nowait().close()
    return times, late


async def _at_once(port: int, calls: Sequence[bytes], *, strict: bool = True) -> list[int]:
    """Each customer's calls in their order, as fast as they are answered."""
    lanes = min(CONNECTIONS, len(calls))
    statuses: list[int] = []

    async def send(part: Sequence[bytes]) -> None:
        client = await open_http(port)
        for one in part:
            status, _body = await client.ask(one)
            statuses.append(status)
        client.close()

    await asyncio.gather(*(send(calls[lane::lanes]) for lane in range(lanes)))
    if strict and set(statuses) != {200}:
        raise RuntimeError(f"deliveries were answered {sorted(set(statuses))}")
    return statuses


def _lag(door: Door, provider: Provider) -> float:
    state = door.ask(f"inboxes/{provider.inbox_id}/channel")
    if state["parked"]:
        raise RuntimeError(f"{state['parked']} deliveries could not be read")
    return state["lag_seconds"]


def _conversations(door: Door, provider: Provider) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = door.ask(f"conversations?view=all&limit=100&inbox_id={provider.inbox_id}{cursor}")
        found += page["items"]
        if not page["next_cursor"]:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def _check(door: Door, provider: Provider, texts: Sequence[tuple[str, str]]) -> None:
    """Every message is there once, and each customer's are in their order."""
    expected: dict[str, list[str]] = {}
    for address, text in texts:
        expected.setdefault(address, []).append(text)
    seen = 0
    for conversation in _conversations(door, provider):
        said = [one["text"] for one in door.ask(f"conversations/{conversation['id']}/messages?limit=100")["items"]]
        address = said[0].split(" ")[0]
        if address in expected:
            seen += 1
            if said != expected[address]:
                raise RuntimeError(f"{address} said {len(expected[address])}, {len(said)} are there, or in another order")
    if seen != len(expected):
        raise RuntimeError(f"{len(expected)} customers wrote, {seen} are there")


def _until(done: Callable[[], bool], longest: float = LONGEST) -> None:
    begun = time.perf_counter()
    while not done():
        if time.perf_counter() - begun > longest:
            raise TimeoutError(f"not there after {longest:.0f} s")
        time.sleep(0.05)
