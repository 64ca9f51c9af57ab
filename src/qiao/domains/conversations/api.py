"""The door of conversations: what other domains, HTTP, sockets and jobs may call."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from qiao.domains.contacts.api import Contacts
from qiao.domains.contacts.contracts import Contact
from qiao.domains.conversations import reading
from qiao.domains.conversations.contracts import (
    Author,
    AuthorKind,
    Conversation,
    Counts,
    Draft,
    Hit,
    Holding,
    Message,
    MessageKind,
    MessagePage,
    NewConversation,
    NewMessage,
    Posted,
    Standing,
    Status,
    View,
    Waiting,
)
from qiao.domains.conversations.errors import ConversationNotFound, NewerMessages
from qiao.domains.conversations.events import ConversationOpened, Moved, Read, Tagged, Words
from qiao.domains.conversations.receiving import Receiving, received_text
from qiao.domains.conversations.repository import MAX_SEQ, ConversationRows
from qiao.domains.conversations.rules import check_message, clean_tags, clean_text, continues
from qiao.domains.conversations.writer import MessageWriter, stored_client_id
from qiao.kit.clock import utc_now
from qiao.kit.errors import Conflict
from qiao.kit.ids import ContactId, ConversationId, InboxId, MessageId, PersonId, WorkspaceId
from qiao.platform.db.database import Database, Scope
from qiao.platform.log.facts import Entry

__all__ = ["Conversations", "contact_author", "received_text"]


class Conversations(Receiving):
    """Opens, fills, reads and moves conversations. What changes who has one is in `Handling`."""

    def __init__(self, database: Database, contacts: Contacts, writer: MessageWriter) -> None:
        super().__init__(contacts)
        self._database = database
        self._writer = writer

    async def current(self, scope: Scope, inbox_id: InboxId, contact_id: ContactId) -> Conversation | None:
        """The contact's conversation in an inbox that a new message would continue, or the newest to look at."""
        row = await ConversationRows(scope).latest_of(inbox_id, contact_id)
        return await self.read_row(scope, row) if row else None

    async def find_or_open(self, workspace_id: WorkspaceId, new: NewConversation) -> Conversation:
        """The conversation that a customer's next message belongs to; opened when there is none. Safe to repeat and to race."""
        async with self._database.scope(workspace_id) as scope:
            return await self.find_or_open_in(scope, new)

    async def find_or_open_in(self, scope: Scope, new: NewConversation) -> Conversation:
        """As `find_or_open`, within the caller's transaction."""
        rows = ConversationRows(scope)
        row = await rows.latest_of(new.inbox_id, new.contact_id)
        if row is not None and continues(row["resolved_at"], utc_now()):
            return await self.read_row(scope, row)
        opened = await rows.open(new)
        row = opened or await rows.latest_of(new.inbox_id, new.contact_id)
        if row is None or row["status"] == Status.RESOLVED:
            raise Conflict("the conversation was opened and closed meanwhile; try again")
        conversation = await self.read_row(scope, row)
        # Of several that race, the one whose row it became tells it.
        if opened is not None:
            scope.emit(ConversationOpened(conversation=conversation))
        return conversation

    async def post(self, workspace_id: WorkspaceId, item: NewMessage, *, seen_seq: int | None = None) -> Posted:
        """Store a message and return after its commit. The same author and client id give the same message forever: safe to retry.

        An agent's reply takes up again what was resolved, unless the customer has gone on elsewhere. With `seen_seq`, raises
        NewerMessages when the customer wrote after that number. Raises MessageEmpty, MessageTooLong, ConversationNotFound.
        """
        item = msgspec.structs.replace(item, text=clean_text(item.text))
        check_message(item)
        if seen_seq is not None:
            await self._check_seen(workspace_id, item.conversation_id, seen_seq)
        if item.author.kind is AuthorKind.AGENT and item.kind is MessageKind.TEXT:
            await self._take_up(workspace_id, item)
        return await self._writer.post(workspace_id, item)

    async def post_in(self, scope: Scope, item: NewMessage) -> Message:
        """Store a message within the caller's transaction, for what must happen together with something else."""
        item = msgspec.structs.replace(item, text=clean_text(item.text))
        check_message(item)
        return await self.store_in(scope, item)

    async def get(self, scope: Scope, conversation_id: ConversationId) -> Conversation:
        """A conversation. Raises ConversationNotFound."""
        return await self.read_row(scope, await self.row(scope, conversation_id))

    async def by_ids(self, scope: Scope, ids: Sequence[UUID]) -> list[Conversation]:
        """Conversations in the order of `ids`; unknown ones are left out."""
        rows = {row["id"]: row for row in await ConversationRows(scope).many(ids)}
        return await self.read_rows(scope, [rows[one] for one in ids if one in rows])

    async def view(self, scope: Scope, wanted: View) -> tuple[list[Conversation], tuple[datetime, UUID] | None]:
        """A page of a view and the key of the next one."""
        rows = await ConversationRows(scope).listed(wanted, wanted.limit + 1)
        sort = "waiting_since" if wanted.name == "waiting" else "active_at"
        last = rows[wanted.limit - 1] if len(rows) > wanted.limit else None
        return await self.read_rows(scope, rows[: wanted.limit]), (last[sort], last["id"]) if last else None

    async def counts(self, scope: Scope, person_id: PersonId) -> Counts:
        """How many conversations each view holds."""
        return await ConversationRows(scope).counts(person_id)

    async def standing(self, scope: Scope) -> Standing:
        """What is not resolved at this moment."""
        return await ConversationRows(scope).standing()

    async def messages(
        self,
        scope: Scope,
        conversation_id: ConversationId,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> MessagePage:
        """Messages, oldest first: the latest, those before a number, or those after one."""
        items, more = await ConversationRows(scope).messages(conversation_id, before=before, after=after, limit=limit)
        return MessagePage(items, more)

    async def message(self, scope: Scope, conversation_id: ConversationId, message_id: MessageId) -> Message:
        """One message. Raises ConversationNotFound when it is not in this conversation."""
        message = await ConversationRows(scope).message(conversation_id, message_id)
        if message is None:
            raise ConversationNotFound("no such message")
        return message

    async def summary(self, scope: Scope, conversation_id: ConversationId) -> Mapping[str, Any] | None:
        """The newest hand-over summary, if there is one."""
        return await ConversationRows(scope).latest_summary(conversation_id)

    async def set_tags(self, scope: Scope, conversation_id: ConversationId, tags: Sequence[str], by: Author) -> Conversation:
        """Replace the tags. Raises ConversationNotFound."""
        before = await self.row(scope, conversation_id, lock=True)
        cleaned = clean_tags([*tags])
        if cleaned == list(before["tags"]):
            return await self.read_row(scope, before)
        row = await ConversationRows(scope).change(conversation_id, {"tags": cleaned})
        scope.emit(Tagged(conversation_id=conversation_id, by=by, tags=cleaned, updated_at=row["updated_at"]))
        return await self.read_row(scope, row)

    async def set_language(self, scope: Scope, conversation_id: ConversationId, language: str) -> None:
        """What the customer writes in, as far as it is known."""
        row = await self.row(scope, conversation_id, lock=True)
        if row["language"] != language:
            after = await ConversationRows(scope).change(conversation_id, {"language": language})
            by = Author(AuthorKind.SYSTEM)
            scope.emit(Tagged(conversation_id=conversation_id, by=by, language=language, updated_at=after["updated_at"]))

    async def mark_read(self, scope: Scope, conversation_id: ConversationId, side: str, seq: int) -> None:
        """One side ("agent" or "contact") has seen everything up to `seq`. Never moves back; safe to repeat."""
        mark = await ConversationRows(scope).mark_read(conversation_id, side, seq)
        if mark is not None:
            scope.emit(Read(conversation_id=conversation_id, by=side, seq_seen=mark))

    async def draft(self, scope: Scope, conversation_id: ConversationId, person_id: PersonId) -> Draft | None:
        """What the person has typed here and not sent."""
        return await ConversationRows(scope).draft(conversation_id, person_id)

    async def save_draft(self, scope: Scope, conversation_id: ConversationId, person_id: PersonId, draft: Draft) -> None:
        """Keep a draft; an empty one is forgotten. Safe to repeat."""
        text = draft.text.replace("\x00", "")
        kept = Draft(text, draft.kind) if text.strip() else None
        if kept is not None:
            await self.row(scope, conversation_id)
        await ConversationRows(scope).save_draft(conversation_id, person_id, kept)

    async def tags(self, scope: Scope) -> list[tuple[str, int]]:
        """Tags in use, most used first."""
        return await ConversationRows(scope).tags()

    async def make_findable(self, scope: Scope, entries: Sequence[Entry]) -> None:
        """Index the messages of logged facts for the search. Safe to repeat."""
        told = [(entry.subject, entry.seq, entry.read(Words).text, entry.at) for entry in entries]
        await reading.index(scope, [(subject, seq, text, at) for subject, seq, text, at in told if text and seq is not None])

    async def status_of(self, scope: Scope, ids: Collection[UUID]) -> Mapping[UUID, Holding]:
        """Who has each of the conversations now, in one look; unknown ones are absent."""
        return await ConversationRows(scope).status_of(ids)

    async def search(self, scope: Scope, query: str, limit: int = 20) -> list[Hit]:
        """Messages that hold every word of `query`, newest first."""
        found = await reading.search(scope, query, limit)
        conversations = {one.id: one for one in await self.by_ids(scope, [row["conversation_id"] for row in found])}
        return [
            Hit(
                conversation=conversations[row["conversation_id"]],
                message_id=row["id"],
                seq=row["seq"],
                snippet=reading.snippet(row["text"], query),
                at=row["created_at"],
            )
            for row in found
            if row["conversation_id"] in conversations
        ]

    async def of_contact(self, scope: Scope, contact_id: ContactId, limit: int = 30) -> list[Conversation]:
        """A contact's conversations, newest activity first."""
        wanted = View(name="all", person_id=PersonId(contact_id), contact_id=contact_id)
        rows = await ConversationRows(scope).listed(wanted, limit)
        return await self.read_rows(scope, rows)

    async def counts_of(self, scope: Scope, contact_ids: Collection[UUID]) -> Mapping[UUID, int]:
        """How many conversations each contact has."""
        rows = await scope.connection.fetch(
            "select contact_id, count(*) as n from conversations where workspace_id = $1 and contact_id = any($2) group by 1",
            scope.workspace_id,
            list(contact_ids),
        )
        return {row["contact_id"]: row["n"] for row in rows}

    async def loads(self, scope: Scope, person_ids: Collection[PersonId]) -> Mapping[UUID, int]:
        """How many open conversations each person has."""
        rows = await scope.connection.fetch(
            "select assignee_id, count(*) as n from conversations where workspace_id = $1 and status = 'open'"
            " and assignee_id = any($2) group by 1",
            scope.workspace_id,
            list(person_ids),
        )
        return {row["assignee_id"]: row["n"] for row in rows}

    async def waiting(self, scope: Scope, limit: int, team_ids: Collection[UUID] | None = None) -> list[Waiting]:
        """What waits for a person, longest waiting first; only what waits for no team or for one of these, when teams are given."""
        return await ConversationRows(scope).waiting(limit, team_ids)

    async def waiting_on(self, scope: Scope, person_ids: Collection[PersonId]) -> list[ConversationId]:
        """Open conversations of these people whose customer waits for an answer."""
        return await ConversationRows(scope).waiting_on(person_ids)

    async def move_contact(self, scope: Scope, old: ContactId, new: ContactId) -> None:
        """The two contacts are one person: all conversations belong to `new` now. Safe to repeat.

        Where both have one under way in an inbox, that of `old`, in which the customer is, goes on and the other is resolved.
        """
        rows, by = ConversationRows(scope), Author(AuthorKind.SYSTEM)
        for conversation_id in await rows.doubled(old, new):
            await self.resolve(scope, ConversationId(conversation_id), by)
        for conversation_id in await rows.move_contact(old, new):
            scope.emit(Moved(conversation_id=ConversationId(conversation_id), by=by, contact_id=new))

    async def move_back(self, scope: Scope, contact_id: ContactId) -> None:
        """The contact is a person of its own again: what a join took from it comes back. Safe to repeat.

        Where it has begun another in the same inbox meanwhile, that one goes on and the one that comes back is resolved.
        """
        rows, by = ConversationRows(scope), Author(AuthorKind.SYSTEM)
        for conversation_id in map(ConversationId, await rows.brought_by(contact_id)):
            row = await self.row(scope, conversation_id, lock=True)
            latest = None if row["thread"] else await rows.latest_of(row["inbox_id"], contact_id)
            if latest is not None and latest["status"] != Status.RESOLVED and row["status"] != Status.RESOLVED:
                await self.resolve(scope, conversation_id, by)
            await rows.move_back(conversation_id, contact_id)
            scope.emit(Moved(conversation_id=conversation_id, by=by, contact_id=contact_id))

    async def _take_up(self, workspace_id: WorkspaceId, item: NewMessage) -> None:
        async with self._database.scope(workspace_id) as scope:
            held = (await self.status_of(scope, [item.conversation_id])).get(item.conversation_id)
            if held is None or held.status is not Status.RESOLVED:
                return
            rows, row = ConversationRows(scope), await self.row(scope, item.conversation_id)
            latest = row if row["thread"] else await rows.latest_of(row["inbox_id"], row["contact_id"])
            repeated = await rows.by_client_id(stored_client_id(item.author, item.client_id))
            if latest is not None and latest["id"] == item.conversation_id and repeated is None:
                await self.reopen(scope, item.conversation_id, item.author)

    async def _check_seen(self, workspace_id: WorkspaceId, conversation_id: ConversationId, seen_seq: int) -> None:
        async with self._database.scope(workspace_id) as scope:
            newest = await scope.connection.fetchval(
                "select max(seq) from messages where workspace_id = $1 and conversation_id = $2 and author_kind = 'contact' and seq > $3",
                workspace_id,
                conversation_id,
                min(max(seen_seq, -1), MAX_SEQ),
            )
        if newest is not None:
            raise NewerMessages("the customer wrote meanwhile", last_seq=newest)


def contact_author(contact: Contact) -> Author:
    """A contact as an author."""
    return Author(AuthorKind.CONTACT, contact.id, contact.name)
