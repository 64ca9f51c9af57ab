"""What crosses the wire, as contracts. Pure.

In: a sealed XML callback that only says where something lies ready, and the list that `kf/sync_msg` gives. Out: the bodies of
`kf/send_msg` and `kf/send_msg_on_event`, and what errors mean.
"""

import hashlib
from collections.abc import Mapping, Sequence

from msgspec import Struct

from qiao.channels.shared.asking import moment
from qiao.channels.shared.errcode_api import Errors, Failure
from qiao.ports.channel import (
    CompanyMessage,
    Inbound,
    InboundMessage,
    Media,
    MessageRecalled,
    NeedsReauth,
    Place,
    Proof,
    PullDue,
    Rejected,
    Reported,
    Retry,
    Sender,
    WindowOpened,
)

CUSTOMER, SERVICER = 3, 5
FILES = ("image", "voice", "video", "file")
STALE = frozenset({40014, 41001, 42001})
SESSION_ERRORS = frozenset({95013, 95016, 95018})
"""The session is in a state in which nothing may be sent; which one, only `service_state/get` tells. [M]"""
OLD_TOKEN = 95007
"""The callback's token lives ten minutes; without it one may pull too, only seldom. [M]"""
STATE_UNKNOWN = Rejected("session_state")
MEANINGS: Mapping[int, Failure] = {
    **dict.fromkeys(SESSION_ERRORS, STATE_UNKNOWN),
    -1: Retry(15, "busy"),
    40003: Rejected("unknown_address"),
    40096: Rejected("unknown_address"),
    84061: Rejected("unknown_address"),
    40007: Rejected("expired"),
    45002: Rejected("too_long"),
    45009: Retry(60, "rate_limited"),
    45033: Retry(15, "rate_limited"),
    95001: Rejected("count_reached"),
    95002: Rejected("window_closed"),
    95026: Rejected("window_closed"),
    40001: NeedsReauth("40001 the secret is not valid"),
    48002: NeedsReauth("48002 the app may not use this interface"),
    60020: NeedsReauth("60020 this server's IP address is not on the allowlist"),
    95011: NeedsReauth("95011 customer service is managed elsewhere"),
    95017: NeedsReauth("95017 the secret is not that of customer service"),
}
ERRORS = Errors(stale=STALE, meanings=MEANINGS)
FAILED = {
    1: "account_deleted",
    2: "account_closed",
    4: "window_closed",
    5: "window_closed",
    6: "count_reached",
    8: "account_unverified",
    9: "account_unverified",
    10: "blocked",
    12: "not_allowed",
}


class Said(Struct, frozen=True, kw_only=True):
    """The content of one kind of message: of all kinds, what we read."""

    content: str = ""
    menu_id: str = ""
    media_id: str = ""
    latitude: float = 0.0
    longitude: float = 0.0
    name: str = ""
    address: str = ""
    title: str = ""
    desc: str = ""
    url: str = ""
    userid: str = ""


class Event(Struct, frozen=True, kw_only=True):
    """The content of an event."""

    event_type: str = ""
    open_kfid: str = ""
    external_userid: str = ""
    scene: str = ""
    welcome_code: str = ""
    msg_code: str = ""
    change_type: int = 0
    fail_msgid: str = ""
    fail_type: int = 0
    recall_msgid: str = ""


class Item(Struct, frozen=True, kw_only=True):
    """One entry of the list."""

    msgid: str
    open_kfid: str = ""
    external_userid: str = ""
    send_time: int = 0
    origin: int = 0
    msgtype: str = ""
    event: Event | None = None
    text: Said | None = None
    image: Said | None = None
    voice: Said | None = None
    video: Said | None = None
    file: Said | None = None
    location: Said | None = None
    link: Said | None = None
    business_card: Said | None = None
    miniprogram: Said | None = None


class Page(Struct, frozen=True, kw_only=True):
    """What `kf/sync_msg` answers."""

    errcode: int
    next_cursor: str = ""
    has_more: int = 0
    msg_list: tuple[Item, ...] = ()


