"""The visitor's socket: catch up by number, send with acknowledgement after the commit, hear replies as they are logged."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, cast
from uuid import UUID

import asyncpg
import msgspec
import structlog
from msgspec import Struct

from qiao.domains.contacts.api import Contacts
from qiao.domains.contacts.contracts import Visitor
from qiao.domains.conversations.contracts import Conversation, Message, Status
from qiao.domains.conversations.events import ConversationOpened, EventPosted, MessageFact, MessageReceived, ReplyPosted
from qiao.domains.conversations.presence import Presence
from qiao.domains.conversations.visitors import Sending, Visitors, show_message
from qiao.kit.errors import QiaoError, TooMany, Unavailable
from qiao.kit.ids import ConversationId, WorkspaceId
from qiao.platform.auth.throttle import Throttle
from qiao.platform.db.database import LOST
from qiao.platform.db.line import TurnedAway
from qiao.platform.db.room import Room, storage_full
from qiao.platform.live.hub import Hub, Listener
from qiao.platform.live.socket import (
    CLOSE_ENDED,
    CLOSE_NOT_JSON,
    CLOSE_RESTART,
    Frame,
    Receive,
    Send,
    Socket,
    SocketClosed,
    Write,
)
from qiao.platform.live.tail import Tail
from qiao.platform.log.facts import Entry
from qiao.platform.version import APP_VERSION

HELLO_SECONDS = 5.0
REFUSED_SECONDS = 2.0
"""How long nothing is read from a socket whose message was refused because too much is asked."""
BACK_A_SECOND = 500
"""So many of those who were refused come back in a second: a tenth of what is stored in one."""
QUEUE_SECONDS = 0.25
"""Least time between two looks at the places of those who wait: each costs a question for everybody who is told. Where one took long,
four times as long."""
MAX_TOLD = 64
"""Acknowledged messages that may be ahead of the log's tail; over it a message is sent again, which its reader passes over."""
CONVERSATION_FACTS = frozenset(
    f"conversations.{name}.v1"
    for name in ("handed_over", "assigned", "requeued", "handed_to_bot", "snoozed", "woken", "resolved", "reopened")
)
_MESSAGE_FACTS: dict[str, type[MessageFact]] = {kind.wire_name: kind for kind in (MessageReceived, ReplyPosted, EventPosted)}

_encoder = msgspec.json.Encoder()
_log = structlog.get_logger("qiao.visitors")


class VisitorFrame(Struct, frozen=True, forbid_unknown_fields=True):
    """Any frame of a visitor; what a type needs is checked where it is handled."""

    type: str
    token: str = ""
    epoch: str | None = None
    after: int = 0
    protocol: int = 1
    client_id: str = ""
    text: str = ""
    attachments: list[UUID] = []
    option: UUID | None = None
    on: bool = False
    length: int = 0
    seq: int = 0
    id: int = 0


_frames = msgspec.json.Decoder(VisitorFrame)


class Connected(Struct):
    """A visitor at the other end of a socket, and what is known of their conversation.

    `told` are the numbers whose acknowledgement said all there is to say: this socket is not sent those messages again.
    """

    visitor: Visitor
    socket: Socket
    conversation_id: ConversationId | None = None
    reopen_as: Status = Status.BOT
    resolved: bool = False
    told: deque[int] = msgspec.field(default_factory=lambda: deque(maxlen=MAX_TOLD))


