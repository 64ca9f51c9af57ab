"""What the composer asks before anything is typed: may one write, and with what instead."""

from collections.abc import Sequence
from datetime import datetime

from qiao.domains.conversations.contracts import Conversation
from qiao.domains.delivery.contracts import ReplyWindowView
from qiao.domains.delivery.doors import Rooms
from qiao.domains.delivery.lanes import LaneRows
from qiao.domains.delivery.outgoing import sends_since
from qiao.domains.delivery.window import goes_after, opening
from qiao.domains.inboxes.contracts import Inbox
from qiao.domains.reception.contracts import Route
from qiao.kit.clock import utc_now
from qiao.kit.ids import ConversationId
from qiao.platform.db.database import Scope
from qiao.ports.channel import Capability, Manifest


async def reply_window(scope: Scope, rooms: Rooms, conversation_id: ConversationId) -> ReplyWindowView:
    """Whether one may write in a conversation now."""
    conversation = await rooms.conversations.get(scope, conversation_id)
    inbox = await rooms.inboxes.get(scope, conversation.inbox_id)
    channel = rooms.channel_of(inbox.channel)
    if channel is None:
        return ReplyWindowView(open=False, reason="broken")
    manifest = channel.manifest
    if Capability.LIVE in manifest.capabilities:
        return ReplyWindowView(open=True)
    route = await rooms.reception.route(scope, conversation_id)
    if route is not None and route.left:
        return ReplyWindowView(open=False, reason="left")
    if await LaneRows(scope).is_stopped(inbox.id):
        return ReplyWindowView(open=False, reason="broken")
    opened = {} if route is None else route.opened
    now = opening(manifest.windows, opened, await _sends(scope, inbox, route), utc_now())
    if now.open and route is not None:
        return ReplyWindowView(open=True, until=now.until, left=now.left)
    instead = _after(manifest) if route is not None else []
    return ReplyWindowView(open=False, reason="closed", instead=instead + await _elsewhere(scope, rooms, conversation, manifest))


async def _sends(scope: Scope, inbox: Inbox, route: Route | None) -> Sequence[datetime]:
    return await sends_since(scope, inbox, route) if route is not None else ()


def _after(manifest: Manifest) -> list[str]:
    allowed = {
        "template": goes_after(manifest, template=True, tagged=False),
        "tagged": goes_after(manifest, template=False, tagged=True),
    }
    return [one for one in manifest.after_window if allowed.get(one)]


async def _elsewhere(scope: Scope, rooms: Rooms, conversation: Conversation, manifest: Manifest) -> list[str]:
    """Where else the customer is known and the company has an inbox: "email", "phone"."""
    contact = await rooms.contacts.get(scope, conversation.contact.id)
    known = {"email": contact.email, "phone": contact.phone}
    channels = [rooms.channel_of(inbox.channel) for inbox in await rooms.inboxes.all(scope) if inbox.enabled]
    kinds = {channel.manifest.address for channel in channels if channel is not None} - {manifest.address}
    return [kind for kind, address in known.items() if address and kind in kinds]
