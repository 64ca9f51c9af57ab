"""What we say through a bot. Pure. Source: open.feishu.cn, message content and message cards."""

import hashlib
import re
from typing import Any

import msgspec

from qiao.ports.channel import Card, OutboundFile, OutboundMessage

FILE_TYPES = frozenset({"pdf", "doc", "xls", "ppt"})
_CALL = re.compile(r"<(?=/?at\b)", re.IGNORECASE)


def idempotency(key: str) -> str:
    """Feishu's uuid of one of our keys, at most 50 characters: within an hour it sends one message a uuid."""
    return hashlib.sha256(key.encode()).hexdigest()[:40]


def content(message: OutboundMessage) -> tuple[str, str]:
    """`msg_type` and `content` of a text, its options or a card."""
    if message.card:
        return "interactive", _json(_card(message.card))
    if message.options:
        return "interactive", _json({"elements": [_text(message.text), {"tag": "action", "actions": _buttons(message)}]})
    # A text may call people together with a tag: ours never does.
    return "text", _json({"text": _CALL.sub("<\u200b", message.text)})


def file_content(file: OutboundFile, key: str) -> tuple[str, str]:
    """`msg_type` and `content` of a file that was handed in."""
    if file.kind == "image":
        return "image", _json({"image_key": key})
    return {"voice": "audio", "video": "media"}.get(file.kind, "file"), _json({"file_key": key})


def file_type(file: OutboundFile) -> str:
    """What kind of file it is handed in as."""
    if file.kind in {"voice", "video"}:
        return "opus" if file.kind == "voice" else "mp4"
    ending = file.name.rpartition(".")[2].lower().removesuffix("x")
    return ending if ending in FILE_TYPES else "stream"


def _buttons(message: OutboundMessage) -> list[dict[str, Any]]:
    group = {"group": message.thread_key} if message.thread_key else {}
    return [
        {
            "tag": "button",
            "type": "default",
            "text": _plain(one.label[:40]),
            "value": {"option": one.value, "label": one.label, **group},
        }
        for one in message.options
    ]


def _card(card: Card) -> dict[str, Any]:
    elements: list[dict[str, Any]] = [_text(card.text)] if card.text else []
    if card.facts:
        fields = [{"is_short": True, "text": _plain(f"{name}\n{value}")} for name, value in card.facts]
        elements.append({"tag": "div", "fields": fields})
    if card.url:
        elements.append(
            {"tag": "action", "actions": [{"tag": "button", "type": "default", "text": _plain("↗"), "url": card.url}]}
        )
    return {"header": {"title": _plain(card.title)}, "elements": elements}


def _text(text: str) -> dict[str, Any]:
    return {"tag": "div", "text": _plain(text)}


def _plain(text: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": text}


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