class VisitorSockets:
    """Serves visitors' sockets and projects the log onto them."""

    def __init__(self, visitors: Visitors, contacts: Contacts, hub: Hub, tail: Tail, presence: Presence) -> None:
        self._visitors = visitors
        self._contacts = contacts
        self._hub = hub
        self._tail = tail
        self._presence = presence
        self._sending = Throttle(rate=20.0, burst=200)
        self._gestures = Throttle(rate=10.0, burst=60)
        self._tasks: set[asyncio.Task[None]] = set()
        self._connected: dict[Listener, Connected] = {}
        self._queues: dict[WorkspaceId, Sequence[UUID]] = {}
        self._room: Room | None = None
        self._turned_away = TurnedAway(BACK_A_SECOND)
        presence.on_agent_typing(self._agent_typing)

    def look_for(self, room: Room) -> Room:
        """Take no message from now on while there is no `room` for it; gives it back."""
        self._room = room
        return room

    def project(self, workspace_id: WorkspaceId, entries: Sequence[Entry]) -> None:
        """Projector for the tail: replies, events, status and read marks to the customer they are for."""
        for entry in entries:
            if entry.name == ConversationOpened.wire_name:
                self._begun(workspace_id, entry)
            topic = topic_of(workspace_id, entry.subject)
            if not entry.name.startswith("conversations.") or not self._hub.has(topic):
                continue
            self._project_one(workspace_id, entry, topic)

    def _begun(self, workspace_id: WorkspaceId, entry: Entry) -> None:
        """A customer's other windows, open since before the first message, hear what one of them began."""
        opened = entry.read(ConversationOpened).conversation
        for socket in self._hub.listeners(_waiting_topic(workspace_id, opened.contact.id)):
            connected = self._connected.get(socket)
            if connected is not None and connected.conversation_id is None and connected.visitor.inbox_id == opened.inbox_id:
                self._listen(connected, ConversationId(entry.subject))
        topic = topic_of(workspace_id, entry.subject)
        if opened.status is Status.WAITING and self._hub.has(topic):
            self._tell_status_soon(workspace_id, ConversationId(entry.subject), topic)

    def _project_one(self, workspace_id: WorkspaceId, entry: Entry, topic: str) -> None:
        kind = _MESSAGE_FACTS.get(entry.name)
        if kind is not None:
            self._tell_message(entry, kind, self._hub.listeners(topic))
        elif entry.name in CONVERSATION_FACTS:
            self._tell_status_soon(workspace_id, ConversationId(entry.subject), topic)
        elif entry.name == "conversations.read.v1" and entry.fields().get("by") == "agent":
            self._hub.publish(topic, _frame({"type": "read", "seq": entry.fields()["seq"]}))

    def _tell_message(self, entry: Entry, kind: type[MessageFact], listeners: Iterable[Listener]) -> None:
        theirs = [one for one in listeners if one not in self._connected or entry.seq not in self._connected[one].told]
        if not theirs:
            return
        shown = show_message(Message(seq=entry.seq or 0, **msgspec.structs.asdict(entry.read(kind))))
        if shown is not None:
            frame = Frame(_frame({"type": "message", "message": shown}))
            for socket in theirs:
                socket.push_frame(frame)

    def queue_moved(self, workspace_id: WorkspaceId, waiting: Sequence[UUID]) -> None:
        """Places in the queue moved: tell those of the waiting who are connected here. While it goes on moving, the last order counts."""
        telling = workspace_id in self._queues
        self._queues[workspace_id] = waiting
        if not telling:
            task = asyncio.create_task(self._tell_queue(workspace_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _tell_queue(self, workspace_id: WorkspaceId) -> None:
        told: Sequence[UUID] | None = None
        try:
            while self._queues[workspace_id] is not told:
                told, began = self._queues[workspace_id], time.monotonic()
                for conversation_id in told:
                    topic = topic_of(workspace_id, conversation_id)
                    if self._hub.has(topic):
                        await self._tell_status(workspace_id, ConversationId(conversation_id), topic)
                await asyncio.sleep(max(QUEUE_SECONDS, 4 * (time.monotonic() - began)))
        finally:
            del self._queues[workspace_id]

    async def serve(self, receive: Receive, send: Send, write: Write | None = None) -> None:
        """Run one socket to its end."""
        socket = Socket(receive, send, write)
        socket.about = {"route": "/visitor/v1/live"}
        await socket.accept()
        connected: Connected | None = None
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                hello = _decode(await socket.receive(), socket)
                connected = await self._hello(socket, hello)
            while True:
                await self._act(connected, _decode(await socket.receive(), socket))
        except (SocketClosed, TimeoutError):
            pass
        except LOST:
            socket.close(CLOSE_RESTART)
        except (TooMany, Unavailable):
            # Nothing is wrong with the visit: told that it ended, a widget would begin another.
            self._hub.turn_away(socket)
        except QiaoError as error:
            socket.refuse(error.code, client_id=None)
            socket.close(CLOSE_ENDED)
        finally:
            self._hub.leave(socket)
            self._connected.pop(socket, None)
            if connected is not None:
                self._tail.unfollow(connected.visitor.workspace_id)
                self._presence.contact_left(connected.visitor.workspace_id, connected.conversation_id)
            await socket.finish()

    async def _hello(self, socket: Socket, hello: VisitorFrame) -> Connected:
        if hello.type != "hello":
            socket.close(CLOSE_NOT_JSON)
            raise SocketClosed
        await socket.require(hello.protocol)
        visitor = await self._contacts.visitor(hello.token)
        socket.about |= {"workspace": str(visitor.workspace_id), "contact": str(visitor.contact_id)}
        connected = self._connected[socket] = Connected(visitor, socket)
        socket.hold()
        await self._tail.follow(visitor.workspace_id)
        self._hub.join(socket)
        try:
            epoch, recovered, conversation, messages = await self._join(connected, hello)
        except BaseException:
            self._tail.unfollow(visitor.workspace_id)
            socket.forget()
            raise
        frame = {
            "type": "welcome",
            "epoch": epoch,
            "recovered": recovered,
            "conversation": conversation,
            "messages": messages,
            "app_version": APP_VERSION,
        }
        socket.release([_frame(frame)])
        return connected

    async def _join(self, connected: Connected, hello: VisitorFrame) -> tuple[str, bool, Any, list[Any]]:
        """Listen first, then read: what arrives twice the client passes over by its number."""

        def listen(current: Conversation | None, reopen_as: Status) -> None:
            connected.reopen_as = reopen_as
            if current is None:
                self._hub.join(connected.socket, [_waiting_topic(connected.visitor.workspace_id, connected.visitor.contact_id)])
                return
            self._listen(connected, current.id)
            connected.resolved = current.status is Status.RESOLVED

        return await self._visitors.arrive(connected.visitor, hello.epoch, hello.after, listen)

    def _listen(self, connected: Connected, conversation_id: ConversationId) -> None:
        if connected.conversation_id == conversation_id:
            return
        workspace_id = connected.visitor.workspace_id
        if connected.conversation_id is not None:
            self._hub.leave_topic(connected.socket, topic_of(workspace_id, connected.conversation_id))
        connected.conversation_id = conversation_id
        connected.told.clear()
        self._hub.join(connected.socket, [topic_of(workspace_id, conversation_id)])

    async def _act(self, connected: Connected, frame: VisitorFrame) -> None:
        socket = connected.socket
        if frame.type == "send":
            await self._send(connected, frame)
        elif self._gestures.take(connected.visitor.contact_id.hex):
            return  # more signs than fingers make: no answer, no work
        elif frame.type == "ping":
            socket.push_struct({"type": "pong", "id": frame.id})
        elif frame.type == "typing":
            self._presence.contact_typing(
                connected.visitor.workspace_id, connected.conversation_id, connected.visitor, on=frame.on, length=frame.length
            )
        elif frame.type == "read":
            await self._visitors.mark_read(connected.visitor, max(0, frame.seq))
        else:
            socket.refuse("live.unknown_type", client_id=None)

    async def _send(self, connected: Connected, frame: VisitorFrame) -> None:
        try:
            self._sending.check(connected.visitor.contact_id.hex)
            if self._room is not None:
                self._room.require()
            sending = Sending(client_id=frame.client_id, text=frame.text, attachments=frame.attachments, option=frame.option)
            posted = await self._post(connected, sending)
        except (QiaoError, asyncpg.DiskFullError) as failed:
            error = failed if isinstance(failed, QiaoError) else storage_full()
            refused: dict[str, object] = {"client_id": frame.client_id}
            if "retry_after" in error.details:
                # One bound says "slow down" to one customer, another that there is no time for anybody: they come back one by one.
                refused["retry_after"] = max(cast("float", error.details["retry_after"]), self._turned_away.seconds())
            connected.socket.refuse(error.code, **refused)
            if "retry_after" in error.details:
                # Whoever asks again at once is read later: telling thousands that there is no time would take all there is.
                await asyncio.sleep(REFUSED_SECONDS)
            return
        message = posted.message
        ack = {
            "type": "ack",
            "client_id": frame.client_id,
            "seq": message.seq,
            "id": message.id,
            "conversation_id": message.conversation_id,
            "created_at": message.created_at,
        }
        connected.socket.push_struct(ack)
        begun = connected.conversation_id != message.conversation_id
        self._listen(connected, message.conversation_id)
        if begun and connected.reopen_as is Status.WAITING:
            # No bot answers first: where they stand in the queue is all that is said. The log may have told of it before they listened.
            workspace_id = connected.visitor.workspace_id
            self._tell_status_soon(workspace_id, message.conversation_id, topic_of(workspace_id, message.conversation_id))
        if not sending.attachments and sending.option is None:
            connected.told.append(message.seq)

    async def _post(self, connected: Connected, sending: Sending) -> Any:
        """Straight into the known conversation; the first message, files and a long silence go the whole way."""
        conversation_id = connected.conversation_id
        if conversation_id is None or connected.resolved or sending.attachments:
            posted = await self._visitors.send(connected.visitor, sending)
            connected.resolved = False
            return posted
        return await self._visitors.send_in(connected.visitor, conversation_id, sending, connected.reopen_as, [])

    def _tell_status_soon(self, workspace_id: WorkspaceId, conversation_id: ConversationId, topic: str) -> None:
        task = asyncio.create_task(self._tell_status(workspace_id, conversation_id, topic))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell_status(self, workspace_id: WorkspaceId, conversation_id: ConversationId, topic: str) -> None:
        try:
            conversation = await self._visitors.show_by_id(workspace_id, conversation_id)
        except QiaoError:
            return
        self._hub.publish(topic, _frame({"type": "conversation", "conversation": conversation}))

    def _agent_typing(self, workspace_id: UUID, conversation_id: UUID, name: str, on: bool) -> None:
        topic = topic_of(workspace_id, conversation_id)
        if self._hub.has(topic):
            self._hub.publish(topic, _frame({"type": "typing", "author": {"kind": "agent", "name": name}, "on": on}))


def topic_of(workspace_id: UUID, conversation_id: UUID) -> str:
    """The hub's topic of one customer's conversation."""
    return f"{workspace_id}/talk:{conversation_id}"


def _waiting_topic(workspace_id: UUID, contact_id: UUID) -> str:
    """The hub's topic of one customer whose conversation has not begun."""
    return f"{workspace_id}/begins:{contact_id}"


def _frame(value: object) -> str:
    return _encoder.encode(value).decode()


def _decode(text: str, socket: Socket) -> VisitorFrame:
    try:
        return _frames.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        socket.close(CLOSE_NOT_JSON)
        raise SocketClosed from None
