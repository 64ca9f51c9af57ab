"""From a reply to a call of the Bot API. Pure."""

from collections.abc import Sequence
from typing import Any

from qiao.channels.shared.asking import whole
from qiao.channels.shared.card_words import in_words
from qiao.channels.telegram.codec import BY_LABEL
from qiao.ports.channel import Card, Option, OutboundMessage, Place

DATA_BYTES = 64
LABEL_CHARACTERS = 64
METHODS = {"image": "sendPhoto", "voice": "sendVoice", "video": "sendVideo", "file": "sendDocument"}
FIELDS = {"image": "photo", "voice": "voice", "video": "video", "file": "document"}


def number_in(chat: str, provider_id: str | None) -> int | None:
    """The number of a message within that chat; None when it is of another one."""
    held, _, number = (provider_id or "").rpartition(":")
    return whole(number) if held == chat else None


def call(message: OutboundMessage) -> tuple[str, dict[str, Any]]:
    """The method and its parameters for a reply without a file."""
    if message.place is not None:
        return _placed(message.place)
    if message.card is not None:
        return "sendMessage", _card(message.card, message.language)
    keyboard = {"reply_markup": {"inline_keyboard": _keyboard(message.options)}} if message.options else {}
    return "sendMessage", {"text": message.text} | keyboard


def addressed(message: OutboundMessage) -> dict[str, Any]:
    """Whom a call goes to, and which message it answers."""
    quoted = number_in(message.to, message.quoted)
    quote = {"reply_parameters": {"message_id": quoted, "allow_sending_without_reply": True}} if quoted is not None else {}
    return {"chat_id": message.to} | quote


def _placed(place: Place) -> tuple[str, dict[str, Any]]:
    at = {"latitude": place.latitude, "longitude": place.longitude}
    if place.name:
        return "sendVenue", at | {"title": place.name, "address": place.address or place.name}
    return "sendLocation", at


def _card(card: Card, language: str) -> dict[str, Any]:
    link = {"reply_markup": {"inline_keyboard": [[{"text": card.title[:LABEL_CHARACTERS], "url": card.url}]]}} if card.url else {}
    preview = {"url": card.image_url, "show_above_text": True} if card.image_url else {"is_disabled": True}
    return {"text": in_words(card, language)[:4096], "link_preview_options": preview} | link


def _keyboard(options: Sequence[Option]) -> list[list[dict[str, str]]]:
    return [[{"text": one.label, "callback_data": _data(number, one.value)}] for number, one in enumerate(options, 1)]


def _data(number: int, value: str) -> str:
    fits = len(value.encode()) <= DATA_BYTES and not value.startswith(BY_LABEL)
    return value if fits else f"{BY_LABEL}{number}"
