"""What crosses the wire, as contracts. Pure.

In: XML, in safe mode inside an envelope (`qiao.kit.sealed_callback`). Out: the JSON bodies of `message/custom/send`, and what its
errors mean. Places come in the map's own coordinates (GCJ-02) and are passed on as they are.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from qiao.channels.shared.asking import moment, whole
from qiao.channels.shared.card_words import in_words, under_title
from qiao.channels.shared.errcode_api import Errors
from qiao.kit.errors import Invalid
from qiao.ports.channel import (
    Inbound,
    InboundMessage,
    Left,
    Media,
    NeedsReauth,
    OutboundMessage,
    Place,
    Rejected,
    Reported,
    Retry,
    Sender,
    WindowOpened,
)

OPENS = {"subscribe": "follow", "SCAN": "scan", "CLICK": "menu", "scancode_push": "menu", "scancode_waitmsg": "menu"}
"""Only these events let one write: a menu entry that opens a page (VIEW) does not."""
MEDIA = {"image": "image", "voice": "voice", "video": "video", "shortvideo": "video"}
VOICE_TYPES = {"amr": "audio/amr", "speex": "audio/speex", "mp3": "audio/mpeg"}

ERRORS = Errors(
    stale=frozenset({40001, 40014, 41001, 42001}),
    meanings={
        -1: Retry(15, "busy"),
        40003: Rejected("unknown_address"),
        40007: Rejected("expired"),
        40037: Rejected("unknown_template"),
        43004: Rejected("blocked"),
        43019: Rejected("blocked"),
        43101: Rejected("blocked"),
        45001: Rejected("too_large"),
        45002: Rejected("too_long"),
        45009: Retry(3600, "rate_limited"),
        45011: Retry(60, "rate_limited"),
        45015: Rejected("window_closed"),
        45047: Rejected("count_reached"),
        40013: NeedsReauth("40013 invalid appid"),
        48001: NeedsReauth("48001 the account may not use this interface"),
        48004: NeedsReauth("48004 the interface was closed for this account"),
        50002: NeedsReauth("50002 the account is limited"),
    },
)


def inbound(fields: Mapping[str, str]) -> Sequence[Inbound]:
    """What one delivery holds. Kinds that we do not know hold nothing. Raises Invalid."""
    openid, kind = fields.get("FromUserName", ""), fields.get("MsgType", "")
    if not openid or not kind:
        raise Invalid("this is not a delivery of the provider")
    sender, at = Sender(address=openid), _time(fields)
    if kind == "event":
        return _event(fields, sender, at)
    held = _held(fields, kind)
    if held is None:
        return ()
    provider_id = fields.get("MsgId") or f"{openid}:{fields.get('CreateTime', '')}:{kind}"
    return (InboundMessage(provider_id=provider_id, sender=sender, sent_at=at, **held),)


def _held(fields: Mapping[str, str], kind: str) -> dict[str, Any] | None:
    if kind == "text":
        return {"text": fields.get("Content", ""), "option": fields.get("bizmsgmenuid") or None}
    if kind in MEDIA:
        return {"text": fields.get("Recognition", ""), "media": (_media(fields, kind),)}
    if kind == "location":
        return {"place": _place(fields)}
    if kind == "link":
        return {"text": "\n".join(filter(None, (fields.get(name) for name in ("Title", "Description", "Url"))))}
    return None


def _media(fields: Mapping[str, str], kind: str) -> Media:
    if not fields.get("MediaId"):
        raise Invalid("a file without its id")
    content_type = VOICE_TYPES.get(fields.get("Format", "").lower()) if kind == "voice" else None
    return Media(kind=MEDIA[kind], ref={"media_id": fields["MediaId"]}, content_type=content_type)


def _place(fields: Mapping[str, str]) -> Place:
    try:
        latitude, longitude = float(fields["Location_X"]), float(fields["Location_Y"])
    except (KeyError, ValueError):
        raise Invalid("a place without its coordinates") from None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise Invalid("a place that is not on the earth")
    return Place(latitude=latitude, longitude=longitude, address=fields.get("Label") or None)


def _event(fields: Mapping[str, str], sender: Sender, at: datetime | None) -> Sequence[Inbound]:
    event = fields.get("Event", "")
    if event == "unsubscribe":
        return (Left(sender=sender, reason="unfollowed"),)
    if event == "TEMPLATESENDJOBFINISH":
        return _template_report(fields, at)
    if event not in OPENS:
        return ()
    # Events have no id of their own: the platform's page says to tell repetitions by sender and time.
    provider_id = ":".join((sender.address, fields.get("CreateTime", ""), event, fields.get("EventKey", "")[:64]))
    opened = WindowOpened(provider_id=provider_id, sender=sender, by=OPENS[event], at=at)
    return (Left(sender=sender, reason="unfollowed", back=True), opened) if event == "subscribe" else (opened,)


def _template_report(fields: Mapping[str, str], at: datetime | None) -> Sequence[Inbound]:
    status = fields.get("Status", "")
    if not fields.get("MsgID"):
        return ()
    if status == "success":
        return (Reported(provider_id=fields["MsgID"], state="delivered", at=at),)
    reason = "blocked" if "block" in status else status[:200] or "failed"
    return (Reported(provider_id=fields["MsgID"], state="failed", reason=reason, at=at),)


def _time(fields: Mapping[str, str]) -> datetime | None:
    return moment(whole(fields.get("CreateTime", "")))


def body_of(message: OutboundMessage, media_id: str = "", thumb_id: str = "") -> dict[str, Any]:
    """The body of `message/custom/send` for what a message carries: a file that was uploaded, a card, a menu or text."""
    kind, content = _content(message, media_id, thumb_id)
    return {"touser": message.to, "msgtype": kind, kind: content}


def _content(message: OutboundMessage, media_id: str, thumb_id: str) -> tuple[str, dict[str, Any]]:
    if message.files:
        kind = message.files[0].kind
        return kind, {"media_id": media_id} | ({"thumb_media_id": thumb_id, "title": message.files[0].name} if thumb_id else {})
    card = message.card
    if card and card.url:
        words = under_title(card, message.language)
        return "news", {
            "articles": [{"title": card.title, "description": words, "url": card.url, "picurl": card.image_url or ""}]
        }
    if card:
        return "text", {"content": in_words(card, message.language)}
    if message.options:
        entries = [{"id": one.value, "content": one.label} for one in message.options]
        return "msgmenu", {"head_content": message.text, "list": entries, "tail_content": ""}
    return "text", {"content": message.text}


def template_keys(content: str) -> list[str]:
    """The places of a template in their order, each once: "{{keyword1.DATA}}"."""
    return list(dict.fromkeys(re.findall(r"\{\{(\w{1,40})\.DATA\}\}", content)))
