"""DingTalk's Stream mode: a socket of our own, on which the robot's messages come. Source: open.dingtalk.com, Stream protocol.

A frame is `{"specVersion", "type", "headers": {"topic", "messageId", ...}, "data": "..."}`, the data being JSON in a text. Every frame is
answered with its `messageId`; a message only when it is stored for good, so that what was not is delivered again.
"""

from typing import TYPE_CHECKING
from urllib.parse import quote_plus

import msgspec
from msgspec import Struct

from qiao.channels.dingtalk.client import Said, throttled
from qiao.channels.shared import lines
from qiao.channels.shared.asking import ask, read_answer, words
from qiao.channels.shared.asking import read as decoded
from qiao.kit.errors import Invalid
from qiao.ports.channel import Account, Deliver, Retry, Wire, WireRequest

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

TOPIC = "/v1.0/im/bot/messages/get"
OPEN_PATH = "/v1.0/gateway/connections/open"
PING_SECONDS = 60.0


class Headers(Struct, frozen=True, rename="camel"):
    """What a frame is about, and the name it is answered by."""

    topic: str = ""
    message_id: str = ""


class Frame(Struct, frozen=True):
    """One frame."""

    type: str = ""
    headers: Headers = Headers()
    data: str = ""


async def listen(account: Account, wire: Wire, deliver: Deliver) -> None:
    """Hold one connection until the other side ends it; whoever calls waits between two of them. Raises what `deliver` raises."""
    opened = await _opened(account, wire, deliver)
    if opened is None:
        return
    mark = "&" if "?" in opened.endpoint else "?"
    endpoint = f"{opened.endpoint}{mark}ticket={quote_plus(opened.ticket)}"
    plain = account.hosts["api"].startswith("http://")
    async with lines.held(endpoint, wire, plain=plain, ping_seconds=PING_SECONDS) as line:
        if line is None:
            return
        async for raw in line:
            if not await _taken(raw, line, account, deliver):
                return


async def _opened(account: Account, wire: Wire, deliver: Deliver) -> Said | None:
    """Where to connect; None when it is refused, which is told once."""
    asked = {
        "clientId": account.settings.get("client_id", ""),
        "clientSecret": account.secrets.get("client_secret", ""),
        "subscriptions": [{"type": "CALLBACK", "topic": TOPIC}],
        "ua": "qiao/1",
    }
    answer = await ask(wire, WireRequest(url=account.hosts["api"] + OPEN_PATH, json=asked))
    told = None if isinstance(answer, Retry) else read_answer(answer, Said)
    if told is not None and told.endpoint and told.ticket:
        await lines.accepted(wire)
        return told
    refused = not isinstance(answer, Retry) and answer.status in {400, 401, 403} and told is not None and not throttled(told)
    if refused and told is not None:
        await lines.refused(account, wire, deliver, msgspec.json.encode({"broken": words(f"{told.code} {told.message}")}))
    return None


async def _taken(raw: str | bytes, connection: "ClientConnection", account: Account, deliver: Deliver) -> bool:
    """Answer one frame; False when the other side asks us to connect anew."""
    try:
        frame = decoded(raw.encode() if isinstance(raw, str) else raw, Frame)
    except Invalid:
        return True
    data = '{"response": null}'
    if frame.type == "SYSTEM":
        data = frame.data
    elif frame.type == "CALLBACK" and frame.headers.topic == TOPIC:
        await deliver(lines.brought(account, frame.data.encode("utf-8", "replace")))
    headers = {"contentType": "application/json", "messageId": frame.headers.message_id}
    answer = {"code": 200, "headers": headers, "message": "OK", "data": data}
    await connection.send(msgspec.json.encode(answer).decode())
    return not (frame.type == "SYSTEM" and frame.headers.topic == "disconnect")
