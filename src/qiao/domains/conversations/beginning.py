"""Beginnings: a conversation and its first message, as integrators and agents bring them. Those of new contacts, which come in
numbers when another product is connected, are stored many in one transaction.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct

from qiao.domains.contacts.api import Contacts
from qiao.domains.contacts.contracts import ContactFields
from qiao.domains.conversations.api import Conversations
from qiao.domains.conversations.contracts import Author, AuthorKind, Conversation, Message, NewConversation, NewMessage, Status
from qiao.domains.conversations.events import ConversationOpened
from qiao.domains.conversations.handling import fact_of
from qiao.domains.conversations.reading import conversation_of
from qiao.domains.conversations.repository import ConversationRows
from qiao.domains.conversations.rules import check_message, clean_text
from qiao.domains.conversations.writer import prepare, stored_client_id
from qiao.domains.inboxes.api import Inboxes
from qiao.domains.inboxes.contracts import Inbox
from qiao.domains.inboxes.errors import InboxNotFound
from qiao.kit.errors import Conflict
from qiao.kit.ids import ContactId, ConversationId, InboxId, WorkspaceId, new_id
from qiao.platform.db.database import Database, Scope
from qiao.platform.db.group_commit import GroupCommit

Begun = tuple[Conversation, Message]


class NewBeginning(Struct, frozen=True, kw_only=True):
    """What is brought. `speaks` says whose words they are: those of `by`, or the contact's. Without `contact_id` they are new."""

    inbox_id: InboxId
    contact_id: ContactId | None = None
    contact: ContactFields
    by: Author
    speaks: AuthorKind
    text: str
    client_id: str


class _Stranger(Struct, frozen=True):
    """A beginning whose contact is new. Their id is made from who brings it and the client id, so that a repeat meets itself."""

    given: NewBeginning
    contact_id: ContactId
    author: Author
    key: str


class Beginnings:
    """Begins conversations."""

    def __init__(self, database: Database, contacts: Contacts, inboxes: Inboxes, conversations: Conversations) -> None:
        self._database = database
        self._contacts = contacts
        self._inboxes = inboxes
        self._conversations = conversations
        self._group: GroupCommit[_Stranger, Begun] = GroupCommit(self._store, most=64, gather=0.004)

    async def begin(self, workspace_id: WorkspaceId, new: NewBeginning) -> Begun:
        """Store it; returns after its commit. Repeating with the same `by` and client id gives the first one back: safe to retry.

        A known contact's conversation under way in the inbox is gone on with. Raises InboxNotFound, ContactNotFound, ContactInvalid,
        MessageEmpty, MessageTooLong, TooMany; Conflict when the same client id brought something else here.
        """
        new = msgspec.structs.replace(new, text=clean_text(new.text))
        check_message(_first(new, new.by, ConversationId(new_id())))
        if new.contact_id is not None:
            return await self._of_known(workspace_id, new, new.contact_id)
        return await self._group.put(
            workspace_id, _stranger(msgspec.structs.replace(new, contact=self._contacts.clean(new.contact)))
        )

    async def stop(self) -> None:
        """Wait until everything that was accepted is stored or refused."""
        await self._group.stop()

    async def _of_known(self, workspace_id: WorkspaceId, new: NewBeginning, contact_id: ContactId) -> Begun:
        async with self._database.scope(workspace_id) as scope:
            inbox = await self._inboxes.get(scope, new.inbox_id)
            contact = await self._contacts.get(scope, contact_id)
        conversation = await self._conversations.find_or_open(workspace_id, _opening(new, contact.id, inbox))
        first = _first(new, _author(new, contact.id, contact.name), conversation.id)
        message = (await self._conversations.post(workspace_id, first)).message
        async with self._database.scope(workspace_id) as scope:
            return await self._conversations.get(scope, message.conversation_id), message

    async def _store(self, workspace_id: WorkspaceId, batch: list[_Stranger]) -> Sequence[Begun | Exception]:
        async with self._database.scope(workspace_id) as scope:
            inboxes = {inbox.id: inbox for inbox in await self._inboxes.all(scope)}
            begun = await self._earlier(scope, batch)
            fresh = {one.key: one for one in batch if one.key not in begun and one.given.inbox_id in inboxes}
            if fresh:
                begun.update(await self._begin_all(scope, list(fresh.values()), inboxes))
        return [begun.get(one.key) or _refusal(one, inboxes) for one in batch]

    async def _earlier(self, scope: Scope, batch: Sequence[_Stranger]) -> dict[str, Begun]:
        messages = await ConversationRows(scope).by_client_ids([one.key for one in batch])
        if not messages:
            return {}
        found = await self._conversations.by_ids(scope, [message.conversation_id for message in messages.values()])
        by_id = {conversation.id: conversation for conversation in found}
        return {key: (by_id[message.conversation_id], message) for key, message in messages.items()}

    async def _begin_all(self, scope: Scope, fresh: Sequence[_Stranger], inboxes: Mapping[InboxId, Inbox]) -> dict[str, Begun]:
        rows = ConversationRows(scope)
        contacts = await self._contacts.create_all(scope, {one.contact_id: one.given.contact for one in fresh})
        openings = [_opening(one.given, one.contact_id, inboxes[one.given.inbox_id]) for one in fresh]
        opened = {row["contact_id"]: row for row in await rows.open_all(openings)}
        fresh = [one for one in fresh if one.contact_id in opened]
        firsts = [_first(one.given, one.author, opened[one.contact_id]["id"]) for one in fresh]
        prepared = [(first, *prepare(first)) for first in firsts]
        numbers = {row["id"]: row["seq"] for row in await rows.store(prepared)}
        messages = [msgspec.structs.replace(message, seq=numbers[message.id]) for _, message, _ in prepared]
        for one, message in zip(fresh, messages, strict=True):
            scope.emit(ConversationOpened(conversation=conversation_of(opened[one.contact_id], contacts[one.contact_id])))
            scope.emit(fact_of(message), seq=message.seq)
        after = {row["contact_id"]: row for row in await rows.many([row["id"] for row in opened.values()])}
        shown = [conversation_of(after[one.contact_id], contacts[one.contact_id]) for one in fresh]
        return {one.key: begun for one, begun in zip(fresh, zip(shown, messages, strict=True), strict=True)}


def _stranger(new: NewBeginning) -> _Stranger:
    contact_id = ContactId(uuid5(new.by.id or UUID(int=0), new.client_id))
    author = _author(new, contact_id, new.contact.name)
    return _Stranger(new, contact_id, author, stored_client_id(author, new.client_id))


def _author(new: NewBeginning, contact_id: ContactId, name: str | None) -> Author:
    return new.by if new.speaks is AuthorKind.AGENT else Author(AuthorKind.CONTACT, contact_id, name)


def _opening(new: NewBeginning, contact_id: ContactId, inbox: Inbox) -> NewConversation:
    status = Status.BOT if inbox.bot_enabled and new.speaks is AuthorKind.CONTACT else Status.WAITING
    return NewConversation(inbox_id=inbox.id, contact_id=contact_id, status=status)


def _first(new: NewBeginning, author: Author, conversation_id: ConversationId) -> NewMessage:
    return NewMessage(conversation_id=conversation_id, author=author, text=new.text, client_id=new.client_id)


def _refusal(one: _Stranger, inboxes: Mapping[InboxId, Inbox]) -> Exception:
    if one.given.inbox_id not in inboxes:
        return InboxNotFound("no such inbox")
    return Conflict("this contact already has a conversation here")
