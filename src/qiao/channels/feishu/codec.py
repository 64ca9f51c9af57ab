"""What Feishu delivers, as contracts. Pure.

A private chat with the bot is private and named by the person's open id. A group is a public thread: only what mentions the bot is
taken. Bots are not read. The developer's id of a person (union id) is proof: it joins one person over several apps of a company.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from qiao.channels.feishu.payloads import Content, Delivery, Event, Header, Ids, Message, Piece, Post
from qiao.channels.shared.asking import moment, whole
from qiao.channels.shared.asking import read as decoded
from qiao.kit.errors import Invalid
from qiao.ports.channel import (
    AccountBroken,
    Inbound,
    InboundMessage,
    Media,
    MessageRecalled,
    Place,
    Proof,
    Reacted,
    Reported,
    Sender,
    Thread,
)

LINE_REFUSED = "qiao.line_refused"
"""An event of our own."""
FILES = {"file": "file", "audio": "voice", "media": "video"}
EMOJI = {
    "APPLAUSE": "👏",
    "CRY": "😭",
    "DONE": "✅",
    "FINGERHEART": "🫰",
    "HEART": "❤️",
    "JIAYI": "➕",
    "LAUGH": "😆",
    "LOVE": "😍",
    "OK": "👌",
    "PARTY": "🎉",
    "SMILE": "😄",
    "SOB": "😭",
    "THANKS": "🙏",
    "THINKING": "🤔",
    "THUMBSUP": "👍",
    "ThumbsDown": "👎",
}


def read(body: bytes) -> list[Inbound]:
    """What an opened delivery holds. Raises Invalid."""
    delivery = decoded(body, Delivery)
    reader = _READERS.get(delivery.header.event_type)
    return reader(delivery.event, delivery.header) if reader else []


def _at(milliseconds: str) -> datetime | None:
    return moment(whole(milliseconds), 1000)


def _sender(ids: Ids, tenant: str) -> Sender:
    proofs = (Proof(f"union:{tenant}", ids.union_id),) if ids.union_id and tenant else ()
    return Sender(address=ids.open_id, proofs=proofs)


def _message(event: Event, _header: Header) -> list[Inbound]:
    message, ids = event.message, event.sender.sender_id
    in_group = message.chat_type == "group"
    if event.sender.sender_type != "user" or not (message.message_id and ids.open_id):
        return []
    if message.chat_type not in {"p2p", "group"} or (in_group and not (message.mentions and message.chat_id)):
        return []
    text, media, place = _held(message)
    if not (text or media or place):
        return []
    group = message.chat_id
    return [
        InboundMessage(
            provider_id=message.message_id,
            sender=_sender(ids, event.sender.tenant_key),
            text=_named(text, message),
            media=media,
            place=place,
            quoted=message.parent_id or None,
            thread=Thread(key=group, post_id=group) if in_group else None,
            sent_at=_at(message.create_time),
        )
    ]


def _named(text: str, message: Message) -> str:
    """Whom a text means, by name; the bot that is called at its beginning is left out."""
    if message.mentions and message.chat_type == "group":
        text = text.lstrip().removeprefix(message.mentions[0].key).lstrip()
    for one in sorted(message.mentions, key=lambda mention: -len(mention.key)):
        text = text.replace(one.key, f"@{one.name}") if one.key else text
    return text


def _held(message: Message) -> tuple[str, tuple[Media, ...], Place | None]:
    kind = message.message_type
    if kind == "post":
        return (*_post(message), None)
    content = decoded(message.content.encode("utf-8", "replace") or b"{}", Content)
    if kind == "text":
        return content.text, (), None
    if kind == "image" and content.image_key:
        return "", (_media(message, "image", content.image_key, None),), None
    if kind in FILES and content.file_key:
        return "", (_media(message, FILES[kind], content.file_key, content.file_name),), None
    if kind == "location":
        return _place(content)
    return ("[sticker]" if kind == "sticker" else ""), (), None


def _place(content: Content) -> tuple[str, tuple[Media, ...], Place | None]:
    try:
        place = Place(latitude=float(content.latitude), longitude=float(content.longitude), name=content.name)
    except ValueError:
        return content.name or "", (), None
    return "", (), place


def _post(message: Message) -> tuple[str, tuple[Media, ...]]:
    try:
        post = decoded(message.content.encode("utf-8", "replace"), Post)
    except Invalid:
        post = Post()
    if not (post.content or post.title):
        # Some clients write one rich text a language.
        languages = decoded(message.content.encode("utf-8", "replace") or b"{}", dict[str, Post | str | list[object]])
        post = next((one for one in languages.values() if isinstance(one, Post)), Post())
    lines = [post.title] if post.title else []
    lines += ["".join(_words(piece) for piece in line) for line in post.content]
    pieces = [piece for line in post.content for piece in line]
    media = [_media(message, "image", one.image_key, None) for one in pieces if one.tag == "img" and one.image_key]
    media += [_media(message, "video", one.file_key, None) for one in pieces if one.tag == "media" and one.file_key]
    return "\n".join(lines).strip("\n"), tuple(media)


def _words(piece: Piece) -> str:
    if piece.tag == "a" and piece.href and piece.href != piece.text:
        return f"{piece.text} ({piece.href})"
    if piece.tag == "at":
        return f"@{piece.user_name}"
    if piece.tag == "emotion":
        return EMOJI.get(piece.emoji_type, f":{piece.emoji_type}:")
    return piece.text


def _media(message: Message, kind: str, key: str, name: str | None) -> Media:
    return Media(
        kind=kind, ref={"message": message.message_id, "key": key, "type": "image" if kind == "image" else "file"}, name=name
    )


def _recalled(event: Event, _header: Header) -> list[Inbound]:
    at = _at(event.recall_time)
    return [MessageRecalled(provider_id=event.message_id, at=at)] if event.message_id else []


def _reacted(event: Event, header: Header) -> list[Inbound]:
    ids, name = event.user_id, event.reaction_type.emoji_type
    if event.operator_type != "user" or ids is None or not (ids.open_id and event.message_id):
        return []
    emoji = EMOJI.get(name, f":{name}:") if header.event_type.endswith("created_v1") else ""
    return [Reacted(provider_id=event.message_id, sender=_sender(ids, ""), emoji=emoji)]


def _was_read(event: Event, _header: Header) -> list[Inbound]:
    at = _at(event.reader.read_time)
    return [Reported(provider_id=one, state="read", at=at) for one in event.message_id_list if one]


def _tapped(event: Event, header: Header) -> list[Inbound]:
    who, value = event.operator, event.action.value
    held = {name: one for name, one in value.items() if isinstance(one, str)} if isinstance(value, dict) else {}
    if not (who.open_id and header.event_id and held.get("option")):
        return []
    group = held.get("group", "")
    return [
        InboundMessage(
            provider_id=header.event_id,
            sender=_sender(Ids(who.open_id, who.union_id), who.tenant_key),
            text=held.get("label", ""),
            option=held["option"],
            quoted=event.context.open_message_id or None,
            thread=Thread(key=group, post_id=group) if group else None,
            sent_at=_at(header.create_time[:13]),
        )
    ]


_READERS: Mapping[str, Callable[[Event, Header], list[Inbound]]] = {
    "im.message.receive_v1": _message,
    "im.message.recalled_v1": _recalled,
    "im.message.reaction.created_v1": _reacted,
    "im.message.reaction.deleted_v1": _reacted,
    "im.message.message_read_v1": _was_read,
    "card.action.trigger": _tapped,
    LINE_REFUSED: lambda event, _header: [AccountBroken(reason=event.refused)],
}
