"""Where a conversation's replies go: the way its customer came, or the one that is known of them."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from qiao.domains.contacts.api import Contacts
from qiao.domains.conversations.contracts import Conversation
from qiao.domains.reception.contracts import Route
from qiao.domains.reception.media import Rooms
from qiao.domains.reception.repository import ReceptionRows
from qiao.kit.ids import ConversationId
from qiao.platform.db.database import Scope


async def route_of(scope: Scope, rooms: Rooms, contacts: Contacts, conversation_id: ConversationId) -> Route | None:
    """Where the conversation's replies go; None when its customer has no address there."""
    conversation = await rooms.conversations.get(scope, conversation_id)
    rows = ReceptionRows(scope)
    inbox = await rooms.inboxes.get(scope, conversation.inbox_id)
    row = await rows.route(conversation_id)
    if row is None:
        return await _route_of_contact(scope, rooms, contacts, conversation)
    thread = row["thread_key"]
    own = (row["reply_to"], row["opened"])
    theirs = ({}, {}) if thread else (row["address_reply_to"] or {}, row["address_opened"] or {})
    return Route(
        inbox_id=inbox.id,
        channel=inbox.channel,
        address=row["address"],
        name=row["name"],
        thread_key=thread,
        reply_to={**own[0], **theirs[0]},
        opened=_times({**own[1], **theirs[1]}),
        left=row["left_reason"],
        refs=await rows.names_of(conversation_id),
        subject=row["subject"],
        private_reply_to=row["private_reply_to"],
    )


async def _route_of_contact(scope: Scope, rooms: Rooms, contacts: Contacts, conversation: Conversation) -> Route | None:
    """A conversation that we began: by the address that the contact wrote from, or the one that is noted of them."""
    inbox = await rooms.inboxes.get(scope, conversation.inbox_id)
    known = await ReceptionRows(scope).address_of(inbox.id, conversation.contact.id)
    kind = rooms.accounts.channel(inbox).manifest.address
    contact = await contacts.get(scope, conversation.contact.id)
    noted = {"email": contact.email, "phone": contact.phone}.get(kind)
    if known is None and not noted:
        return None
    return Route(
        inbox_id=inbox.id,
        channel=inbox.channel,
        address=known["address"] if known else noted or "",
        name=(known["name"] if known else None) or conversation.contact.name,
        thread_key=None,
        reply_to=known["reply_to"] if known else {},
        opened=_times(known["opened"]) if known else {},
        left=known["left_reason"] if known else None,
        refs=await ReceptionRows(scope).names_of(conversation.id),
    )


def _times(opened: Mapping[str, str]) -> dict[str, datetime]:
    return {kind: msgspec.convert(at, datetime) for kind, at in opened.items()}
