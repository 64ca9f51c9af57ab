"""What QQ delivers, as contracts. Pure. Source: bot.q.qq.com, API v2 events.

A private chat is named by the person's open id, a group is a public thread: only what mentions the bot arrives. A reply names the
message or the event that it answers: without one QQ takes none.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct

from qiao.channels.shared.asking import moment, read_answer
from qiao.channels.shared.asking import read as decoded
from qiao.kit.errors import Invalid
from qiao.ports.channel import Inbound, InboundMessage, Left, Media, Proof, Sender, Thread, WindowOpened, WireAnswer

CHECK = 13
KINDS = {"image": "image", "voice": "voice", "audio": "voice", "video": "video"}
_FACE = re.compile(r'<faceType=\d{1,3},faceId="[^"]{0,20}",ext="([^"]{0,400})">')


class Attachment(Struct, frozen=True):
    """A file. `content_type` may be a word ("voice", "file")."""

    content_type: str = ""
    filename: str | None = None
    url: str = ""
    size: int | None = None
    asr_refer_text: str = ""


class Author(Struct, frozen=True):
    """Who wrote, by where."""

    user_openid: str = ""
    member_openid: str = ""
    union_openid: str | None = None


class What(Struct, frozen=True):
    """An event's own part, of any kind."""

    id: str = ""
    author: Author = Author()
    content: str = ""
    timestamp: str | int = ""
    group_openid: str = ""
    attachments: tuple[Attachment, ...] = ()
    openid: str = ""
    plain_token: str = ""
    event_ts: str = ""


class Delivery(Struct, frozen=True):
    """The body of a call."""

    op: int = 0
    t: str = ""
    id: str = ""
    d: What = What()


class Face(Struct, frozen=True):
    """What an emoji of QQ's own is called."""

    text: str = ""


def check_of(body: bytes) -> What | None:
    """What QQ wants signed to check an address; None for everything else."""
    try:
        delivery = decoded(body, Delivery)
    except Invalid:
        return None
    return delivery.d if delivery.op == CHECK else None


def read(body: bytes, app_id: str) -> list[Inbound]:
    """What a delivery holds. Raises Invalid."""
    delivery = decoded(body, Delivery)
    reader = _READERS.get(delivery.t) if delivery.op == 0 else None
    return reader(delivery, app_id) if reader else []


def _private(delivery: Delivery, app_id: str) -> list[Inbound]:
    what = delivery.d
    return _message(what, what.author.user_openid, None, app_id)


def _in_group(delivery: Delivery, app_id: str) -> list[Inbound]:
    what = delivery.d
    thread = Thread(key=what.group_openid, post_id=what.group_openid) if what.group_openid else None
    return _message(what, what.author.member_openid, thread, app_id) if thread else []


def _message(what: What, address: str, thread: Thread | None, app_id: str) -> list[Inbound]:
    text = faces_named(what.content)
    text = text.strip() if thread else text
    media = tuple(_media(one) for one in what.attachments if one.url)
    text = text or "\n".join(one.asr_refer_text for one in what.attachments if one.asr_refer_text)
    if not (what.id and address and (text.strip() or media)):
        return []
    at = _at(what.timestamp)
    held = {"message": what.id, "at": str(int(at.timestamp())) if at else "", "group": thread.key if thread else ""}
    union = what.author.union_openid
    return [
        InboundMessage(
            provider_id=what.id,
            sender=Sender(address=address, proofs=(Proof(f"union:{app_id}", union),) if union else ()),
            text=text,
            media=media,
            thread=thread,
            reply_to={name: value for name, value in held.items() if value},
            sent_at=at,
        )
    ]


def _befriended(delivery: Delivery, _app_id: str) -> list[Inbound]:
    address = delivery.d.openid
    if not (address and delivery.id):
        return []
    sender, at = Sender(address=address), _at(delivery.d.timestamp)
    opened = WindowOpened(provider_id=delivery.id, sender=sender, by="friend_add", reply_to={"event": delivery.id}, at=at)
    return [Left(sender=sender, reason="friend_add", back=True), opened]


def _unfriended(delivery: Delivery, _app_id: str) -> list[Inbound]:
    return [Left(sender=Sender(address=delivery.d.openid), reason="friend_del")] if delivery.d.openid else []


_READERS: Mapping[str, Callable[[Delivery, str], list[Inbound]]] = {
    "C2C_MESSAGE_CREATE": _private,
    "GROUP_AT_MESSAGE_CREATE": _in_group,
    "FRIEND_ADD": _befriended,
    "FRIEND_DEL": _unfriended,
}


def faces_named(text: str) -> str:
    """QQ's own emoji by their names: they arrive as a tag whose JSON nobody reads."""
    return _FACE.sub(_named, text)


def _named(found: re.Match[str]) -> str:
    try:
        raw = base64.b64decode(found[1], validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    face = read_answer(WireAnswer(200, {}, raw), Face)
    return face.text if face and face.text else "[表情]"


def _media(one: Attachment) -> Media:
    url = one.url if "://" in one.url else f"https://{one.url.lstrip('/')}"
    kind = KINDS.get(one.content_type.partition("/")[0], "file")
    known = one.content_type if "/" in one.content_type else None
    return Media(kind=kind, ref={"url": url}, name=one.filename, content_type=known, size=one.size)


def _at(timestamp: str | int) -> datetime | None:
    if isinstance(timestamp, int):
        return moment(timestamp)
    try:
        found = datetime.fromisoformat(timestamp)
    except ValueError:
        return None
    return moment(found.timestamp()) if found.tzinfo else None
