"""The console's socket: a signed-in person follows the facts of their workspace from a number onwards."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.kit.errors import TooMany, Unauthenticated, Unavailable
from qiao.kit.ids import WorkspaceId
from qiao.platform.auth.caller import Caller
from qiao.platform.auth.throttle import Throttle
from qiao.platform.db.database import LOST, Connection, Database
from qiao.platform.live.hub import Hub
from qiao.platform.live.socket import CLOSE_ENDED, CLOSE_NOT_JSON, CLOSE_RESTART, Receive, Send, Socket, SocketClosed, Write
from qiao.platform.live.tail import Tail
from qiao.platform.log.facts import Entry
from qiao.platform.log.read import head, read_after

MAX_MISSED = 2_000
"""Facts a client may have missed before it is told to reload instead."""
HELLO_SECONDS = 5.0


class Frame(Struct, frozen=True, forbid_unknown_fields=True):
    """Any frame of a client; the fields each type needs are checked where it is handled."""

    type: str
    epoch: str = ""
    after: int = 0
    protocol: int = 1
    conversation_id: UUID | None = None
    on: bool = False
    id: int = 0


class Welcome(Struct, frozen=True, tag_field="type", tag="welcome"):
    """First frame of the server. `recovered` false: throw state away and reload."""

    epoch: str
    position: int
    recovered: bool
    app_version: str


FrameHandler = Callable[[Caller, Socket, Frame], Awaitable[None] | None]
Visible = Callable[[Entry], str | None]
"""Permission a fact needs, or "person:<id>" when it is for one person alone, or None when it is for no console."""

ShownName = Callable[[str], str]
"""The name under which consoles hear of a fact: several facts may be one kind of change to a console."""

_frames = msgspec.json.Decoder(Frame)
_encoder = msgspec.json.Encoder()


def encode_entry(entry: Entry, shown_name: ShownName) -> str:
    """One fact as the console receives it."""
    seq = "null" if entry.seq is None else str(entry.seq)
    return (
        f'{{"n":{entry.position},"name":"{shown_name(entry.name)}","subject":"{entry.subject}","seq":{seq},'
        f'"at":"{entry.at.isoformat()}","data":{entry.data}}}'
    )


def events_frame(entries: Sequence[Entry], shown_name: ShownName) -> str:
    """Facts in one frame, in rising n."""
    return '{"type":"events","items":[' + ",".join(encode_entry(entry, shown_name) for entry in entries) + "]}"


class Since(Struct, frozen=True):
    """What somebody may see of what came after a number, up to `position`; nothing when not `recovered`."""

    epoch: str
    position: int
    recovered: bool
    entries: list[Entry]


StillIn = Callable[[Connection, Caller], Awaitable[bool]]
"""Whether somebody may still see what they might when they came."""


class Telling(Struct, frozen=True):
    """What consoles are told: who may see a fact, under which name, and who may still hear anything at all."""

    visible: Visible
    shown_name: ShownName
    still_in: StillIn


class Feed:
    """Serves the sockets of the console and projects the log onto them."""

    def __init__(self, database: Database, hub: Hub, tail: Tail, telling: Telling, version: str) -> None:
        self._database = database
        self._hub = hub
        self._tail = tail
        self._visible = telling.visible
        self._shown_name = telling.shown_name
        self._still_in = telling.still_in
        self._version = version
        # Nobody looks about or types faster than this, however many windows they have.
        self._frames_of = Throttle(rate=20.0, burst=100)
        self._handlers: dict[str, FrameHandler] = {}
        self._left: list[Callable[[Caller, Socket], Awaitable[None] | None]] = []
        self._arrived: list[Callable[[Caller, Socket], Awaitable[None] | None]] = []

    def on_frame(self, kind: str, handler: FrameHandler) -> None:
        """Handle frames of a type. One handler a type."""
        self._handlers[kind] = handler

    def on_arrive(self, listener: Callable[[Caller, Socket], Awaitable[None] | None]) -> None:
        """Be told of a socket that opened."""
        self._arrived.append(listener)

    def on_leave(self, listener: Callable[[Caller, Socket], Awaitable[None] | None]) -> None:
        """Be told of a socket that ended, however it ended."""
        self._left.append(listener)

    def project(self, workspace_id: WorkspaceId, entries: Sequence[Entry]) -> None:
        """Projector for the tail: runs of facts that the same people may see, one encoded frame a run.

        A run ends where the audience changes: whoever hears several audiences hears rising numbers, and keeps the highest as what
        they have.
        """
        topic, run = "", list[Entry]()
        for entry in entries:
            audience = self._visible(entry)
            if audience is None or not self._hub.has(theirs := _topic(workspace_id, audience)):
                continue
            if theirs != topic:
                self._tell(topic, run)
                topic, run = theirs, []
            run.append(entry)
        self._tell(topic, run)

    def _tell(self, topic: str, run: Sequence[Entry]) -> None:
        if run:
            self._hub.publish(topic, events_frame(run, self._shown_name))

    async def serve(self, caller: Caller, receive: Receive, send: Send, write: Write | None = None) -> None:
        """Run one socket to its end."""
        socket = Socket(receive, send, write)
        socket.about = {"route": "/live", **caller.ids()}
        await socket.accept()
        workspace_id = caller.workspace_id
        try:
            await self._tail.follow(workspace_id)
            try:
                await self._follow(caller, socket)
            finally:
                self._hub.leave(socket)
                self._tail.unfollow(workspace_id)
        except (SocketClosed, TimeoutError):
            pass
        except Unauthenticated:
            socket.cut(CLOSE_ENDED)
        except LOST:
            socket.close(CLOSE_RESTART)
        except (TooMany, Unavailable):
            self._hub.turn_away(socket)
        finally:
            for listener in self._left:
                await _maybe(listener(caller, socket))
            await socket.finish()

    async def _follow(self, caller: Caller, socket: Socket) -> None:
        async with asyncio.timeout(HELLO_SECONDS):
            hello = _decode(await socket.receive(), socket)
        await self._welcome(caller, socket, hello)
        for listener in self._arrived:
            await _maybe(listener(caller, socket))
        while True:
            frame = _decode(await socket.receive(), socket)
            await self._act(caller, socket, frame)

    async def _welcome(self, caller: Caller, socket: Socket, hello: Frame) -> None:
        """Join first, then read: what arrives meanwhile is held, and what arrives twice the client passes over by its number."""
        await socket.require(hello.protocol)
        socket.hold()
        self._hub.join(socket, topics_of(caller))
        since = await self.since(caller, hello.epoch, hello.after)
        welcome = Welcome(epoch=since.epoch, position=since.position, recovered=since.recovered, app_version=self._version)
        shown = [events_frame(since.entries, self._shown_name)] if since.entries else []
        socket.release([_encoder.encode(welcome).decode(), *shown])

    async def since(self, caller: Caller, epoch: str, after: int) -> Since:
        """Everything after a number that this person may see, or the word that it cannot be given.

        Raises Unauthenticated when their rights have ended since they came: whoever listens before asking is told here of an end that
        was told before they listened.
        """
        async with self._database.across() as connection:
            if not await self._still_in(connection, caller):
                raise Unauthenticated("the session has ended")
            now, position = await head(connection, caller.workspace_id)
            recovered = epoch == now and 0 <= position - after <= MAX_MISSED
            missed = await read_after(connection, caller.workspace_id, after, MAX_MISSED * 2) if recovered else []
        shown = [entry for entry in missed if entry.position <= position and self._may_see(caller, entry)]
        return Since(now, position, recovered, shown)

    def shown_items(self, entries: Sequence[Entry]) -> list[Any]:
        """Facts as the items of an events frame."""
        return [msgspec.json.decode(encode_entry(entry, self._shown_name)) for entry in entries]

    @property
    def version(self) -> str:
        """Of the pages that this process serves."""
        return self._version

    def _may_see(self, caller: Caller, entry: Entry) -> bool:
        audience = self._visible(entry)
        return audience is not None and _topic(caller.workspace_id, audience) in topics_of(caller)

    async def _act(self, caller: Caller, socket: Socket, frame: Frame) -> None:
        if self._frames_of.take(caller.session_id.hex):
            socket.refuse(TooMany.code)
            return
        if frame.type == "ping":
            socket.push_struct({"type": "pong", "id": frame.id})
            return
        handler = self._handlers.get(frame.type)
        if handler is None:
            socket.refuse("live.unknown_type")
            return
        await _maybe(handler(caller, socket, frame))


def topics_of(caller: Caller) -> Collection[str]:
    """What a person listens to: one topic a permission, one for themselves, one for their session."""
    workspace_id = caller.workspace_id
    return [
        *(_topic(workspace_id, permission) for permission in caller.permissions),
        _topic(workspace_id, f"person:{caller.person_id}"),
        session_topic(caller.session_id),
    ]


def session_topic(session_id: UUID) -> str:
    """The topic of one signed-in session, closed when the session ends."""
    return f"session:{session_id}"


def _topic(workspace_id: UUID, audience: str) -> str:
    return f"{workspace_id}/{audience}"


def _decode(text: str, socket: Socket) -> Frame:
    try:
        return _frames.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        socket.close(CLOSE_NOT_JSON)
        raise SocketClosed from None


async def _maybe(result: Awaitable[None] | None) -> None:
    if result is not None:
        await result