class Known(Struct, frozen=True, kw_only=True):
    """What the platform tells of a customer."""

    external_userid: str
    nickname: str = ""
    unionid: str = ""


def due(fields: Mapping[str, str], open_kfid: str) -> Sequence[Inbound]:
    """What a callback says: something of this account lies ready, or nothing that is ours."""
    ours = not open_kfid or fields.get("OpenKfId", open_kfid) == open_kfid
    if fields.get("Event") != "kf_msg_or_event" or not ours:
        return ()
    return (PullDue(hint={"token": fields.get("Token", "")}),)


def inbound(item: Item, known: Mapping[str, Known], union_account: str = "") -> Inbound | None:
    """One entry as a contract; None for what is not for us."""
    if item.msgtype == "event":
        return _event(item, item.event, known, union_account) if item.event else None
    said: Said | None = getattr(item, item.msgtype, None) if item.msgtype in Item.__struct_fields__ else None
    if not isinstance(said, Said) or not item.external_userid or item.origin not in {CUSTOMER, SERVICER}:
        return None
    sender = sender_of(item.external_userid, known, union_account)
    media = (Media(kind=item.msgtype, ref={"media_id": said.media_id}),) if item.msgtype in FILES and said.media_id else ()
    if item.origin == SERVICER:
        return CompanyMessage(
            provider_id=item.msgid, sender=sender, text=_text(item.msgtype, said), media=media, sent_at=moment(item.send_time)
        )
    return InboundMessage(
        provider_id=item.msgid,
        sender=sender,
        text=_text(item.msgtype, said),
        media=media,
        place=_place(said) if item.msgtype == "location" else None,
        option=said.menu_id if said.menu_id not in {"", NO_OPTION} else None,
        reply_to={"open_kfid": item.open_kfid},
        sent_at=moment(item.send_time),
    )


def sender_of(external_userid: str, known: Mapping[str, Known], union_account: str = "") -> Sender:
    """The customer, with what the platform told and proved."""
    told = known.get(external_userid)
    if told is None:
        return Sender(address=external_userid)
    proofs = (Proof(f"union:{union_account}", told.unionid),) if union_account and told.unionid else ()
    return Sender(address=external_userid, name=told.nickname or None, proofs=proofs)


NO_OPTION = "-"
"""The id of a menu entry whose value is too long for one: the customer's words are then all that comes back."""


def _text(kind: str, said: Said) -> str:
    if kind == "text":
        return said.content
    if kind in {"link", "miniprogram"}:
        return "\n".join(filter(None, (said.title, said.desc, said.url)))
    return said.userid if kind == "business_card" else ""


def _place(said: Said) -> Place | None:
    if not (abs(said.latitude) <= 90 and abs(said.longitude) <= 180):
        return None
    return Place(latitude=said.latitude, longitude=said.longitude, name=said.name or None, address=said.address or None)


def _event(item: Item, event: Event, known: Mapping[str, Known], union_account: str) -> Inbound | None:
    at = moment(item.send_time)
    if event.event_type == "msg_send_fail" and event.fail_msgid:
        reason = FAILED.get(event.fail_type, f"failed: {event.fail_type}")
        return Reported(provider_id=event.fail_msgid, state="failed", reason=reason, at=at)
    if event.event_type in {"user_recall_msg", "servicer_recall_msg"} and event.recall_msgid:
        return MessageRecalled(provider_id=event.recall_msgid, at=at)
    by, code = _opened(event)
    if not code or not event.external_userid:
        return None
    reply_to = {"open_kfid": event.open_kfid, "code": code, "by": by, "at": str(item.send_time)}
    sender = sender_of(event.external_userid, known, union_account)
    return WindowOpened(provider_id=item.msgid, sender=sender, by=by, reply_to=reply_to, at=at)


def _opened(event: Event) -> tuple[str, str]:
    if event.event_type == "enter_session":
        return "enter", event.welcome_code
    if event.event_type == "session_status_change":
        return {1: "taken", 3: "closed"}.get(event.change_type, ""), event.msg_code
    return "", ""


def message_id(key: str) -> str:
    """The id under which a reply is sent, the same over all tries: 32 of the characters that are allowed."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]
