"""The bodies of messages that go out. Pure. Limits in bytes are the platform's own."""

from collections.abc import Sequence
from typing import Any

from qiao.channels.shared.card_words import in_words
from qiao.channels.wecom_kf.codec import NO_OPTION
from qiao.ports.channel import Card, Option, OutboundMessage

HEAD_BYTES = 1024
ENTRY_ID_BYTES = 64
ENTRY_BYTES = 128
CHOOSE = {"zh": "请选择：", "en": "Please choose:"}

Content = tuple[str, dict[str, Any]]
"""A kind of message and what stands under its name."""


def contents_of(message: OutboundMessage, media_id: str = "") -> Sequence[Content]:
    """What a reply is sent as: one message, or two where a menu's heading cannot hold the text."""
    if message.files:
        return ((message.files[0].kind, {"media_id": media_id}),)
    if message.place:
        place = message.place
        held = {
            "latitude": place.latitude,
            "longitude": place.longitude,
            "name": place.name or "",
            "address": place.address or "",
        }
        return (("location", held),)
    if message.card:
        return (_card(message.card, message.language),)
    if not message.options:
        return (("text", {"content": message.text}),)
    if len(message.text.encode()) <= HEAD_BYTES:
        return (_menu(message.text, message.options),)
    heading = CHOOSE.get(message.language[:2], CHOOSE["en"])
    return (("text", {"content": message.text}), _menu(heading, message.options))


def _menu(heading: str, options: Sequence[Option]) -> Content:
    entries = [{"type": "click", "click": {"id": _entry_id(one), "content": cut(one.label, ENTRY_BYTES)}} for one in options]
    return "msgmenu", {"head_content": heading, "list": entries}


def _entry_id(option: Option) -> str:
    return option.value if option.value and len(option.value.encode()) <= ENTRY_ID_BYTES else NO_OPTION


def _card(card: Card, language: str) -> Content:
    """The platform's own card wants a picture of its own keeping; a menu with one entry that opens the page wants none."""
    words = in_words(card, language)
    if not card.url:
        return "text", {"content": cut(words, 2 * HEAD_BYTES)}
    view = {"url": card.url, "content": cut(card.title, ENTRY_BYTES)}
    return "msgmenu", {"head_content": cut(words, HEAD_BYTES), "list": [{"type": "view", "view": view}]}


def cut(text: str, most: int) -> str:
    """No more than so many bytes of it, and no half a character."""
    return text if len(text.encode()) <= most else text.encode()[:most].decode("utf-8", "ignore")
