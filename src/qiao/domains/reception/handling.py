"""What else channels tell: edits, recalls, reactions, reports, what opens and closes the way to a customer."""

from collections.abc import Awaitable, Callable
from datetime import UTC
from typing import Any

import msgspec

from qiao.domains.conversations.contracts import Amendment
from qiao.domains.reception.events import ReplyReported
from qiao.domains.reception.introducing import Introducing
from qiao.domains.reception.media import Rooms
from qiao.domains.reception.receiving import Place, Receiver
from qiao.domains.reception.repository import Placed, ReceptionRows
from qiao.domains.reception.rules import checked_address, known_as, time_of
from qiao.kit.clock import utc_now
from qiao.kit.ids import ContactId, ConversationId, InboxId, WorkspaceId
from qiao.platform.db.database import Scope
from qiao.platform.jobs.jobs import UntilBegun
from qiao.ports.channel import (
    AccountBroken,
    CompanyMessage,
    Inbound,
    IntroductionDue,
    Left,
    MessageEdited,
    MessageRecalled,
    PullDue,
    Reacted,
    ReadUpTo,
    Reported,
    Sender,
    Typing,
    WindowOpened,
)

PULL = "reception.pull"
MAX_EMOJI = 40
STATES = frozenset({"delivered", "read", "failed"})
TellTyping = Callable[[WorkspaceId, ConversationId, ContactId, str | None], None]
"""Shows the console that a customer is writing."""


