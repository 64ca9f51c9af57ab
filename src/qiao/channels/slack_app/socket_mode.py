"""Socket Mode: a line of our own, on which Slack's events and taps come. Source: docs.slack.dev, Socket Mode.

An envelope is `{"envelope_id", "type", "payload"}`, the payload being what Slack would have called our address with. It is answered with
its id, and only when it is stored for good: what was not answered is delivered again.
"""

from urllib.parse import quote_plus

import msgspec
from msgspec import Struct

from qiao.channels.shared import lines
from qiao.channels.shared.asking import ask, read_answer, words
from qiao.channels.shared.asking import read as decoded
from qiao.channels.slack_app.client import REAUTH
from qiao.channels.slack_app.codec import SOCKET_REFUSED
from qiao.kit.errors import Invalid
from qiao.ports.channel import Account, Deliver, RawReceipt, Retry, Wire, WireRequest

REFUSED = REAUTH | {"not_allowed_token_type", "socket_mode_not_enabled", "forbidden_team"}


class Opened(Struct, frozen=True):
    """Where to connect, or why not."""

    ok: bool = False
    error: str = ""
    url: str = ""


class Envelope(Struct, frozen=True):
    """One frame."""

    type: str = ""
    envelope_id: str = ""
    payload: msgspec.Raw = msgspec.Raw(b"{}")


async def listen(account: Account, wire: Wire, deliver: Deliver) -> None:
    """Hold one line until Slack ends it; whoever calls waits between two of them. Raises what `deliver` raises."""
    endpoint = await _opened(account, wire, deliver)
    if not endpoint:
        return
    async with lines.held(endpoint, wire, plain=account.hosts["api"].startswith("http://")) as line:
        if line is None:
            return
        async for raw in line:
            try:
                envelope = decoded(raw.encode() if isinstance(raw, str) else raw, Envelope)
            except Invalid:
                continue
            if envelope.type == "disconnect":
                return
            receipt = _receipt(envelope, account)
            if receipt is not None:
                await deliver(receipt)
            if envelope.envelope_id:
                await line.send(msgspec.json.encode({"envelope_id": envelope.envelope_id}).decode())


def _receipt(envelope: Envelope, account: Account) -> RawReceipt | None:
    """As Slack would have called us with it; None for what holds nothing of ours."""
    payload = bytes(envelope.payload)
    if envelope.type == "events_api":
        return lines.brought(account, payload)
    return lines.brought(account, b"payload=" + quote_plus(payload).encode()) if envelope.type == "interactive" else None


async def _opened(account: Account, wire: Wire, deliver: Deliver) -> str:
    """Where to connect; nothing when it is refused, which is told once."""
    headers = {"authorization": f"Bearer {account.secrets.get('app_token', '')}"}
    answer = await ask(wire, WireRequest(url=account.hosts["api"] + "/apps.connections.open", headers=headers))
    told = None if isinstance(answer, Retry) else read_answer(answer, Opened)
    if told is None:
        return ""
    if told.ok and told.url:
        await lines.accepted(wire)
        return told.url
    if told.error in REFUSED:
        event = {"type": SOCKET_REFUSED, "text": words(told.error)}
        await lines.refused(account, wire, deliver, msgspec.json.encode({"type": "event_callback", "event": event}))
    return ""
