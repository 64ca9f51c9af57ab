"""The door of notifications."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from qiao.domains.bot.events import PromiseChanged
from qiao.domains.conversations.api import Conversations
from qiao.domains.conversations.contracts import AuthorKind, Conversation, Status
from qiao.domains.conversations.errors import ConversationNotFound
from qiao.domains.conversations.events import Assigned, HandedOver, MessageReceived, NotePosted
from qiao.domains.delivery.events import DeliveryChanged
from qiao.domains.inboxes.events import InboxBroken
from qiao.domains.knowledge.events import ImportProgressed
from qiao.domains.notifications.contracts import MAX_TOLD, Kind, NewNotification, Notification
from qiao.domains.notifications.events import NotificationCreated
from qiao.domains.notifications.repository import NotificationRows
from qiao.domains.notifications.rules import mentioned, shown
from qiao.domains.people.api import People, roles_with
from qiao.domains.people.contracts import OnlinePerson
from qiao.kit.ids import ConversationId, PersonId
from qiao.platform.db.database import Database, Scope
from qiao.platform.log.facts import Entry


class ImporterOf(Protocol):
    """Who began an import; knowledge's own `imports.creator`, handed in."""

    async def __call__(self, scope: Scope, import_id: UUID) -> UUID | None: ...


class Notifications:
    """Tells people what concerns them. Every `on_...` may be repeated: a fact tells a person once."""

    def __init__(
        self, database: Database, conversations: Conversations, people: People, importer_of: ImporterOf | None = None
    ) -> None:
        self._database = database
        self._conversations = conversations
        self._people = people
        self._importer_of = importer_of

    async def tell(self, scope: Scope, new: NewNotification) -> list[Notification]:
        """Tell people of something; gives what is new to them. Safe to repeat with the same cause."""
        if not new.people:
            return []
        told = await NotificationRows(scope).add(new)
        for person_id, item in told:
            scope.emit(
                NotificationCreated(
                    person_id=person_id,
                    id=item.id,
                    kind=item.kind,
                    conversation_id=item.conversation_id,
                    data=item.data,
                    created_at=item.created_at,
                )
            )
        return [item for _, item in told]

    async def of_person(
        self, scope: Scope, person_id: PersonId, after: tuple[datetime, UUID] | None = None, limit: int = 30
    ) -> Sequence[Notification]:
        """A person's notifications, newest first."""
        return await NotificationRows(scope).listed(person_id, after, limit)

    async def unread(self, scope: Scope, person_id: PersonId) -> int:
        """How many a person has not read."""
        return await NotificationRows(scope).unread(person_id)

    async def read(self, scope: Scope, person_id: PersonId, ids: Sequence[UUID] | None) -> None:
        """A person has read those of `ids`, or all; unknown and others' ids are passed over. Idempotent."""
        await NotificationRows(scope).read(person_id, ids)

    async def on_assigned(self, scope: Scope, entry: Entry) -> None:
        """Whoever got a conversation is told, unless they took it themselves."""
        fact = entry.read(Assigned)
        if not isinstance(fact.assignee_id, UUID) or fact.by.id == fact.assignee_id:
            return
        conversation = await self._conversation(scope, fact.conversation_id)
        if conversation is None:
            return
        data = {"name": fact.by.name, "reason": fact.reason if isinstance(fact.reason, str) else None}
        await self._tell_of(scope, conversation, Kind.ASSIGNED, f"assigned:{entry.position}", [fact.assignee_id], **data)

    async def on_handed_over(self, scope: Scope, entry: Entry) -> None:
        """A customer waits and nobody online has a free place: the online people of the team are told.

        Where somebody has one, the queue gives it to them, and `on_assigned` tells.
        """
        fact = entry.read(HandedOver)
        conversation = await self._conversation(scope, fact.conversation_id)
        if conversation is None or conversation.status is not Status.WAITING or conversation.assignee_id is not None:
            return
        able = [one for one in await self._people.online_people(scope) if _in_team(one, conversation.team_id)]
        loads = await self._conversations.loads(scope, [one.id for one in able])
        if any(loads.get(one.id, 0) < one.chat_limit for one in able):
            return
        people = [one.id for one in able if one.id != fact.by.id][:MAX_TOLD]
        await self._tell_of(scope, conversation, Kind.WAITING, f"waiting:{entry.position}", people)

    async def worth_a_look(self, scope: Scope, entries: Sequence[Entry]) -> list[Entry]:
        """All but the customers' messages that nobody needs to be told of: whoever has the conversation is here, or nobody has it."""
        written = {entry.subject for entry in entries if entry.name == MessageReceived.wire_name}
        if not written:
            return list(entries)
        holding = await self._conversations.status_of(scope, written)
        here = {person.id for person in await self._people.online_people(scope)}
        awaited = {
            one
            for one, held in holding.items()
            if held.status is Status.OPEN and held.assignee_id is not None and held.waiting_since and held.assignee_id not in here
        }
        return [entry for entry in entries if entry.name != MessageReceived.wire_name or entry.subject in awaited]

    async def on_customer_message(self, scope: Scope, entry: Entry) -> None:
        """The customer wrote and now waits on somebody who is not here: they find it when they come."""
        fact = entry.read(MessageReceived)
        conversation = await self._conversation(scope, fact.conversation_id)
        if conversation is None or conversation.assignee_id is None or conversation.status is not Status.OPEN:
            return
        if conversation.waiting_since is None or conversation.waiting_since < fact.created_at:
            return
        person_id = conversation.assignee_id
        person = (await self._people.by_ids(scope, [person_id])).get(person_id)
        if person is None or person.online:
            return
        cause = f"customer_reply:{entry.position}"
        await self._tell_of(scope, conversation, Kind.CUSTOMER_REPLY, cause, [person_id], text=shown(fact.text))

    async def on_note(self, scope: Scope, entry: Entry) -> None:
        """Colleagues named in a note are told."""
        fact = entry.read(NotePosted)
        if fact.author.kind is not AuthorKind.AGENT or "@" not in fact.text:
            return
        people = [one for one in mentioned(fact.text, await self._people.list(scope)) if one != fact.author.id]
        conversation = await self._conversation(scope, fact.conversation_id)
        if people and conversation is not None:
            data = {"name": fact.author.name, "text": shown(fact.text)}
            await self._tell_of(scope, conversation, Kind.MENTION, f"mention:{entry.position}", people[:MAX_TOLD], **data)

    async def on_import(self, scope: Scope, entry: Entry) -> None:
        """Whoever started an import is told of its end."""
        fact = entry.read(ImportProgressed)
        if fact.finished_at is None or self._importer_of is None:
            return
        importer = await self._importer_of(scope, fact.id)
        people = await self._people.by_ids(scope, [PersonId(importer)] if importer else [])
        data = {
            "file_name": fact.file_name,
            "import_id": str(fact.id),
            "status": fact.status,
            "taken": fact.taken,
            "refused": fact.refused,
        }
        await self.tell(scope, NewNotification(kind=Kind.IMPORT_DONE, cause=f"import:{fact.id}", people=tuple(people), data=data))

    async def on_promise(self, scope: Scope, entry: Entry) -> None:
        """A call or an answer that was promised begins soon, or was not kept: whoever has the conversation, else who could take it."""
        fact = entry.read(PromiseChanged)
        kind = {"due": Kind.PROMISE_DUE, "broken": Kind.PROMISE_BROKEN}.get(fact.act)
        conversation = await self._conversation(scope, fact.conversation_id) if kind else None
        if kind is None or conversation is None:
            return
        able = [one.id for one in await self._people.online_people(scope) if _in_team(one, conversation.team_id)]
        people = [conversation.assignee_id] if conversation.assignee_id else able[:MAX_TOLD]
        cause = f"promise:{fact.act}:{fact.promise_id}"
        await self._tell_of(scope, conversation, kind, cause, people, promise=fact.kind, due_at=fact.due_at.isoformat())

    async def on_channel_broken(self, scope: Scope, entry: Entry) -> None:
        """A provider no longer lets an inbox in: those who can connect it again are told."""
        fact, able = entry.read(InboxBroken), set(roles_with("inboxes.write"))
        people = [one.id for one in await self._people.list(scope) if one.role in able and not one.disabled]
        data = {"name": fact.name, "reason": fact.reason, "inbox_id": str(fact.inbox_id), "text": shown(fact.reason)}
        new = NewNotification(
            kind=Kind.CHANNEL_BROKEN, cause=f"channel_broken:{entry.position}", people=tuple(people[:MAX_TOLD]), data=data
        )
        await self.tell(scope, new)

    async def on_delivery(self, scope: Scope, entry: Entry) -> None:
        """Whoever wrote a reply that did not go out is told: they may be in another conversation by now."""
        fact = entry.read(DeliveryChanged)
        conversation = (
            await self._conversation(scope, fact.conversation_id) if fact.state in {"rejected", "held", "unknown"} else None
        )
        if conversation is None:
            return
        message = await self._conversations.at(scope, fact.conversation_id, fact.message_seq)
        if message.author.kind is AuthorKind.AGENT and message.author.id is not None:
            cause = f"reply_failed:{entry.position}"
            data = {"text": shown(message.text), "reason": fact.reason}
            await self._tell_of(scope, conversation, Kind.REPLY_FAILED, cause, [message.author.id], **data)

    async def _tell_of(
        self, scope: Scope, conversation: Conversation, kind: Kind, cause: str, people: Sequence[UUID], **data: object
    ) -> None:
        preview = conversation.preview.text if conversation.preview else ""
        shown_data = {
            "contact_name": conversation.contact.name,
            "number": conversation.number,
            "text": shown(preview),
            **{name: value for name, value in data.items() if value is not None},
        }
        new = NewNotification(
            kind=kind,
            cause=cause,
            people=tuple(PersonId(one) for one in people),
            data=shown_data,
            conversation_id=conversation.id,
        )
        await self.tell(scope, new)

    async def _conversation(self, scope: Scope, conversation_id: ConversationId) -> Conversation | None:
        try:
            return await self._conversations.get(scope, conversation_id)
        except ConversationNotFound:
            return None


def _in_team(person: OnlinePerson, team_id: UUID | None) -> bool:
    return team_id is None or team_id in person.team_ids
