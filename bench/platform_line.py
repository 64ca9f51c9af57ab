"""A desk on one side and a channel's platform on the other: an inbox that is connected, and customers who have written."""

import contextlib
import importlib
import time
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import httpx
import msgspec
from msgspec import Struct

from bench.door import Door
from bench.drive import Started, desk_running, free_port, server, until_quiet
from bench.platform_server import Call
from bench.prepare import Desk
from bench.processes import module
from bench.setting import Setting
from qiao.channels.registry import load_channels
from qiao.domains.delivery.sending import UNPACED
from qiao.ports.channel import Capability, Manifest, RawReceipt

T = TypeVar("T")
PLACEHOLDER = "http://platform.test"
"""What simulators write for their own address."""
PROBE = "probe"
_CANNOT = (HTTPError, URLError, ModuleNotFoundError, AttributeError, KeyError, TypeError, ValueError, TimeoutError)


class Line(Struct, frozen=True):
    """The desk, the platform, and the conversations of its customers."""

    started: Started
    desk: Desk
    door: Door
    platform: str
    talks: list[str]


@contextlib.contextmanager
def connected_line(setting: Setting, customers: int) -> Generator[Line]:
    """A running desk and the first channel that can be written to. Raises RuntimeError when there is none."""
    at, desk = setting.prepared()
    port = free_port()
    origin, able = f"http://127.0.0.1:{port}", list(_able())
    hosts = ",".join(f"{one.name}.{role}={url}" for one in able for role, url in _hosts(one, origin).items())
    environment = {"QIAO_CHANNEL_HOSTS": hosts, "QIAO_OUTBOUND_PRIVATE": "allow"}
    with desk_running(at, settings=environment) as started:
        until_quiet(started.pid)
        door = Door(started, desk)
        for manifest in able:
            log = Path(at) / "platform.log"
            with server(module("bench.platform_server", manifest.name, str(port)), port, log) as platform:
                talks = _connected(door, manifest, origin, started.port, customers)
                if talks and platform.pid:
                    print(f"   replies by {manifest.name}")
                    yield Line(started, desk, door, origin, talks)
                    return
    raise RuntimeError("no channel's simulator could be written to")


def _able() -> Iterable[Manifest]:
    """Channels that a provider calls and that need not be slow: their own pace would be what is measured."""
    for _, channel in sorted(load_channels().items()):
        manifest = channel.manifest
        if manifest.webhook and Capability.LIVE not in manifest.capabilities and (manifest.per_second or UNPACED) >= UNPACED:
            yield manifest


def _hosts(manifest: Manifest, origin: str) -> dict[str, str]:
    return {role: f"{origin}/{role}" if len(manifest.hosts) > 1 else origin for role in manifest.hosts}


def _connected(door: Door, manifest: Manifest, origin: str, port: int, customers: int) -> list[str]:
    """An inbox of the channel whose customers all wrote and one of whom got an answer: their conversations; none when it cannot be."""
    try:
        simulator = importlib.import_module(f"qiao.channels.{manifest.name}.simulator").Simulator
        inbox = door.ask("inboxes", {"channel": manifest.name, "name": "bench"})
        known = {field.key for field in manifest.settings if field.type != "secret"}
        settings = {key: _placed(value, origin) for key, value in simulator.settings.items() if key in known}
        door.change(f"inboxes/{inbox['id']}", {"bot_enabled": False, "settings": settings})
        door.put(f"inboxes/{inbox['id']}/secrets", dict(simulator.secrets))
        texts = [(f"7001{number:07d}", "在吗") for number in range(customers)]
        receipts = msgspec.json.decode(_call(f"{origin}/_customers", msgspec.json.encode(texts)), type=list[RawReceipt])
        for one in receipts:
            _deliver(f"http://127.0.0.1:{port}/in/{inbox['key']}", one)
        talks = until(lambda: _talks(door, inbox["id"], customers), 15.0)
        door.ask(f"conversations/{talks[0]}/messages", {"text": PROBE, "client_id": f"probe-{inbox['id']}"})
        until(lambda: any(PROBE.encode() in one.body for one in asked(origin)), 10.0)
    except _CANNOT:
        return []
    return talks


def asked(origin: str) -> list[Call]:
    """What the platform was asked since the last look."""
    return msgspec.json.decode(_call(f"{origin}/_asked", b""), type=list[Call])


def _call(url: str, body: bytes) -> bytes:
    with urlopen(Request(url, data=body, method="POST"), timeout=60) as answer:
        return answer.read()


def _deliver(url: str, receipt: RawReceipt) -> None:
    address = httpx.URL(url, params=dict(receipt.query)) if receipt.query else httpx.URL(url)
    request = Request(str(address), data=receipt.body, method=receipt.method, headers=dict(receipt.headers))
    with urlopen(request, timeout=30) as answer:
        answer.read()


def _talks(door: Door, inbox_id: str, customers: int) -> list[str]:
    found: list[str] = []
    cursor = ""
    while True:
        page = door.ask(f"conversations?view=all&limit=100&inbox_id={inbox_id}{cursor}")
        found += [one["id"] for one in page["items"]]
        if not page["next_cursor"]:
            return found if len(found) == customers else []
        cursor = f"&cursor={page['next_cursor']}"


def _placed(value: Any, origin: str) -> Any:
    """The value with the simulator's address for what stands for it."""
    if isinstance(value, dict):
        return {key: _placed(one, origin) for key, one in value.items()}
    return value.replace(PLACEHOLDER, origin) if isinstance(value, str) else value


def until(look: Callable[[], T], longest: float) -> T:
    """What it sees when it sees something. Raises TimeoutError."""
    begun = time.perf_counter()
    while not (found := look()):
        if time.perf_counter() - begun > longest:
            raise TimeoutError(f"not there after {longest:.0f} s")
        time.sleep(0.05)
    return found
