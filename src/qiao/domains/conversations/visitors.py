"""The visitor's face of conversations: what a customer may see and do, whatever widget, app or page speaks for them.

A visitor sees their own conversation in one inbox: texts, answers and the events that concern them; never notes, never names beyond those
of the people who answer.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.domains.contacts.api import Contacts
from qiao.domains.contacts.contracts import ContactChanges, ContactFields, Visitor
from qiao.domains.contacts.errors import VisitorUnknown
from qiao.domains.conversations.api import Conversations
from qiao.domains.conversations.contracts import (
    Attachment,
    Author,
    AuthorKind,
    Conversation,
    Message,
    MessageKind,
    NewConversation,
    NewMessage,
    Posted,
    QueuePlace,
    Status,
)
from qiao.domains.inboxes.api import Inboxes
from qiao.domains.inboxes.contracts import FoundInbox, Inbox, Schedule
from qiao.kit.clock import utc_now
from qiao.kit.ids import ConversationId, InboxId, WorkspaceId
from qiao.platform.auth.signing import check_proof
from qiao.platform.db.database import Database, Scope
from qiao.platform.log.read import head

SHOWN_EVENTS = frozenset({"opened", "handed_over", "queued", "assigned", "resolved", "reopened", "requeued", "transferred"})
HISTORY = 50
CATCH_UP = 500
"""Messages a visitor may have missed before it is told to start again."""


PlaceOf = Callable[[Scope, ConversationId], Awaitable[QueuePlace | None]]
NameOf = Callable[[Scope, UUID], Awaitable[str | None]]


class VisitorMessage(Struct, frozen=True, kw_only=True):
    """A message as its customer sees it."""

    id: UUID
    seq: int
    author: dict[str, str | None]
    kind: MessageKind
    text: str
    attachments: list[Attachment]
    content: dict[str, Any] | None
    client_id: str | None
    created_at: datetime


class VisitorConversation(Struct, frozen=True, kw_only=True):
    """A conversation as its customer sees it. `agent` is who answers, by first name as the company shows it."""

    id: ConversationId
    status: Status
    agent: dict[str, str] | None
    last_seq: int
    contact_seen_seq: int
    queue: QueuePlace | None


class BotFace(Struct, frozen=True):
    """What a visitor is told of the bot."""

    enabled: bool
    name: dict[str, str]


class InboxFace(Struct, frozen=True):
    """What a visitor is told of the inbox."""

    name: str
    settings: dict[str, Any]
    open_now: bool
    staffed: bool
    """Open, and somebody who may answer is online."""
    languages: list[str]
    opens_at: datetime | None = None
    """While closed: when people answer again, in UTC; null when that is not known."""
    closed_for: dict[str, str] | None = None
    """The holiday or other special day that closes it now, by language."""


class VisitorSession(Struct, frozen=True, kw_only=True):
    """Everything a widget needs to draw itself."""

    token: str
    locale: str
    identified: bool
    inbox: InboxFace
    bot: BotFace
    conversation: VisitorConversation | None
    messages: list[VisitorMessage]
    has_more: bool
    epoch: str


class SessionRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a visit begins. `token` continues one; `identity` is a JWT signed by the company's server, the only proof believed."""

    inbox_key: str
    token: str | None = None
    identity: str | None = None
    locale: str = "zh"
    page: dict[str, str] | None = None


