"""From a reply to the body of a send to the Cloud API. Pure."""

from collections.abc import Sequence
from typing import Any

from qiao.channels.shared.card_words import under_title
from qiao.channels.whatsapp.codec import BY_LABEL
from qiao.ports.channel import Card, Option, OutboundFile, OutboundMessage, Place, Template

BUTTONS = 3
BUTTON_CHARACTERS = 20
BUTTON_BODY_CHARACTERS = 1024
LABEL_CHARACTERS = 24
VALUE_CHARACTERS = 200
TEXT_CHARACTERS = 4096
KINDS = {"image": "image", "voice": "audio", "video": "video", "file": "document"}
CHOOSE = {"zh": "请选择", "en": "Choose"}
OPEN = {"zh": "查看", "en": "View"}


def body(message: OutboundMessage, media_id: str | None = None) -> dict[str, Any]:
    """The whole body; a file is named by the id that its upload gave."""
    kind, content = _content(message, media_id)
    to = {"to": message.to.removeprefix("+")} if message.to.startswith("+") else {"recipient": message.to}
    quote = {"context": {"message_id": message.quoted}} if message.quoted else {}
    return {"messaging_product": "whatsapp", "recipient_type": "individual"} | to | quote | {"type": kind, kind: content}


def seen(message_id: str, *, typing: bool) -> dict[str, Any]:
    """Marks the customer's message as read; with `typing`, shows that somebody writes, for 25 seconds or until a message comes."""
    shown = {"typing_indicator": {"type": "text"}} if typing else {}
    return {"messaging_product": "whatsapp", "status": "read", "message_id": message_id} | shown


def _content(message: OutboundMessage, media_id: str | None) -> tuple[str, dict[str, Any]]:
    if message.files and media_id is not None:
        return _file(message.files[0], media_id)
    if message.template is not None:
        return "template", _template(message.template)
    if message.place is not None:
        return "location", _place(message.place)
    if message.card is not None:
        return _card(message.card, message.language)
    if message.options:
        return "interactive", _menu(message.text, message.options, CHOOSE.get(message.language, CHOOSE["en"]))
    return "text", {"body": message.text, "preview_url": True}


def _file(file: OutboundFile, media_id: str) -> tuple[str, dict[str, Any]]:
    named = {"filename": file.name} if file.kind == "file" else {}
    return KINDS[file.kind], {"id": media_id} | named


def _template(template: Template) -> dict[str, Any]:
    values = [{"type": "text", "text": value} for value in template.values]
    components = {"components": [{"type": "body", "parameters": values}]} if values else {}
    return {"name": template.name, "language": {"code": template.language}} | components


def _place(place: Place) -> dict[str, Any]:
    words = {"name": place.name, "address": place.address}
    return {"latitude": place.latitude, "longitude": place.longitude} | {key: value for key, value in words.items() if value}


def _card(card: Card, language: str) -> tuple[str, dict[str, Any]]:
    text = "\n".join(filter(None, (f"*{card.title}*", under_title(card, language))))
    if not card.url:
        return "text", {"body": text[:TEXT_CHARACTERS]}
    header = {"header": {"type": "image", "image": {"link": card.image_url}}} if card.image_url else {}
    button = {"display_text": OPEN.get(language, OPEN["en"]), "url": card.url}
    action = {"name": "cta_url", "parameters": button}
    return "interactive", {"type": "cta_url", "body": {"text": text[:BUTTON_BODY_CHARACTERS]}, "action": action} | header


def _menu(text: str, options: Sequence[Option], choose: str) -> dict[str, Any]:
    small = len(options) <= BUTTONS and len(text) <= BUTTON_BODY_CHARACTERS
    if small and all(len(one.label) <= BUTTON_CHARACTERS for one in options):
        buttons = [{"type": "reply", "reply": {"id": _id(n, one), "title": one.label}} for n, one in enumerate(options, 1)]
        return {"type": "button", "body": {"text": text}, "action": {"buttons": buttons}}
    rows = [{"id": _id(number, one), "title": one.label[:LABEL_CHARACTERS]} for number, one in enumerate(options, 1)]
    return {"type": "list", "body": {"text": text}, "action": {"button": choose, "sections": [{"rows": rows}]}}


def _id(number: int, option: Option) -> str:
    fits = len(option.value) <= VALUE_CHARACTERS and not option.value.startswith(BY_LABEL)
    return option.value if fits else f"{BY_LABEL}{number}"
