"""The door of reception."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import asyncpg
import structlog

from qiao.domains.contacts.api import Contacts
from qiao.domains.conversations.contracts import (
    Author,
    AuthorKind,
    Conversation,
    MessageKind,
    NewConversation,
    NewMessage,
    Status,
)
from qiao.domains.inboxes.api import Receipts
from qiao.domains.reception.contracts import Route
from qiao.domains.reception.errors import NotPublic
from qiao.domains.reception.handling import Handler, TellTyping
from qiao.domains.reception.introducing import Introducing
from qiao.domains.reception.lanes import Lanes
from qiao.domains.reception.listening import Listening
from qiao.domains.reception.media import Media, Rooms
from qiao.domains.reception.pulling import Pulling
from qiao.domains.reception.receiving import Place, Receiver
from qiao.domains.reception.repository import Placed, ReceptionRows
from qiao.domains.reception.routes import route_of
from qiao.domains.reception.rules import known_as
from qiao.kit.ids import ContactId, ConversationId, InboxId, WorkspaceId
from qiao.platform.db.database import TRANSIENT, Scope
from qiao.ports.channel import Capability, Channel, Inbound, InboundMessage, PullDue

__all__ = ["Reception", "Rooms"]

ATTEMPTS = 5
EVERY_SECONDS = 5.0
PRUNE_EVERY = 3_600.0
FORGOTTEN_AT_ONCE = 20_000
_FORGET = """
delete from channel_early_reports where (workspace_id, created_at) in (
  select workspace_id, created_at from channel_early_reports where created_at < now() - interval '1 day' limit $1)
