"""What DingTalk delivers to a robot, as contracts. Pure. Source: open.dingtalk.com, "receive messages" of robots.

A one-to-one chat is private and named by the person's staff id. A group is a public thread: only what mentions the robot arrives, and
everybody there reads the answer.
"""

from msgspec import Struct

from qiao.channels.shared.asking import moment
from qiao.channels.shared.asking import read as decoded
from qiao.kit.sealed_callback import opened
from qiao.kit.webhook_signatures import signed_base64
from qiao.ports.channel import Account, AccountBroken, Inbound, InboundMessage, Media, RawReceipt, Sender, Thread

KINDS = {"picture": "image", "audio": "voice", "video": "video", "file": "file"}
MAX_WEBHOOK = 500


class Text(Struct, frozen=True):
    """What was written."""

    content: str = ""


class Rich(Struct, frozen=True, rename="camel"):
    """A piece of a rich text: words or a picture."""

    text: str = ""
    download_code: str = ""


class Content(Struct, frozen=True, rename="camel"):
    """What is not plain text."""

    download_code: str = ""
    file_name: str | None = None
    recognition: str = ""
    rich_text: tuple[Rich, ...] = ()


class Message(Struct, frozen=True, rename="camel"):
    """A message to the robot."""

    msg_id: str = ""
    msgtype: str = ""
    create_at: int = 0
    conversation_type: str = ""
    conversation_id: str = ""
    conversation_title: str | None = None
    sender_id: str = ""
    sender_staff_id: str = ""
    sender_nick: str | None = None
    session_webhook: str = ""
    session_webhook_expired_time: int = 0
    is_in_at_list: bool = True
    text: Text = Text()
    content: Content = Content()
    broken: str = ""
    """Our own: the stream was refused."""


class Sealed(Struct, frozen=True):
    """A body that came in an envelope."""

    encrypt: str = ""


def robot_signature(secret: str, timestamp: str) -> str:
    """base64(HMAC-SHA256(app secret, timestamp + newline + app secret)): of the time alone."""
    return signed_base64(secret, f"{timestamp}\n{secret}".encode("utf-8", "replace"))


def owner(account: Account) -> str:
    """Whose envelope a callback is."""
    return str(account.settings.get("event_owner") or account.settings.get("client_id") or "")


def sealed_part(body: bytes) -> str:
    """What is in the envelope, still closed; empty for a body that is none. Raises Invalid."""
    return decoded(body, Sealed).encrypt


def plain_body(receipt: RawReceipt, account: Account) -> bytes:
    """The body, taken out of its envelope where it came in one. Raises Refused, Invalid."""
    if b'"encrypt"' not in receipt.body:
        return receipt.body
    sealed = sealed_part(receipt.body)
    return opened(account.secrets.get("event_key", ""), sealed, owner(account)) if sealed else receipt.body


def read(body: bytes, account: Account) -> list[Inbound]:
    """What a delivery holds. Raises Invalid."""
    message = decoded(body, Message)
    if message.broken:
        return [AccountBroken(reason=message.broken)]
    sender = message.sender_staff_id or message.sender_id
    if not (message.msg_id and sender and message.conversation_type):
        return []
    in_group = message.conversation_type != "1"
    if in_group and not (message.is_in_at_list and message.conversation_id):
        return []
    text, media = _held(message)
    if not (text or media):
        return []
    group = message.conversation_id
    return [
        InboundMessage(
            provider_id=message.msg_id,
            sender=Sender(address=sender, name=message.sender_nick),
            text=text.strip() if in_group else text,
            media=media,
            thread=Thread(key=group, post_id=group, post_text=message.conversation_title) if in_group else None,
            reply_to=_reply_to(message, account, group if in_group else ""),
            sent_at=moment(message.create_at or None, 1000),
        )
    ]


def _held(message: Message) -> tuple[str, tuple[Media, ...]]:
    content = message.content
    if message.msgtype == "text":
        return message.text.content, ()
    if message.msgtype == "richText":
        pictures = [Media(kind="image", ref={"code": one.download_code}) for one in content.rich_text if one.download_code]
        return "".join(one.text for one in content.rich_text), tuple(pictures)
    if message.msgtype in KINDS and content.download_code:
        one = Media(kind=KINDS[message.msgtype], ref={"code": content.download_code}, name=content.file_name)
        return content.recognition, (one,)
    return "", ()


def _reply_to(message: Message, account: Account, group: str) -> dict[str, str]:
    """The address for answers, when it is one of DingTalk's own: in HTTP mode nobody vouches for it."""
    url = message.session_webhook
    if not url.startswith(account.hosts.get("files", "-") + "/") or len(url) > MAX_WEBHOOK:
        return {}
    held = {"webhook": url, "until_ms": str(message.session_webhook_expired_time)}
    return {**held, "group": group} if group else held
