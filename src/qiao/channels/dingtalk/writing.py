"""What we say through a robot. Pure. Source: open.dingtalk.com, message types of robots (`msgKey`, `msgParam`) and of session webhooks."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from qiao.ports.channel import Card, OutboundFile

_MARKS = re.compile(r"([\\`*_{}\[\]()#+!|<>-])")


def session_text(text: str) -> Mapping[str, Any]:
    """A text for a session webhook."""
    return {"msgtype": "text", "text": {"content": text}}


def session_card(card: Card) -> Mapping[str, Any]:
    """A card for a session webhook."""
    return {"msgtype": "markdown", "markdown": {"title": card.title[:100], "text": _markdown(card)}}


def robot_text(text: str) -> tuple[str, str]:
    """`msgKey` and `msgParam` of a text."""
    return "sampleText", _json({"content": text})


def robot_card(card: Card) -> tuple[str, str]:
    """`msgKey` and `msgParam` of a card."""
    return "sampleMarkdown", _json({"title": card.title[:100], "text": _markdown(card)})


def robot_file(file: OutboundFile, media_id: str) -> tuple[str, str]:
    """`msgKey` and `msgParam` of a file that was handed in."""
    if file.kind == "image":
        return "sampleImageMsg", _json({"photoURL": media_id})
    if file.kind == "voice":
        # The length is only drawn; ours is not known without decoding.
        return "sampleAudio", _json({"mediaId": media_id, "duration": "1000"})
    ending = file.name.rpartition(".")[2] if "." in file.name else "bin"
    return "sampleFile", _json({"mediaId": media_id, "fileName": file.name, "fileType": ending})


def _markdown(card: Card) -> str:
    lines = [f"### {_escaped(card.title)}"]
    lines += [f"![]({card.image_url})"] if card.image_url else []
    lines += [_escaped(card.text)] if card.text else []
    lines += [f"- {_escaped(name)}：{_escaped(value)}" for name, value in card.facts]
    lines += [f"[{_escaped(card.title)}]({card.url})"] if card.url else []
    return "\n\n".join(lines)


def _escaped(text: str) -> str:
    return _MARKS.sub(r"\\\1", text)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
