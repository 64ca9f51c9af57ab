"""Pure readings of what came in: what a message carries besides its words, which option a number means, what a name is kept as."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from qiao.domains.reception.errors import SenderUnusable
from qiao.ports.channel import InboundMessage, Manifest, Sender

MAX_NAME = 255
MAX_ADDRESS = 1_000
MAX_SMALL = 300
MAX_FIELDS = 60
MAX_MEDIA = 20
_HAN = {word: number for number, word in enumerate("零一二三四五六七八九十")} | {"两": 2}
_PLAIN = re.compile(
    r"[#\s]*(?:第|option|no|nr|number|选项?|选择|我选)?[.\s]*([0-9]{1,2}|[一二三四五六七八九十两])\s*(?:个|项|号|条)?[\s.)、。,:!]*",
    re.IGNORECASE,
)


def chosen_number(text: str) -> int | None:
    """The number that a short answer is ("2", "２", "2.", "二", "第二个", "option 2"), counted from 1; None for anything else."""
    if not text or len(text) > 20:
        return None
    found = _PLAIN.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return None
    number = int(found[1]) if found[1].isascii() else _HAN[found[1]]
    return number or None


def offered(content: dict[str, Any] | None) -> list[str]:
    """Ids of the entries that a message offered, in the order of their numbers."""
    options = (content or {}).get("options")
    return (
        [str(one["entry_id"]) for one in options if isinstance(one, dict) and "entry_id" in one]
        if isinstance(options, list)
        else []
    )


def label_of(content: dict[str, Any] | None, option: str) -> str | None:
    """What an offered option says, by its entry or value."""
    options = (content or {}).get("options")
    for one in options if isinstance(options, list) else []:
        if isinstance(one, dict) and option in {str(one.get("entry_id")), one.get("value")}:
            return str(one.get("label") or "") or None
    return None


def known_as(provider_id: str) -> str:
    """A provider's name of a message as it is kept: long ones by their digest. Raises SenderUnusable for none."""
    plain = _kept(provider_id).strip()
    if not plain:
        raise SenderUnusable("a message without a name of its own")
    return plain if len(plain) <= MAX_NAME else "h:" + hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()


def cleaned(sender: Sender) -> Sender:
    """A sender whose names can be kept. Raises SenderUnusable without an address."""
    name = _kept(sender.name or "").strip()[:200] or None
    return msgspec.structs.replace(sender, address=checked_address(sender), name=name)


def checked_address(sender: Sender) -> str:
    """Where the sender is written to. Raises SenderUnusable."""
    address = _kept(sender.address).strip()
    if not 1 <= len(address) <= MAX_ADDRESS:
        raise SenderUnusable("a message without a usable address")
    return address


def namespace_of(manifest: Manifest, inbox_id: UUID) -> str:
    """Where addresses of the channel are unique: in this inbox alone, or everywhere."""
    return f"inbox:{inbox_id}" if manifest.address == "local" else manifest.address


def client_id_of(inbox_id: UUID, provider_id: str) -> str:
    """The message's client id, the same for every delivery of it."""
    return "ch:" + hashlib.sha256(f"{inbox_id}/{provider_id}".encode("utf-8", "replace")).hexdigest()[:40]


def time_of(given: datetime | None, now: datetime) -> datetime:
    """When it happened, as far as that is believed: not in the future."""
    return min(given, now) if given is not None and given.tzinfo is not None else now


def content_of(message: InboundMessage, notes: Sequence[str], quoted_seq: int | None) -> dict[str, Any] | None:
    """What a message carries besides words and files (docs/subsystems/conversations.md)."""
    content = _kind_of(message)
    channel: dict[str, Any] = {
        "quoted_seq": quoted_seq,
        "automatic": message.automatic or None,
        "subject": _small(message.subject),
        "notes": list(dict.fromkeys([*map(_small, message.notes[:10]), *notes])) or None,
        "thread": True if message.thread else None,
        "post": _post(message),
        "sent_at": message.sent_at.isoformat() if message.sent_at else None,
    }
    channel = {key: value for key, value in channel.items() if value is not None}
    return {**content, **({"channel": channel} if channel else {})} or None


def _kind_of(message: InboundMessage) -> dict[str, Any]:
    if message.option:
        entry = _as_id(message.option)
        return {"type": "option", "entry_id": entry} if entry else {"type": "option", "value": message.option[:MAX_SMALL]}
    if message.place is not None:
        return {"type": "place", **msgspec.structs.asdict(message.place)}
    if message.fields:
        fields = list(message.fields.items())[:MAX_FIELDS]
        return {"type": "form", "fields": {key[:MAX_SMALL]: value[:2_000] for key, value in fields}}
    return {}


def _post(message: InboundMessage) -> dict[str, str] | None:
    if message.thread is None:
        return None
    post = {"id": message.thread.post_id, "text": _small(message.thread.post_text), "url": message.thread.post_url}
    return {key: value[:2_000] for key, value in post.items() if value}


def _small(text: str | None) -> str | None:
    return _kept(text)[:MAX_SMALL] if text else None


def _kept(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _as_id(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None
