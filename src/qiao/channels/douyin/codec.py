"""What crosses the wire: events in (direct messages, comments), answers out. Pure.

Signature: `X-Douyin-Signature` is the SHA-1 of the client secret followed by the raw body, in hexadecimal (a plain hash, not an HMAC).
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from qiao.channels.shared.asking import moment, read
from qiao.kit.errors import Invalid
from qiao.ports.channel import (
    Inbound,
    InboundMessage,
    NeedsReauth,
    OutboundMessage,
    Rejected,
    Retry,
    Sender,
    SendResult,
    Sent,
    Thread,
)

RETRY_SECONDS = 30.0
MESSAGE, COMMENT, HANDSHAKE = "im_receive_msg", "item_comment_reply", "verify_webhook"
STALE = frozenset({2190002, 2190008, 10008, 28001003, 28001008})
_CREDENTIALS = frozenset({2190001, 2190004, 2190015, 10002, 10010, 10011, 10012, 10013, 10020})
_BUSY = frozenset({2100004, 2100009, 28001005, 28003017, 2119001})
_WINDOW = frozenset({28007073, 28007105})
_GONE = frozenset({2100007, 28007011})


class Event(Struct, frozen=True):
    """A push. `content` is an object, or that object as text."""

    event: str = ""
    from_user_id: str = ""
    to_user_id: str = ""
    content: Any = None


class Person(Struct, frozen=True):
    """Somebody who takes part."""

    open_id: str = ""
    nick_name: str = ""


Id = str | int
"""The platform writes ids as text in one place and as numbers in another."""


class Direct(Struct, frozen=True):
    """A direct message."""

    server_message_id: Id = ""
    conversation_short_id: Id = ""
    message_type: str = "text"
    text: str = ""
    create_time: float | None = None
    user_infos: tuple[Person, ...] = ()


class Comment(Struct, frozen=True):
    """A comment under a video of ours."""

    comment_id: Id = ""
    content: str = ""
    comment_user_id: str = ""
    nick_name: str = ""
    reply_to_item_id: Id = ""
    reply_to_comment_id: Id = ""
    create_time: float | None = None


class Outcome(Struct, frozen=True):
    """What a call came to, in each of the places where the platform says it."""

    error_code: int = 0
    description: str = ""
    msg_id: str = ""
    comment_id: str = ""
    access_token: str = ""
    refresh_token: str = ""
    expires_in: float = 0


class Answer(Struct, frozen=True):
    """The answer to any call."""

    data: Outcome | None = None
    extra: Outcome | None = None
    err_no: int = 0
    err_msg: str = ""

    @property
    def code(self) -> int:
        """The error, 0 when there is none."""
        return next((one for one in (self.err_no, *(part.error_code for part in (self.data, self.extra) if part)) if one), 0)


def event_of(body: bytes) -> tuple[str, Any, Event]:
    """(name, content as an object, the event). Raises Invalid."""
    event = read(body, Event)
    content = event.content
    if isinstance(content, str):
        content = read(content.encode("utf-8", "surrogatepass"), dict[str, Any]) if content else {}
    return event.event, content if isinstance(content, dict) else {}, event


def inbound(body: bytes, account: str) -> Sequence[Inbound]:
    """A message or a comment; what the account itself writes is left out. Raises Invalid."""
    name, content, event = event_of(body)
    if event.from_user_id == account or name not in {MESSAGE, COMMENT}:
        return ()
    try:
        if name == MESSAGE:
            return _direct(event, msgspec.convert(content, Direct))
        return _comment(event, msgspec.convert(content, Comment))
    except (msgspec.ValidationError, RecursionError, OverflowError):
        raise Invalid("the content of this event is not as documented") from None


def _direct(event: Event, held: Direct) -> Sequence[Inbound]:
    message_id = str(held.server_message_id)
    if not message_id or not event.from_user_id:
        return ()
    name = next((one.nick_name for one in held.user_infos if one.open_id == event.from_user_id), "")
    return (
        InboundMessage(
            provider_id=message_id,
            sender=Sender(address=event.from_user_id, name=name or None),
            text=held.text if held.message_type == "text" else f"[{held.message_type[:40]}]",
            notes=() if held.message_type == "text" else ("unsupported",),
            reply_to={"msg_id": message_id, "conversation_id": str(held.conversation_short_id)},
            sent_at=moment(held.create_time, 1000),
        ),
    )


def _comment(event: Event, held: Comment) -> Sequence[Inbound]:
    address = held.comment_user_id or event.from_user_id
    comment_id, item_id, above = str(held.comment_id), str(held.reply_to_item_id), str(held.reply_to_comment_id)
    if not comment_id or not item_id or not address:
        return ()
    root = above if above not in {"", "0"} else comment_id
    return (
        InboundMessage(
            provider_id=comment_id,
            sender=Sender(address=address, name=held.nick_name or None),
            text=held.content,
            thread=Thread(key=f"{item_id}/{root}", post_id=item_id),
            reply_to={"item_id": item_id, "comment_id": comment_id},
            sent_at=moment(held.create_time),
        ),
    )


def direct(message: OutboundMessage) -> dict[str, Any] | None:
    """The body of an answer to a direct message; None when there is no message to answer."""
    if not message.reply_to.get("msg_id"):
        return None
    return {
        "scene": "im_reply_msg",
        "msg_id": message.reply_to["msg_id"],
        "conversation_id": message.reply_to.get("conversation_id", ""),
        "to_user_id": message.to,
        "content": {"msg_type": 1, "text": {"text": message.text}},
    }


def comment(message: OutboundMessage) -> dict[str, Any] | None:
    """The body of an answer to a comment; None when there is none to answer."""
    item, _, root = (message.thread_key or "").partition("/")
    if not item or not root:
        return None
    return {"item_id": item, "comment_id": message.reply_to.get("comment_id") or root, "content": message.text}


def result_of(answer: Answer | None) -> SendResult:
    """What an answer means. Codes that are not known are refusals in the platform's own words."""
    if answer is None or (answer.data is None and answer.extra is None and not answer.err_no):
        return Retry(RETRY_SECONDS, "the provider answered without sense")
    code, data = answer.code, answer.data or Outcome()
    if code == 0:
        return Sent(provider_id=data.msg_id or data.comment_id or None)
    if code in STALE | _CREDENTIALS:
        return NeedsReauth(f"error {code}")
    if code in _BUSY:
        return Retry(RETRY_SECONDS, f"error {code}")
    if code in _WINDOW | _GONE:
        return Rejected("window_closed" if code in _WINDOW else "blocked")
    said = data.description or (answer.extra.description if answer.extra else "") or answer.err_msg
    return Rejected(f"{code} {said}"[:200].strip())