class Sending(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message that a visitor sends. `option` names an offered entry that was chosen."""

    client_id: str
    text: str = ""
    attachments: list[UUID] = []
    option: UUID | None = None


class Sent(Struct, frozen=True):
    """A stored message and the conversation it is in."""

    message: VisitorMessage
    conversation: VisitorConversation


FilesOf = Callable[[Scope, list[UUID], UUID], Awaitable[list[Attachment]]]
SecretsOf = Callable[[Scope, InboxId], Awaitable[list[str]]]


class Ports(Struct, frozen=True):
    """What the visitor's face is told by other rooms; wired by app. `secrets_of`: what identities at an inbox are checked against."""

    place_of: PlaceOf
    name_of: NameOf
    files_of: FilesOf
    secrets_of: SecretsOf
    bot_name: Callable[[Scope], Awaitable[dict[str, str]]]
    anybody_online: Callable[[Scope], Awaitable[bool]]


class Visitors:
    """Begins visits, shows and takes messages. The token is the only authority."""

    def __init__(
        self, database: Database, contacts: Contacts, inboxes: Inboxes, conversations: Conversations, ports: Ports
    ) -> None:
        self._database = database
        self._contacts = contacts
        self._inboxes = inboxes
        self._conversations = conversations
        self._ports = ports

    async def begin(self, request: SessionRequest) -> VisitorSession:
        """Begin or continue a visit. Raises InboxNotFound, ProofRefused. A token of another inbox begins anew."""
        found = await self._inboxes.by_key(request.inbox_key)
        visitor = await self._known(request.token, found)
        token = request.token or ""
        locale = _locale(request.locale)
        async with self._database.scope(found.workspace_id) as scope:
            if request.identity:
                secrets = await self._ports.secrets_of(scope, found.inbox.id)
                proof = check_proof(request.identity, secrets, audience=found.inbox.key)
                token, visitor = await self._contacts.identify(scope, found.inbox.id, proof, visitor)
                if visitor.merged_from is not None:
                    await self._conversations.move_contact(scope, visitor.merged_from, visitor.contact_id)
            elif visitor is None:
                token, visitor = await self._contacts.begin_visit(scope, found.inbox.id, ContactFields(locale=locale))
            await self._contacts.seen(scope, visitor)
            return await self._session(scope, found, visitor, token, locale)

    async def send(self, visitor: Visitor, sending: Sending) -> Posted:
        """Store a visitor's message; the conversation is opened when there is none. Repeating the client id is safe."""
        async with self._database.scope(visitor.workspace_id) as scope:
            inbox = await self._inboxes.get(scope, visitor.inbox_id)
            files = await self._ports.files_of(scope, sending.attachments, visitor.contact_id) if sending.attachments else []
        first = _first_status(inbox)
        new = NewConversation(inbox_id=inbox.id, contact_id=visitor.contact_id, status=first)
        conversation = await self._conversations.find_or_open(visitor.workspace_id, new)
        return await self.send_in(visitor, conversation.id, sending, first, files)

    async def send_in(
        self, visitor: Visitor, conversation_id: ConversationId, sending: Sending, reopen_as: Status, files: list[Attachment]
    ) -> Posted:
        """Store a message in a conversation that is known to be the visitor's."""
        content = {"type": "option", "entry_id": str(sending.option)} if sending.option else None
        item = NewMessage(
            conversation_id=conversation_id,
            author=Author(AuthorKind.CONTACT, visitor.contact_id, visitor.name),
            text=sending.text,
            client_id=sending.client_id,
            attachments=tuple(files),
            content=content,
            reopen_as=reopen_as,
        )
        return await self._conversations.post(visitor.workspace_id, item)

    async def current(self, scope: Scope, visitor: Visitor) -> Conversation | None:
        """The conversation this visitor is in."""
        return await self._conversations.current(scope, visitor.inbox_id, visitor.contact_id)

    async def messages(
        self, visitor: Visitor, *, before: int | None = None, after: int | None = None, limit: int = HISTORY
    ) -> tuple[list[VisitorMessage], bool, str]:
        """The visitor's messages, oldest first; whether there are more; the epoch of the log."""
        async with self._database.scope(visitor.workspace_id) as scope:
            epoch, _position = await head(scope.connection, visitor.workspace_id)
            conversation = await self.current(scope, visitor)
            if conversation is None:
                return [], False, epoch
            page = await self._conversations.messages(scope, conversation.id, before=before, after=after, limit=limit)
            return shown(page.items), page.has_more, epoch

    async def arrive(
        self, visitor: Visitor, epoch: str | None, after: int, listen: Callable[[Conversation | None, Status], None]
    ) -> tuple[str, bool, VisitorConversation | None, list[VisitorMessage]]:
        """(epoch, recovered, conversation, everything after `after`): all of it, or recovered False and nothing. For a socket that opens,
        in one transaction, since thousands may come back at once.

        `listen` is told of the current conversation, and of who has one that begins or is taken up again, before messages are read:
        whoever listens from then on misses nothing, and is shown some things twice.
        """
        async with self._database.scope(visitor.workspace_id) as scope:
            inbox = await self._inboxes.get(scope, visitor.inbox_id)
            listen(await self.current(scope, visitor), _first_status(inbox))
            return await self._missed(scope, visitor, epoch, after)

    async def _missed(
        self, scope: Scope, visitor: Visitor, epoch: str | None, after: int
    ) -> tuple[str, bool, VisitorConversation | None, list[VisitorMessage]]:
        now, _position = await head(scope.connection, visitor.workspace_id)
        conversation = await self.current(scope, visitor)
        last = conversation.last_seq if conversation else 0
        if (epoch is not None and epoch != now) or after > last or last - after > CATCH_UP:
            return now, False, None, []
        if conversation is None:
            return now, True, None, []
        page = await self._conversations.messages(scope, conversation.id, after=after, limit=CATCH_UP)
        return now, True, await self.show(scope, conversation), shown(page.items)

    async def mark_read(self, visitor: Visitor, seq: int) -> None:
        """The visitor has seen everything up to `seq`."""
        async with self._database.scope(visitor.workspace_id) as scope:
            conversation = await self.current(scope, visitor)
            if conversation is not None:
                await self._conversations.mark_read(scope, conversation.id, "contact", seq)

    async def claim_fields(self, visitor: Visitor, name: str | None, email: str | None) -> None:
        """What the visitor says of themselves: kept as a claim, never a proof. An identified contact's fields are not overwritten."""
        if visitor.identified:
            return
        changes = ContactChanges(
            name=name if name is not None else msgspec.UNSET, email=email if email is not None else msgspec.UNSET
        )
        async with self._database.scope(visitor.workspace_id) as scope:
            await self._contacts.change(scope, visitor.contact_id, changes)

    async def show(self, scope: Scope, conversation: Conversation) -> VisitorConversation:
        """A conversation as its customer sees it."""
        name = await self._ports.name_of(scope, conversation.assignee_id) if conversation.assignee_id else None
        place = await self._ports.place_of(scope, conversation.id) if conversation.status is Status.WAITING else None
        return VisitorConversation(
            id=conversation.id,
            status=Status.OPEN if conversation.status is Status.SNOOZED else conversation.status,
            agent={"name": name} if name else None,
            last_seq=conversation.last_seq,
            contact_seen_seq=conversation.contact_seen_seq,
            queue=place,
        )

    async def show_current(self, visitor: Visitor) -> VisitorConversation | None:
        """The visitor's conversation as they see it."""
        async with self._database.scope(visitor.workspace_id) as scope:
            conversation = await self.current(scope, visitor)
            return await self.show(scope, conversation) if conversation else None

    async def show_by_id(self, workspace_id: WorkspaceId, conversation_id: ConversationId) -> VisitorConversation:
        """One conversation as its customer sees it. Raises ConversationNotFound."""
        async with self._database.scope(workspace_id) as scope:
            return await self.show(scope, await self._conversations.get(scope, conversation_id))

    async def _known(self, token: str | None, found: FoundInbox) -> Visitor | None:
        if not token:
            return None
        try:
            visitor = await self._contacts.visitor(token)
        except VisitorUnknown:
            return None
        return visitor if visitor.inbox_id == found.inbox.id and visitor.workspace_id == found.workspace_id else None

    async def _session(self, scope: Scope, found: FoundInbox, visitor: Visitor, token: str, locale: str) -> VisitorSession:
        epoch, _position = await head(scope.connection, scope.workspace_id)
        conversation = await self.current(scope, visitor)
        items: list[VisitorMessage] = []
        more = False
        if conversation is not None:
            page = await self._conversations.messages(scope, conversation.id, limit=HISTORY)
            items, more = shown(page.items), page.has_more
        private = {"allowed_origins"}
        settings = {key: value for key, value in found.inbox.settings.items() if key not in private}
        return VisitorSession(
            token=token,
            locale=locale,
            identified=visitor.identified,
            inbox=_face(
                found.inbox,
                settings,
                await self._inboxes.schedule(scope, found.inbox),
                anybody=await self._ports.anybody_online(scope),
            ),
            bot=BotFace(found.inbox.bot_enabled, await self._ports.bot_name(scope)),
            conversation=await self.show(scope, conversation) if conversation else None,
            messages=items,
            has_more=more,
            epoch=epoch,
        )


def _face(inbox: Inbox, settings: dict[str, Any], schedule: Schedule | None, *, anybody: bool) -> InboxFace:
    now = utc_now()
    if schedule is None or schedule.is_open(now):
        return InboxFace(inbox.name, settings, open_now=True, staffed=anybody, languages=["zh", "en"])
    special = schedule.special_on(now.astimezone(schedule.zone).date())
    return InboxFace(
        inbox.name,
        settings,
        open_now=False,
        staffed=False,
        languages=["zh", "en"],
        opens_at=schedule.next_opening(now),
        closed_for=special.name if special is not None else None,
    )


def show_message(message: Message) -> VisitorMessage | None:
    """A message as its customer sees it; None for what is not for them."""
    if message.kind is MessageKind.NOTE:
        return None
    content = message.content
    if content is not None and "original" in content:
        # What it was laid out as is for colleagues.
        content = {key: value for key, value in content.items() if key != "original"} or None
    if message.kind is MessageKind.EVENT:
        if content is None or content.get("event") not in SHOWN_EVENTS:
            return None
        names = content.get("data", {})
        content = {
            "type": "event",
            "event": content["event"],
            "data": {key: names[key] for key in ("to", "reason") if key in names},
        }
    own = message.author.kind is AuthorKind.CONTACT
    return VisitorMessage(
        id=message.id,
        seq=message.seq,
        author={"kind": message.author.kind, "name": message.author.name},
        kind=message.kind,
        text=message.text,
        attachments=message.attachments,
        content=content,
        client_id=message.client_id if own else None,
        created_at=message.created_at,
    )


def shown(messages: list[Message]) -> list[VisitorMessage]:
    """Those of `messages` that are for the customer."""
    return [one for one in map(show_message, messages) if one is not None]


def _first_status(inbox: Inbox) -> Status:
    return Status.BOT if inbox.bot_enabled else Status.WAITING


def _locale(wanted: str) -> str:
    return "zh" if wanted.lower().startswith("zh") else "en"