class Handler:
    """Does what one contract that is no message asks for. Whatever is told of things we do not know is passed over."""

    def __init__(self, rooms: Rooms, receiver: Receiver, introducing: Introducing, tell_typing: TellTyping) -> None:
        self._rooms = rooms
        self._receiver = receiver
        self._tell_typing = tell_typing
        self._acts: dict[type, Callable[[Scope, Place, Any], Awaitable[None]]] = {
            CompanyMessage: receiver.company,
            MessageEdited: self._edited,
            MessageRecalled: self._recalled,
            Reacted: self._reacted,
            Reported: self._reported,
            ReadUpTo: self._read_up_to,
            WindowOpened: self._window_opened,
            Left: self._left,
            Typing: self._typing,
            PullDue: self._pull_due,
            IntroductionDue: introducing.due,
            AccountBroken: self._broken,
        }

    async def handle(self, scope: Scope, place: Place, one: Inbound) -> None:
        """Do it."""
        await self._acts[type(one)](scope, place, one)

    async def report(self, scope: Scope, inbox_id: InboxId, placed: Placed, told: Reported) -> None:
        """Tell what became of a reply."""
        scope.emit(
            ReplyReported(
                inbox_id=inbox_id,
                conversation_id=placed.conversation_id,
                message_seq=placed.seq,
                state=told.state,
                reason=told.reason,
                provider_id=known_as(told.provider_id),
            )
        )
        if told.state == "read":
            await self._rooms.conversations.mark_read(scope, placed.conversation_id, "contact", placed.seq)

    async def _edited(self, scope: Scope, place: Place, one: MessageEdited) -> None:
        placed = await self._placed(scope, place, one.provider_id)
        if placed is None:
            return
        message = await self._rooms.conversations.hold(scope, placed.conversation_id, placed.seq)
        last = ((message.content or {}).get("channel") or {}).get("edited_at", "")
        at = one.at.astimezone(UTC).isoformat(timespec="microseconds") if one.at is not None else ""
        if at and at < last:
            return
        change = Amendment(text=one.text, channel={"edited": True, "edited_at": at or None})
        await self._rooms.conversations.amend(scope, placed.conversation_id, placed.seq, change)

    async def _recalled(self, scope: Scope, place: Place, one: MessageRecalled) -> None:
        await self._amend(scope, place, one.provider_id, Amendment(channel={"recalled": True}))

    async def _reacted(self, scope: Scope, place: Place, one: Reacted) -> None:
        name, emoji = known_as(one.provider_id), one.emoji.replace("\x00", "")[:MAX_EMOJI]
        if (await self._placed(scope, place, one.provider_id)) is None:
            return
        counts = await ReceptionRows(scope).react(place.inbox.id, name, checked_address(one.sender), emoji)
        await self._amend(scope, place, one.provider_id, Amendment(channel={"reactions": counts or None}))

    async def _reported(self, scope: Scope, place: Place, one: Reported) -> None:
        if one.state not in STATES:
            return
        reason = one.reason[:200] if one.reason else None
        name, rows = known_as(one.provider_id), ReceptionRows(scope)
        placed = await self._placed(scope, place, one.provider_id)
        if placed is None:
            await rows.hold_names(place.inbox.id, [name])
            placed = await self._placed(scope, place, one.provider_id)
        if placed is None:
            await rows.keep_report(place.inbox.id, name, one.state, reason)
            return
        await self.report(scope, place.inbox.id, placed, msgspec.structs.replace(one, reason=reason))
        if one.state == "failed" and one.permanent:
            route = await rows.route(placed.conversation_id)
            if route is not None:
                await rows.left(place.inbox.id, route["address"], reason or "unreachable")

    async def _read_up_to(self, scope: Scope, place: Place, one: ReadUpTo) -> None:
        conversation_id = await self._current(scope, place, one.sender)
        if conversation_id is None:
            return
        seq = await self._rooms.conversations.said_until(scope, conversation_id, one.at)
        if seq:
            await self._rooms.conversations.mark_read(scope, conversation_id, "contact", seq)

    async def _window_opened(self, scope: Scope, place: Place, one: WindowOpened) -> None:
        person = (checked_address(one.sender), one.sender.name)
        await ReceptionRows(scope).opened(place.inbox.id, person, one.reply_to, one.by[:60], time_of(one.at, utc_now()))

    async def _left(self, scope: Scope, place: Place, one: Left) -> None:
        await ReceptionRows(scope).left(
            place.inbox.id, checked_address(one.sender), None if one.back else one.reason[:100] or "left"
        )

    async def _typing(self, scope: Scope, place: Place, one: Typing) -> None:
        contact_id = await ReceptionRows(scope).contact_of(place.inbox.id, checked_address(one.sender))
        conversation_id = await self._current(scope, place, one.sender)
        if contact_id is not None and conversation_id is not None:
            self._tell_typing(scope.workspace_id, conversation_id, contact_id, one.sender.name)

    async def _pull_due(self, scope: Scope, place: Place, one: PullDue) -> None:
        # A pull that has not begun sees what lies ready now.
        arguments = {"inbox_id": str(place.inbox.id), "hint": dict(one.hint)}
        await self._rooms.jobs.enqueue(scope, PULL, arguments, once=UntilBegun(f"{PULL}:{place.inbox.id}:told"))

    async def _broken(self, scope: Scope, place: Place, one: AccountBroken) -> None:
        await self._rooms.accounts.broke(scope, place.inbox.id, one.reason, by="in")

    async def _amend(self, scope: Scope, place: Place, provider_id: str, change: Amendment) -> None:
        placed = await self._placed(scope, place, provider_id)
        if placed is not None:
            await self._rooms.conversations.amend(scope, placed.conversation_id, placed.seq, change)

    async def _placed(self, scope: Scope, place: Place, provider_id: str) -> Placed | None:
        name = known_as(provider_id)
        return (await ReceptionRows(scope).places(place.inbox.id, [name])).get(name)

    async def _current(self, scope: Scope, place: Place, sender: Sender) -> ConversationId | None:
        contact_id = await ReceptionRows(scope).contact_of(place.inbox.id, checked_address(sender))
        if contact_id is None:
            return None
        current = await self._rooms.conversations.current(scope, place.inbox.id, contact_id)
        return current.id if current else None
