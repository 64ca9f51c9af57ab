"""Group commit: messages that arrive within the same few milliseconds are stored by one statement, and acknowledged after its commit.

One batch at a time is under way in a workspace, so a batch gathers whatever arrived during the one before. A message that PostgreSQL
refuses fails alone: its batch is tried again one by one.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import structlog
from msgspec import Struct

from qiao.domains.conversations.contracts import Attachment, Author, AuthorKind, Message, MessageKind, NewMessage, Posted
from qiao.domains.conversations.errors import ConversationNotFound
from qiao.domains.conversations.statements import STORE_AND_LOG
from qiao.kit.clock import utc_now
from qiao.kit.errors import TooMany
from qiao.kit.ids import ConversationId, MessageId, WorkspaceId, new_id
from qiao.platform.db.database import TRANSIENT, Database, storable_json

MAX_BATCH = 256
MAX_WAITING = 20_000
ATTEMPTS = 5

_encoder = msgspec.json.Encoder()
_log = structlog.get_logger("qiao.conversations")

FACT_NAMES = {
    AuthorKind.CONTACT: "conversations.message_received.v1",
    AuthorKind.SYSTEM: "conversations.event_posted.v1",
}
WAKE_NAMES = frozenset({"conversations.reopened.v1", "conversations.woken.v1"})


class Pending(Struct):
    """A message and whoever waits for its commit."""

    item: NewMessage
    message: Message
    data: str
    done: asyncio.Future[Posted]


class MessageData(Struct, frozen=True):
    """A message as the log carries it: everything but its number."""

    id: MessageId
    conversation_id: ConversationId
    author: Author
    kind: MessageKind
    text: str
    attachments: list[Any]
    content: dict[str, Any] | None
    client_id: str
    created_at: Any


def stored_client_id(author: Author, client_id: str) -> str:
    """The client id in the workspace's one name space: nobody can collide with somebody else's."""
    return f"{author.kind[0]}:{author.id.hex if author.id else ''}:{client_id}"


def shown_client_id(stored: str) -> str:
    """The client id as its author gave it."""
    return stored.split(":", 2)[-1]


def prepare(item: NewMessage) -> tuple[Message, str]:
    """The message without its number, and the log's data for it."""
    message = Message(
        id=MessageId(new_id()),
        conversation_id=item.conversation_id,
        seq=0,
        author=item.author,
        kind=item.kind,
        text=item.text,
        attachments=list(item.attachments),
        content=item.content,
        client_id=item.client_id,
        created_at=utc_now(),
    )
    data = MessageData(
        message.id,
        message.conversation_id,
        message.author,
        message.kind,
        message.text,
        message.attachments,
        message.content,
        message.client_id,
        message.created_at,
    )
    return message, _encoder.encode(data).decode()


def arguments(items: Sequence[tuple[NewMessage, Message, str]]) -> list[list[Any]]:
    """The arrays that the statements take after the workspace's id."""
    return [
        [item.conversation_id for item, _, _ in items],
        [message.id for _, message, _ in items],
        [item.author.kind.value for item, _, _ in items],
        [item.author.id for item, _, _ in items],
        [item.author.name for item, _, _ in items],
        [item.kind.value for item, _, _ in items],
        [item.text for item, _, _ in items],
        # As text: the driver would take a list within the list for another dimension of the array.
        [storable_json(message.attachments).decode() if message.attachments else None for _, message, _ in items],
        [storable_json(item.content).decode() if item.content is not None else None for item, _, _ in items],
        [stored_client_id(item.author, item.client_id) for item, _, _ in items],
        [item.reopen_as.value for item, _, _ in items],
        [data for _, _, data in items],
        [item.caused_by for item, _, _ in items],
        [item.depth for item, _, _ in items],
        [message.created_at for _, message, _ in items],
    ]


