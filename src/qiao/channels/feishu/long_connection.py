"""The long connection: a line of our own, on which Feishu's events and taps come in the open, since the line itself is sealed.

An event that is long comes in several frames. It is answered in its own frame, and only when it is stored for good: what was not answered
is delivered again. Source: the platform's own library (its protocol has no page).
"""

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import msgspec
from msgspec import Struct

from qiao.channels.feishu import frames
from qiao.channels.feishu.client import host
from qiao.channels.feishu.codec import LINE_REFUSED
from qiao.channels.shared import lines
from qiao.channels.shared.asking import ask, read_answer, whole, words
from qiao.kit.errors import Invalid
from qiao.ports.channel import Account, Deliver, Retry, Wire, WireRequest

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

OPEN_PATH = "/callback/ws/endpoint"
LATER = frozenset({1, 1000040343, 1000040350})
"""Busy, broken, or too many connections: nothing of the account."""
MAX_PARTS = 64
MAX_WAITING = 16


class Config(Struct, frozen=True, rename="pascal"):
    """How often to say that we are there."""

    ping_interval: float = 120.0


class Place(Struct, frozen=True):
    """Where to connect."""

    url: str = msgspec.field(default="", name="URL")
    config: Config | None = msgspec.field(default=None, name="ClientConfig")


class Opened(Struct, frozen=True):
    """The answer to the call that asks for it."""

    code: int
    msg: str = ""
    data: Place | None = None


class Parts:
    """Events of which not everything is there yet; the oldest gives way."""

    def __init__(self) -> None:
        self._waiting: dict[str, dict[int, bytes]] = {}

    def whole(self, frame: frames.Frame) -> bytes | None:
        """What the frame says, with those before it; None while something is missing, or when it makes no sense."""
        said = frame.headers
        count, place = (whole(one) or 0 for one in (said.get("sum", "1"), said.get("seq", "0")))
        if count <= 1:
            return frame.payload
        if count > MAX_PARTS or place >= count:
            return None
        name = said.get("message_id", "")
        held = self._waiting.setdefault(name, {})
        held[place] = frame.payload
        if len(held) < count:
            if len(self._waiting) > MAX_WAITING:
                self._waiting.pop(next(iter(self._waiting)))
            return None
        del self._waiting[name]
        return b"".join(held[one] for one in sorted(held))


async def listen(account: Account, wire: Wire, deliver: Deliver) -> None:
    """Hold one line until Feishu ends it; whoever calls waits between two of them. Raises what `deliver` raises."""
    place = await _opened(account, wire, deliver)
    if place is None:
        return
    async with lines.held(place.url, wire, plain=host(account).startswith("http://")) as line:
        if line is None:
            return
        pinging = asyncio.create_task(_ping(line, place))
        try:
            await _heard(line, account, deliver)
        finally:
            pinging.cancel()
            await asyncio.gather(pinging, return_exceptions=True)


async def _heard(line: "ClientConnection", account: Account, deliver: Deliver) -> None:
    parts = Parts()
    async for raw in line:
        try:
            frame = frames.read(raw if isinstance(raw, bytes) else raw.encode())
        except Invalid:
            continue
        if frame.method != frames.DATA or frame.headers.get("type") not in {"event", "card"}:
            continue
        body = parts.whole(frame)
        if body is not None:
            await deliver(lines.brought(account, body))
            await line.send(frames.written(msgspec.structs.replace(frame, payload=b'{"code":200}')))


async def _ping(line: "ClientConnection", place: Place) -> None:
    service = parse_qs(urlsplit(place.url).query).get("service_id", ["0"])[0]
    number = whole(service) or 0
    ping = frames.written(frames.Frame(service=number, headers={"type": "ping"}))
    every = max((place.config or Config()).ping_interval, 1.0)
    while True:
        await line.send(ping)
        await asyncio.sleep(every)


async def _opened(account: Account, wire: Wire, deliver: Deliver) -> Place | None:
    """Where to connect; None when it is refused, which is told once."""
    asked = {"AppID": account.settings.get("app_id", ""), "AppSecret": account.secrets.get("app_secret", "")}
    answer = await ask(wire, WireRequest(url=host(account) + OPEN_PATH, headers={"locale": "zh"}, json=asked))
    told = None if isinstance(answer, Retry) else read_answer(answer, Opened)
    if told is None:
        return None
    if told.code == 0:
        await lines.accepted(wire)
        return told.data if told.data and told.data.url else None
    if told.code not in LATER:
        body = {"header": {"event_type": LINE_REFUSED}, "event": {"refused": words(f"{told.code} {told.msg}")}}
        await lines.refused(account, wire, deliver, msgspec.json.encode(body))
    return None
