"""What every channel does the same way on both sides of its codec: reading bodies nobody vouches for, refusing what its manifest does
not declare, and asking a provider without an exception ever coming out of it.
"""

from typing import Any, TypeVar

import msgspec

from qiao.kit.errors import Invalid
from qiao.ports.channel import (
    Capability,
    Manifest,
    OutboundMessage,
    Rejected,
    Retry,
    Wire,
    WireAnswer,
    WireFailed,
    WireRequest,
)

MAX_WORDS = 200
FAILED_SECONDS = 15.0
"""How long to wait after a connection that failed or an answer that made no sense."""

T = TypeVar("T")


def decoded(body: bytes | str, kind: type[T]) -> T:
    """JSON from outside as a contract. Raises Invalid."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise Invalid("this is not what the provider's documents say") from None


def answered(answer: WireAnswer) -> dict[str, Any]:
    """A provider's answer as an object; empty when it is none."""
    try:
        return msgspec.json.decode(answer.body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return {}


async def asked(wire: Wire, request: WireRequest) -> WireAnswer | Retry:
    """The provider's answer, or when to ask again because there was none or its servers are in trouble."""
    try:
        answer = await wire.request(request)
    except WireFailed as failed:
        return Retry(FAILED_SECONDS, f"no answer: {failed.reason}")
    return Retry(pause(answer, FAILED_SECONDS), f"the provider answered {answer.status}") if answer.status >= 500 else answer


def pause(answer: WireAnswer, otherwise: float) -> float:
    """Seconds until the next try: what Retry-After says, between one second and an hour."""
    said = answer.headers.get("retry-after", "")
    return min(max(float(said), 1.0), 3600.0) if said.isdecimal() else otherwise


def words(text: object) -> str:
    """A provider's own words, cut."""
    return str(text or "refused")[:MAX_WORDS]


def undeclared(manifest: Manifest, message: OutboundMessage) -> Rejected | None:
    """Why this message cannot go through a channel that says this of itself; None when it can."""
    if len(message.text) > manifest.max_text:
        return Rejected("too_long")
    asks = {
        Capability.CARD: message.card,
        Capability.LOCATION: message.place,
        Capability.TEMPLATES: message.template,
        Capability.PUBLIC_THREADS: message.thread_key,
        Capability.PRIVATE_REPLY: message.private_reply_to,
    }
    held = (message.text, message.files, message.card, message.place, message.template)
    if not any(held) or any(wish and needed not in manifest.capabilities for needed, wish in asks.items()):
        return Rejected("not_allowed")
    if len(message.options) > manifest.max_options or len(message.files) > manifest.max_files:
        return Rejected("not_allowed")
    return _file_refused(manifest, message)


def _file_refused(manifest: Manifest, message: OutboundMessage) -> Rejected | None:
    limits = {one.kind: one.max_bytes for one in manifest.media}
    for file in message.files:
        if file.kind not in limits:
            return Rejected("not_allowed")
        if file.size > limits[file.kind]:
            return Rejected("too_large")
    return None
