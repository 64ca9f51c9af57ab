"""The writer: messages that arrive within the same few milliseconds are stored by one statement, and acknowledged after its commit."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.domains.conversations.contracts import Attachment, Author, AuthorKind, Message, MessageKind, NewMessage, Posted
from qiao.domains.conversations.errors import ConversationNotFound
from qiao.domains.conversations.statements import STORE_AND_LOG
from qiao.kit.clock import utc_now
from qiao.kit.ids import ConversationId, MessageId, WorkspaceId, new_id
from qiao.platform.db.database import Database, storable_json
from qiao.platform.db.group_commit import GroupCommit

_encoder = msgspec.json.Encoder()

FACT_NAMES = {
    AuthorKind.CONTACT: "conversations.message_received.v1",
    AuthorKind.SYSTEM: "conversations.event_posted.v1",
}
Prepared = tuple[NewMessage, Message, str]
"""What is to be stored, as it will be without its number, and the log's data for it."""
WAKE_NAMES = frozenset({"conversations.reopened.v1", "conversations.woken.v1"})


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


def arguments(items: Sequence[Prepared]) -> list[list[Any]]:
    """The arrays that the statements take after the workspace's id.

    First the conversations in the order of their locks; then of each message its conversation's place among them, and its columns.
    """
    conversations = sorted({item.conversation_id for item, _, _ in items})
    places = {one: place for place, one in enumerate(conversations, start=1)}
    return [
        [*conversations],
        [places[item.conversation_id] for item, _, _ in items],
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
        self._group: GroupCommit[Prepared, Posted] = GroupCommit(self._store)

    async def post(self, workspace_id: WorkspaceId, item: NewMessage) -> Posted:
        """Store a message; returns after its commit. Repeating with the same author and client id gives the first one back.

        Raises ConversationNotFound, and TooMany when too many messages wait.
        """
        return await self._group.put(workspace_id, (item, *prepare(item)))

    async def stop(self) -> None:
        """Wait until everything that was accepted is stored or refused."""
        await self._group.stop()

    async def _store(self, workspace_id: WorkspaceId, batch: list[Prepared]) -> list[Posted | Exception]:
        async with self._database.across() as connection:
            rows = await connection.fetch(STORE_AND_LOG, workspace_id, *arguments(batch))
            earlier = await _earlier(connection, workspace_id, batch, rows) if len(rows) < len(batch) else {}
        names = {_fact_name(item) for item, _, _ in batch}
        if rows and rows[0]["stirred"]:
            names |= WAKE_NAMES
        if rows:
            self._database.grew(workspace_id, frozenset(names))
        by_id = {row["id"]: row["seq"] for row in rows}
        return [_posted(one, by_id, earlier) for one in batch]


def _posted(one: Prepared, stored: Mapping[UUID, int], earlier: Mapping[str, Posted]) -> Posted | Exception:
    item, message, _ = one
    if message.id in stored:
        return Posted(msgspec.structs.replace(message, seq=stored[message.id]))
    return earlier.get(stored_client_id(item.author, item.client_id)) or ConversationNotFound("no such conversation")


async def _earlier(connection: Any, workspace_id: UUID, batch: list[Prepared], rows: Sequence[Any]) -> dict[str, Posted]:
    """Messages that were there before, by their stored client id."""
    new = {row["id"] for row in rows}
    wanted = [stored_client_id(item.author, item.client_id) for item, message, _ in batch if message.id not in new]
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
