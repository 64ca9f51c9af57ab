"""An example of every public form, made of the same structs as what is sent: an example cannot differ in shape from the real thing."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct


def _id(number: int) -> str:
    return str(UUID(int=0x019A_B000_0000_7000_8000_0000_0000_0000 + number))


_TIME = "2026-11-22T09:30:00Z"
_CONVERSATION = {"conversation_id": _id(1), "inbox_id": _id(2)}
_AGENT = {"kind": "agent", "id": _id(3), "name": "小棠"}
_MESSAGE = {
    **_CONVERSATION,
    "message_id": _id(4),
    "seq": 7,
    "author": {"kind": "contact", "id": _id(5), "name": "Mia Chen"},
    "text": "请问我的盖碗什么时候发货？",
    "created_at": _TIME,
}
_TICKET = {
    "ticket_id": _id(6),
    "number": 1042,
    "ref": "T-1042",
    "contact": {"id": _id(5), "name": "Mia Chen"},
    **_CONVERSATION,
    "subject": "Lid arrived chipped",
    "type": "general",
    "state": "open",
    "priority": "normal",
    "version": 1,
    "created_at": _TIME,
    "updated_at": _TIME,
}
_MOVES: dict[str, dict[str, Any]] = {
    "handed_over": {"status": "waiting", "waiting_since": _TIME, "reason": "asked_for_person"},
    "assigned": {"status": "open", "assignee_id": _id(3)},
    "requeued": {"status": "waiting", "assignee_id": None},
    "handed_to_bot": {"status": "bot", "assignee_id": None},
    "snoozed": {"status": "snoozed", "snoozed_until": "2026-11-23T01:00:00Z"},
    "woken": {"status": "open", "snoozed_until": None},
    "resolved": {"status": "resolved", "resolved_at": _TIME},
    "reopened": {"status": "open", "resolved_at": None},
    "tagged": {"tags": ["退款", "vip"]},
    "moved": {"contact_id": _id(5)},
}
_WHOLE: dict[str, dict[str, Any]] = {
    "conversation.opened": {
        **_CONVERSATION,
        "number": 318,
        "contact": {"id": _id(5), "name": "Mia Chen"},
        "status": "bot",
        "language": "zh",
        "created_at": _TIME,
    },
    "message.received": _MESSAGE,
    "message.sent": {**_MESSAGE, "seq": 8, "author": _AGENT, "text": "今天下午发出，单号稍后给您。"},
    "note.posted": {**_MESSAGE, "seq": 9, "author": _AGENT, "text": "Third time this week; see T-1042."},
    "message.changed": {**_CONVERSATION, "message_id": _id(4), "seq": 7, "text": "请问我的盖碗明天能到吗？"},
    "delivery.failed": {**_CONVERSATION, "seq": 8, "state": "rejected", "reason": "blocked"},
    "contact.created": {"contact_id": _id(5), "name": "Mia Chen", "phone": "+8613800000000", "created_at": _TIME},
    "contact.changed": {"contact_id": _id(5), "name": "Mia Chen", "email": "mia@example.com", "created_at": _TIME},
    "contact.joined": {"contact_id": _id(8), "joined_into_id": _id(5), "proof": "verified_email"},
    "contact.separated": {"contact_id": _id(8), "left_id": _id(5), "by_id": _id(3)},
    "ticket.opened": _TICKET,
    "ticket.changed": {**_TICKET, "version": 2, "state": "solved", "by": _AGENT, "changed": ["state"], "before": "open"},
    "inbox.broken": {"inbox_id": _id(2), "name": "客服邮箱", "channel": "mail", "reason": "sign-in refused"},
    "inbox.mended": {"inbox_id": _id(2)},
    "faq.changed": {"faq_id": _id(9), "status": "published", "language": "zh"},
    "article.changed": {"article_id": _id(10), "language": "en"},
}


def example_of(kind: str, data: type[Struct]) -> Struct:
    """An example of the event's data. Raises KeyError for an event without one."""
    group, _, act = kind.partition(".")
    found = (
        _WHOLE[kind] if kind in _WHOLE else {**_CONVERSATION, "by": _AGENT, **_MOVES[act if group == "conversation" else kind]}
    )
    return msgspec.convert(found, data)
