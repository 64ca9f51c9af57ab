"""The words of Telegram's own servers: how they answer, whom they name, and what they do not take."""

import json
from collections.abc import Mapping
from typing import Any

from qiao.ports.testing.simulating import Answered, Asked, Fault, said

BOT = {"id": 4200000001, "is_bot": True, "first_name": "兰亭茶器", "username": "lanting_bot"}
SHOWN = {
    "sendMessage": ("text", "text"),
    "sendPhoto": ("image", "photo"),
    "sendVoice": ("voice", "voice"),
    "sendVideo": ("video", "video"),
    "sendDocument": ("file", "document"),
    "sendLocation": ("location", ""),
    "sendVenue": ("location", ""),
}
KINDS = {"image": "photo", "voice": "voice", "video": "video", "file": "document"}
REFUSALS = {
    Fault.RATE_LIMITED: (429, "Too Many Requests: retry after 7"),
    Fault.SERVER_ERROR: (502, "Bad Gateway"),
    Fault.TOKEN_REVOKED: (401, "Unauthorized"),
    Fault.CREDENTIALS_REFUSED: (401, "Unauthorized"),
    Fault.WINDOW_CLOSED: (403, "Forbidden: bot can't initiate conversation with a user"),
    Fault.BLOCKED: (403, "Forbidden: bot was blocked by the user"),
    Fault.MEDIA_EXPIRED: (400, "Bad Request: wrong file_id or the file is temporarily unavailable"),
}


def done(value: object) -> Answered:
    """A result."""
    return said({"ok": True, "result": value})


def refused(code: int, words: str, **parameters: object) -> Answered:
    """A refusal, with what may help."""
    more = {"parameters": parameters} if parameters else {}
    return said({"ok": False, "error_code": code, "description": words} | more, code)


def chat(address: str) -> dict[str, Any]:
    """A private chat, or a group when the number is below nought."""
    return (
        {"id": int(address), "type": "group", "title": "茶友群"}
        if address.startswith("-")
        else {"id": int(address), "type": "private"}
    )


def person(address: str, name: str) -> dict[str, Any]:
    """Somebody who writes."""
    return {"id": abs(int(address)), "is_bot": False, "first_name": name, "language_code": "zh-hans"}


def parameters(asked: Asked) -> dict[str, Any]:
    """What a method was given, however it was sent."""
    body = asked.json()
    if isinstance(body, dict):
        return body
    parts = asked.parts()
    given = {name: part.data.decode() for name, part in parts.items() if part.filename is None} if parts else asked.form()
    return dict(asked.query) | given


def as_object(value: Any) -> dict[str, Any]:
    """Something that forms carry as JSON inside."""
    return (json.loads(value) if isinstance(value, str) else value) or {}


def unfit(method: str, given: Mapping[str, Any], field: str) -> Answered | None:
    """What the platform itself would not take."""
    if not str(given.get("chat_id", "")).lstrip("-").isdecimal():
        return refused(400, "Bad Request: chat not found")
    if method == "sendMessage" and not given.get("text"):
        return refused(400, "Bad Request: message text is empty")
    if len(str(given.get(field, ""))) > 4096:
        return refused(400, "Bad Request: message is too long")
    rows = as_object(given.get("reply_markup")).get("inline_keyboard", [])
    if any(len(button.get("callback_data", "").encode()) > 64 for row in rows for button in row):
        return refused(400, "Bad Request: BUTTON_DATA_INVALID")
    return None


def uploaded(asked: Asked, given: Mapping[str, Any], field: str) -> tuple[bytes | None, str | None]:
    """The file of a call: beside the parameters, or named in one as attach://FIELD."""
    part = asked.parts().get(str(given.get(field, "")).removeprefix("attach://") or field)
    return (part.data, part.filename) if part else (None, None)
