"""What we say to Slack. Pure. Texts are sent as they are, with Slack's three escapes and no markup."""

from collections.abc import Mapping
from typing import Any

from qiao.ports.channel import Card, OutboundMessage

METADATA = "qiao_reply"
"""The type of the note that a reply carries, so that it is found again when its answer was lost."""


def escaped(text: str) -> str:
    """Slack's three escapes."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def target(message: OutboundMessage) -> dict[str, str]:
    """The channel and thread that a reply goes to. A person's own id opens the direct message with them."""
    if message.thread_key:
        channel, _, ts = message.thread_key.partition(":")
        return {"channel": channel, "thread_ts": ts}
    if message.private_reply_to or "channel" not in message.reply_to:
        return {"channel": message.to}
    kept = {"channel": message.reply_to["channel"], "thread_ts": message.reply_to.get("thread_ts", "")}
    return {name: value for name, value in kept.items() if value}


def post(message: OutboundMessage) -> dict[str, Any]:
    """The body of chat.postMessage."""
    body: dict[str, Any] = {
        **target(message),
        "text": escaped(message.text),
        "mrkdwn": False,
        "metadata": {"event_type": METADATA, "event_payload": {"key": message.key}},
    }
    if message.card:
        body |= {"text": escaped(message.card.title), "blocks": _card(message.card)}
    elif message.options:
        buttons = [
            {"type": "button", "action_id": f"option_{number}", "text": _plain(one.label[:75]), "value": one.value}
            for number, one in enumerate(message.options)
        ]
        body["blocks"] = [{"type": "section", "text": _plain(message.text)}, {"type": "actions", "elements": buttons}]
    return body


def _plain(text: str) -> Mapping[str, Any]:
    return {"type": "plain_text", "text": text or " ", "emoji": True}


def _card(card: Card) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _plain(card.title[:150])}]
    if card.text:
        blocks.append({"type": "section", "text": _plain(card.text[:3000])})
    for first in range(0, len(card.facts), 5):
        fields = [_plain(f"{name}\n{value}"[:2000]) for name, value in card.facts[first : first + 5]]
        blocks.append({"type": "section", "fields": fields})
    if card.image_url:
        blocks.append({"type": "image", "image_url": card.image_url, "alt_text": card.title[:2000]})
    if card.url:
        link = {"type": "button", "action_id": "open", "text": _plain("↗"), "url": card.url}
        blocks.append({"type": "actions", "elements": [link]})
    return blocks
