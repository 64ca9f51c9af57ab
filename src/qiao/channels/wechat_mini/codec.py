"""What crosses the wire, as contracts. Pure. In: the fields of a push. Out: the bodies of `message/custom/send`, and what errors mean."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from qiao.channels.shared.asking import moment, whole
from qiao.channels.shared.card_words import in_words, under_title
from qiao.channels.shared.errcode_api import Errors
from qiao.channels.wechat_mini.login import told_in
from qiao.kit.errors import Invalid
from qiao.ports.channel import (
    Inbound,
    InboundMessage,
    IntroductionDue,
    Media,
    NeedsReauth,
    OutboundMessage,
    Rejected,
    Retry,
    Sender,
    WindowOpened,
)

ERRORS = Errors(
    stale=frozenset({40001, 40014, 41001, 42001}),
    meanings={
        -1: Retry(15, "busy"),
        40003: Rejected("unknown_address"),
        40007: Rejected("expired"),
        45002: Rejected("too_long"),
        45009: Retry(3600, "rate_limited"),
        45011: Retry(60, "rate_limited"),
        45015: Rejected("window_closed"),
        45047: Rejected("count_reached"),
        40013: NeedsReauth("40013 invalid appid"),
        48001: NeedsReauth("48001 the mini program may not use this interface"),
    },
)


def inbound(fields: Mapping[str, str]) -> Sequence[Inbound]:
    """What one push holds. Kinds that we do not know hold nothing. Raises Invalid."""
    openid, kind = fields.get("FromUserName", ""), fields.get("MsgType", "")
    if not openid or not kind:
        raise Invalid("this is not a push of the provider")
    at = _time(fields)
    if kind == "event":
        return _entered(fields, openid, at)
    held = _held(fields, kind)
    if held is None:
        return ()
    provider_id = fields.get("MsgId") or f"{openid}:{fields.get('CreateTime', '')}:{kind}"
    return (InboundMessage(provider_id=provider_id, sender=Sender(address=openid), sent_at=at, **held),)


def _held(fields: Mapping[str, str], kind: str) -> dict[str, Any] | None:
    if kind == "text":
        return {"text": fields.get("Content", "")}
    if kind == "image" and fields.get("MediaId"):
        return {"media": (Media(kind="image", ref={"media_id": fields["MediaId"]}),)}
    if kind == "miniprogrampage":
        return {"text": "\n".join(filter(None, (fields.get("Title"), fields.get("PagePath"))))}
    return None


def _entered(fields: Mapping[str, str], openid: str, at: datetime | None) -> Sequence[Inbound]:
    """The button that opens the session carries words of the mini program's own, and maybe a login."""
    if fields.get("Event") != "user_enter_tempsession":
        return ()
    words, login = told_in(fields.get("SessionFrom", ""))
    came_from = words[:200]
    sender = Sender(address=openid, attributes={"session_from": came_from} if came_from else {})
    provider_id = f"{openid}:{fields.get('CreateTime', '')}:enter"
    opened = WindowOpened(provider_id=provider_id, sender=sender, by="enter", at=at)
    return (opened, IntroductionDue(sender=Sender(address=openid), hint=login)) if login else (opened,)


def _time(fields: Mapping[str, str]) -> datetime | None:
    return moment(whole(fields.get("CreateTime", "")))


def body_of(message: OutboundMessage, media_id: str = "") -> dict[str, Any]:
    """The body for what a message carries: a picture that was uploaded, a card with its page, or text."""
    card = message.card
    kind, content = "text", {"content": message.text}
    if message.files:
        kind, content = "image", {"media_id": media_id}
    elif card and card.url:
        kind = "link"
        content = {
            "title": card.title,
            "description": under_title(card, message.language),
            "url": card.url,
            "thumb_url": card.image_url or "",
        }
    elif card:
        content = {"content": in_words(card, message.language)}
    return {"touser": message.to, "msgtype": kind, kind: content}
