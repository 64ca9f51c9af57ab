"""What the composer asks before anything is typed: may one write, and with what instead."""

from collections.abc import Sequence
from datetime import datetime

from qiao.domains.conversations.contracts import Conversation
from qiao.domains.delivery.contracts import ReplyLength, ReplyWindowView
from qiao.domains.delivery.doors import Rooms
from qiao.domains.delivery.lanes import LaneRows
from qiao.domains.delivery.outgoing import sends_since
from qiao.domains.delivery.parting import texts_of
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
    instead += await _elsewhere(scope, rooms, conversation, manifest)
    return ReplyWindowView(open=False, reason="closed", left=now.left, instead=instead)


async def reply_length(scope: Scope, rooms: Rooms, conversation_id: ConversationId, text: str) -> ReplyLength:
    """What a text would be sent as in a conversation, by the rules it is then sent by."""
    conversation = await rooms.conversations.get(scope, conversation_id)
    inbox = await rooms.inboxes.get(scope, conversation.inbox_id)
    channel = rooms.channel_of(inbox.channel)
    if channel is None or Capability.LIVE in channel.manifest.capabilities:
        return ReplyLength(sends=1)
    account = await rooms.accounts.account(scope, inbox.id)
    texts = texts_of(text, channel.manifest, account.origin)
    counts = [one for one in (channel.counted(text, account) for text in texts) if one is not None]
    if not counts:
        return ReplyLength(sends=len(texts))
    alphabet = "gsm7" if all(one.alphabet == "gsm7" for one in counts) else "ucs2"
    return ReplyLength(sends=len(texts), parts=sum(one.parts for one in counts), alphabet=alphabet, left=counts[-1].left)


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