class MessageWriter:
    """The only way a message that somebody wrote is stored."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queues: dict[UUID, deque[Pending]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting = 0

    async def post(self, workspace_id: WorkspaceId, item: NewMessage) -> Posted:
        """Store a message; returns after its commit. Repeating with the same author and client id gives the first one back.

        Raises ConversationNotFound, and TooMany when more than MAX_WAITING messages wait.
        """
        if self._waiting >= MAX_WAITING:
            raise TooMany("too many messages are waiting to be stored", retry_after=1)
        message, data = prepare(item)
        pending = Pending(item, message, data, asyncio.get_running_loop().create_future())
        self._waiting += 1
        queue = self._queues.get(workspace_id)
        if queue is None:
            queue = self._queues[workspace_id] = deque()
            task = asyncio.create_task(self._drain(workspace_id, queue))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        queue.append(pending)
        try:
            return await pending.done
        finally:
            self._waiting -= 1

    async def stop(self) -> None:
        """Wait until everything that was accepted is stored or refused."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _drain(self, workspace_id: WorkspaceId, queue: deque[Pending]) -> None:
        await asyncio.sleep(0)
        while queue:
            batch = [queue.popleft() for _ in range(min(MAX_BATCH, len(queue)))]
            await self._store(workspace_id, batch)
        del self._queues[workspace_id]

    async def _store(self, workspace_id: WorkspaceId, batch: list[Pending]) -> None:
        for attempt in range(ATTEMPTS):
            try:
                await self._store_once(workspace_id, batch)
            except (*TRANSIENT, asyncpg.UniqueViolationError):
                await asyncio.sleep(0.005 * 2**attempt)
            except Exception as error:  # noqa: BLE001 - found out one by one, so that only the culprit fails
                await self._store_apart(workspace_id, batch, error)
                return
            else:
                return
        _fail(batch, TooMany("the conversation is busy; try again", retry_after=1))

    async def _store_apart(self, workspace_id: WorkspaceId, batch: list[Pending], error: Exception) -> None:
        if len(batch) == 1:
            _log.warning("message not stored", error=f"{type(error).__name__}: {error}")
            _fail(batch, error)
            return
        for pending in batch:
            await self._store(workspace_id, [pending])

    async def _store_once(self, workspace_id: WorkspaceId, batch: list[Pending]) -> None:
        items = [(pending.item, pending.message, pending.data) for pending in batch]
        async with self._database.across() as connection:
            rows = await connection.fetch(STORE_AND_LOG, workspace_id, *arguments(items))
            earlier = await _earlier(connection, workspace_id, batch, rows) if len(rows) < len(batch) else {}
        by_id = {row["id"]: row for row in rows}
        names = {_fact_name(pending.item) for pending in batch}
        if any(row["status"] != row["status_before"] for row in rows):
            names |= WAKE_NAMES
        if rows:
            self._database.grew(workspace_id, frozenset(names))
        for pending in batch:
            row = by_id.get(pending.message.id)
            if row is not None:
                _settle(pending, Posted(msgspec.structs.replace(pending.message, seq=row["seq"])))
            else:
                _settle(pending, earlier.get(stored_client_id(pending.item.author, pending.item.client_id)))


async def _earlier(connection: Any, workspace_id: UUID, batch: list[Pending], rows: Sequence[Any]) -> dict[str, Posted]:
    """Messages that were there before, by their stored client id."""
    new = {row["id"] for row in rows}
    wanted = [stored_client_id(pending.item.author, pending.item.client_id) for pending in batch if pending.message.id not in new]
    found = await connection.fetch("select * from messages where workspace_id = $1 and client_id = any($2)", workspace_id, wanted)
    return {row["client_id"]: Posted(read_message(row), repeated=True) for row in found}


def read_message(row: Any) -> Message:
    """A row of `messages`."""
    return Message(
        id=row["id"],
        conversation_id=row["conversation_id"],
        seq=row["seq"],
        author=Author(AuthorKind(row["author_kind"]), row["author_id"], row["author_name"]),
        kind=MessageKind(row["kind"]),
        text=row["text"],
        attachments=msgspec.convert(row["attachments"], list[Attachment]) if row["attachments"] else [],
        content=row["content"],
        client_id=shown_client_id(row["client_id"]),
        created_at=row["created_at"],
    )


def _fact_name(item: NewMessage) -> str:
    if item.kind is MessageKind.NOTE:
        return "conversations.note_posted.v1"
    return FACT_NAMES.get(item.author.kind, "conversations.reply_posted.v1")


def _settle(pending: Pending, posted: Posted | None) -> None:
    if pending.done.done():
        return
    if posted is None:
        pending.done.set_exception(ConversationNotFound("no such conversation"))
    else:
        pending.done.set_result(posted)


def _fail(batch: list[Pending], error: Exception) -> None:
    for pending in batch:
        if not pending.done.done():
            pending.done.set_exception(error)