"""
_SYSTEM = Author(AuthorKind.SYSTEM)
_log = structlog.get_logger("qiao.reception")


class Reception:
    """Takes in what channels bring, and knows where replies go."""

    def __init__(
        self,
        rooms: Rooms,
        contacts: Contacts,
        receipts: Receipts,
        channels: Mapping[str, Channel],
        outside: tuple[TellTyping, Callable[[], Awaitable[Any]]],
    ) -> None:
        """`outside` is how typing is shown, and a connection of its own for the right to listen."""
        tell_typing, connect = outside
        self._rooms = rooms
        self._contacts = contacts
        self._channels = channels
        self._receipts = receipts
        self.media = Media(rooms)
        self._receiver = Receiver(contacts, rooms.conversations, rooms.tickets, self.media)
        self._introducing = Introducing(rooms, contacts, self._receiver)
        self._handler = Handler(rooms, self._receiver, self._introducing, tell_typing)
        self.lanes = Lanes(rooms, receipts, self.receive_in)
        self.pulling = Pulling(rooms, receipts, self.receive_in)
        self._listening = Listening(rooms, receipts, connect)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to read receipts, to pull and to listen; any number of processes may."""
        await self.lanes.start()
        await self._listening.start({name: one.manifest.listens for name, one in self._channels.items()})
        self._task = asyncio.create_task(self._look_after(), name="reception-timer")

    async def stop(self) -> None:
        """Stop; what is cut is done by whoever comes next."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._listening.stop()
        await self.lanes.stop()

    async def drain(self, workspace_id: WorkspaceId) -> None:
        """Read every receipt of a workspace that waits, then return. For tests and imports."""
        await self.lanes.drain(workspace_id)

    async def receive(self, workspace_id: WorkspaceId, inbox_id: InboxId, items: Sequence[Inbound]) -> None:
        """Store what an inbox was told; returns after the commit. Safe to repeat and to race: the same message is one message."""
        for attempt in range(ATTEMPTS):
            try:
                async with self._rooms.database.scope(workspace_id) as scope:
                    inbox = await self._rooms.inboxes.get(scope, inbox_id)
                    await self.receive_in(scope, Place(inbox, self._rooms.accounts.channel(inbox).manifest), items)
            except (*TRANSIENT, asyncpg.UniqueViolationError):
                if attempt == ATTEMPTS - 1:
                    raise
                await asyncio.sleep(0.01 * 2**attempt)
            else:
                return

    async def receive_in(self, scope: Scope, place: Place, items: Sequence[Inbound]) -> None:
        """Store it within the caller's transaction, in the provider's order."""
        spoken: list[InboundMessage] = []
        pull: PullDue | None = None
        for one in items:
            if isinstance(one, InboundMessage):
                if one.quoted in {before.provider_id for before in spoken}:
                    await self._receiver.messages(scope, place, spoken)
                    spoken = []
                spoken.append(one)
                continue
            await self._receiver.messages(scope, place, spoken)
            spoken = []
            if isinstance(one, PullDue):
                pull = one
            else:
                await self._handler.handle(scope, place, one)
        await self._receiver.messages(scope, place, spoken)
        await self._introducing.wrote(scope, place, [one.sender for one in items if isinstance(one, InboundMessage)])
        # Many calls that something lies ready are one look, with what the last of them hints at.
        if pull is not None:
            await self._handler.handle(scope, place, pull)

    async def route(self, scope: Scope, conversation_id: ConversationId) -> Route | None:
        """Where the conversation's replies go; None when its customer has no address there."""
        return await route_of(scope, self._rooms, self._contacts, conversation_id)

    async def note_sent(
        self, scope: Scope, inbox_id: InboxId, conversation_id: ConversationId, seq: int, provider_ids: Sequence[str]
    ) -> None:
        """The provider has a reply, and calls it so. What it reported before we knew is told now. Safe to repeat."""
        rows, names = ReceptionRows(scope), [known_as(one) for one in provider_ids if one.strip()]
        # A report that is being stored right now sees what is noted here, or is seen here.
        await rows.hold_names(inbox_id, names)
        await rows.claim(inbox_id, sorted(names), "out")
        await rows.place(inbox_id, [(name, conversation_id, seq) for name in names])
        await rows.answered(conversation_id)
        for report in await rows.take_reports(inbox_id, names):
            await self._handler.report(scope, inbox_id, Placed(conversation_id, seq, "out"), report)

    async def provider_id_of(self, scope: Scope, conversation_id: ConversationId, seq: int) -> str | None:
        """What the provider calls a message; None when it has no name there."""
        names = await ReceptionRows(scope).names_of(conversation_id, seq)
        return names[0] if names else None

    async def answer_privately(self, scope: Scope, conversation_id: ConversationId, seq: int) -> Conversation:
        """The private conversation with whoever wrote a public comment, opened when there is none; its first message answers the
        comment. Each of the two conversations says where the other is. Safe to repeat. Raises NotPublic, ConversationNotFound.
        """
        public = await self._rooms.conversations.get(scope, conversation_id)
        comment = await self._rooms.conversations.at(scope, conversation_id, seq)
        inbox = await self._rooms.inboxes.get(scope, public.inbox_id)
        name = await self.provider_id_of(scope, conversation_id, seq)
        able = Capability.PRIVATE_REPLY in self._rooms.accounts.channel(inbox).manifest.capabilities
        if (
            not public.thread
            or comment.author.kind is not AuthorKind.CONTACT
            or comment.author.id is None
            or name is None
            or not able
        ):
            raise NotPublic("this message cannot be answered privately")
        contact_id, rows = ContactId(comment.author.id), ReceptionRows(scope)
        address = await rows.address_of(inbox.id, contact_id)
        if address is None:
            raise NotPublic("whoever wrote this has no address of their own")
        new = NewConversation(inbox_id=inbox.id, contact_id=contact_id, status=Status.WAITING)
        private = await self._rooms.conversations.find_or_open_in(scope, new)
        await rows.answer_to(private.id, inbox.id, address["address"], name, comment.created_at)
        await self._link(scope, public, private, seq)
        await self._link(scope, private, public, seq)
        return await self._rooms.conversations.get(scope, private.id)

    async def _link(self, scope: Scope, here: Conversation, there: Conversation, seq: int) -> None:
        data = {"conversation_id": str(there.id), "number": there.number, "public": bool(there.thread), "seq": seq}
        item = NewMessage(
            conversation_id=here.id,
            author=_SYSTEM,
            text="",
            client_id=f"linked:{there.id.hex[:16]}:{seq}:{here.id.hex[:16]}",
            kind=MessageKind.EVENT,
            content={"type": "event", "event": "linked", "data": data},
        )
        await self._rooms.conversations.store_in(scope, item)

    async def _forget_reports(self) -> None:
        gone = FORGOTTEN_AT_ONCE
        while gone >= FORGOTTEN_AT_ONCE:
            async with self._rooms.database.across() as connection:
                gone = int((await connection.execute(_FORGET, FORGOTTEN_AT_ONCE)).rpartition(" ")[2])

    async def _look_after(self) -> None:
        """Pulls that are due, and once in a while what is old is forgotten."""
        seconds = {name: one.manifest.pull_seconds for name, one in self._channels.items()}
        pulled = {name: every for name, every in seconds.items() if every}
        clock = asyncio.get_running_loop().time
        prune_at = clock() + EVERY_SECONDS
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                if pulled:
                    await self.pulling.due(pulled)
                if clock() >= prune_at:
                    prune_at = clock() + PRUNE_EVERY
                    await self._receipts.prune()
                    await self._forget_reports()
            except Exception as error:  # noqa: BLE001 - whatever a look meets, there is another
                _log.warning("the reception waits", error=f"{type(error).__name__}: {error}")
