"""Routes of conversations for the console and for integrators."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, get, post, put
from litestar.params import Parameter
from msgspec import Meta, Struct

from qiao.domains.contacts.api import Contacts
from qiao.domains.contacts.contracts import Contact, ContactFields
from qiao.domains.conversations.api import Conversations
from qiao.domains.conversations.beginning import Beginnings, NewBeginning
from qiao.domains.conversations.contracts import (
    MAX_CLIENT_ID,
    MAX_TEXT,
    Attachment,
    Author,
    AuthorKind,
    Conversation,
    Counts,
    Draft,
    Message,
    MessageKind,
    MessagePage,
    NewMessage,
    Status,
    View,
)
from qiao.domains.conversations.errors import WrongStatus
from qiao.domains.conversations.written import WrittenContent, content_of
from qiao.kit.clock import utc_now
from qiao.kit.errors import Invalid
from qiao.kit.ids import ContactId, ConversationId, InboxId
from qiao.platform.auth.caller import Caller
from qiao.platform.blobs.files import Files
from qiao.platform.db.database import Database
from qiao.platform.http.guards import in_person, requires
from qiao.platform.http.paging import Page, bounded, decode_cursor, encode_cursor
from qiao.platform.log.read import head

Text = Annotated[str, Meta(max_length=MAX_TEXT)]
ClientId = Annotated[str, Meta(min_length=1, max_length=MAX_CLIENT_ID)]
Key = tuple[datetime, UUID]


class ArticleRef(Struct, frozen=True, forbid_unknown_fields=True):
    """An article sent as a card: its id, language, title and address as the picker showed them."""

    article_id: UUID
    language: str
    title: Annotated[str, Meta(max_length=300)] = ""
    url: Annotated[str, Meta(max_length=500)] = ""


class Writing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reply or a note. With `seen_seq`, refused when the customer wrote since."""

    client_id: ClientId
    kind: Literal["text", "note"] = "text"
    text: Text = ""
    attachments: Annotated[list[UUID], Meta(max_length=10)] = []
    article: ArticleRef | None = None
    content: WrittenContent | None = None
    seen_seq: int | None = None


class Beginning(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A conversation begun by the company or brought in by an integrator."""

    inbox_id: UUID
    text: Text
    client_id: ClientId
    contact_id: UUID | None = None
    contact: ContactFields | None = None
    author: Literal["agent", "contact"] = "agent"


class Began(Struct, frozen=True):
    """A conversation with its first message."""

    conversation: Conversation
    message: Message


class Opened(Struct, frozen=True, kw_only=True):
    """Everything to show a conversation; `position` is the log number of this snapshot."""

    conversation: Conversation
    contact: Contact
    messages: MessagePage
    summary: dict[str, Any] | None
    draft: Draft | None
    position: int


class Until(Struct, frozen=True, forbid_unknown_fields=True):
    """Snooze until then."""

    until: datetime


class Tags(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole set of tags."""

    tags: Annotated[list[str], Meta(max_length=50)]


class Seen(Struct, frozen=True, forbid_unknown_fields=True):
    """Seen up to this number."""

    seq: Annotated[int, Meta(ge=0)]


class Drafting(Struct, frozen=True, forbid_unknown_fields=True):
    """What is typed and not sent."""

    text: Annotated[str, Meta(max_length=20_000)]
    kind: Literal["text", "note"] = "text"


class TagUse(Struct, frozen=True):
    """A tag and how many conversations have it."""

    name: str
    count: int


ViewName = Literal["mine", "waiting", "bot", "open", "snoozed", "resolved", "all"]


class ConversationController(Controller):
    """Lists, shows and moves conversations."""

    path = "/api/v1/conversations"
    tags = ("conversations",)

    @get(guards=[requires("conversations.read")])
    async def all(
        self,
        caller: Caller,
        database: Database,
        conversations: Conversations,
        view: ViewName = "all",
        team_id: UUID | None = None,
        inbox_id: UUID | None = None,
        contact_id: UUID | None = None,
        tag: str | None = None,
        cursor: str | None = None,
        limit: int = 30,
    ) -> Page[Conversation]:
        """A page of a view."""
        wanted = View(
            name=view,
            person_id=caller.person_id,
            team_id=team_id,
            inbox_id=caller.within(inbox_id),
            contact_id=contact_id,
            tag=tag,
            after=decode_cursor(cursor, Key),
            limit=bounded(limit),
        )
        async with database.scope(caller.workspace_id) as scope:
            items, key = await conversations.view(scope, wanted)
        return Page(items, encode_cursor(key) if key else None)

    @get("/counts", guards=[requires("conversations.read")])
    async def counts(self, caller: Caller, database: Database, conversations: Conversations) -> Counts:
        """How many each view holds."""
        async with database.scope(caller.workspace_id) as scope:
            return await conversations.counts(scope, caller.person_id)

    @post(guards=[requires("conversations.write")])
    async def begin(self, data: Beginning, caller: Caller, beginnings: Beginnings) -> Began:
        """Begin a conversation with its first message. Repeating the client id gives the same conversation and message."""
        caller.within(data.inbox_id)
        new = NewBeginning(
            inbox_id=InboxId(data.inbox_id),
            contact_id=ContactId(data.contact_id) if data.contact_id else None,
            contact=data.contact or ContactFields(),
            by=agent(caller),
            speaks=AuthorKind(data.author),
            text=data.text,
            client_id=data.client_id,
        )
        return Began(*await beginnings.begin(caller.workspace_id, new))

    @get("/{conversation_id:uuid}", guards=[requires("conversations.read")])
    async def one(
        self,
        conversation_id: UUID,
        caller: Caller,
        database: Database,
        contacts: Contacts,
        conversations: Conversations,
    ) -> Opened:
        """Everything to show a conversation."""
        one = ConversationId(conversation_id)
        async with database.scope(caller.workspace_id) as scope:
            _epoch, position = await head(scope.connection, caller.workspace_id)
            conversation = await conversations.get(scope, one)
            summary = await conversations.summary(scope, one)
            contact = await contacts.get(scope, conversation.contact.id)
            count = (await conversations.counts_of(scope, [contact.id])).get(contact.id, 0)
            return Opened(
                conversation=conversation,
                contact=msgspec.structs.replace(contact, conversation_count=count),
                messages=await conversations.messages(scope, one),
                summary=dict(summary) if summary else None,
                draft=await conversations.draft(scope, one, caller.person_id),
                position=position,
            )

    @get("/{conversation_id:uuid}/messages", guards=[requires("conversations.read")])
    async def messages(
        self,
        conversation_id: UUID,
        caller: Caller,
        database: Database,
        conversations: Conversations,
        before: int | None = None,
        after: int | None = None,
        limit: Annotated[int, Parameter(ge=1, le=200)] = 50,
    ) -> MessagePage:
        """Messages before or after a number."""
        one = ConversationId(conversation_id)
        async with database.scope(caller.workspace_id) as scope:
            await conversations.row(scope, one)
            return await conversations.messages(scope, one, before=before, after=after, limit=limit)

    @post("/{conversation_id:uuid}/messages", guards=[requires("conversations.write")])
    async def write(
        self,
        conversation_id: UUID,
        data: Writing,
        caller: Caller,
        database: Database,
        files: Files,
        conversations: Conversations,
    ) -> Message:
        """Send a reply or keep a note; answered after its commit. Repeating the client id is safe. A program does not take up again
        what was resolved: nobody would have it then.
        """
        if caller.program and data.kind == "text":
            await _not_resolved(caller, database, conversations, conversation_id)
        attachments: list[Attachment] = []
        if data.attachments:
            async with database.scope(caller.workspace_id) as scope:
                stored = await files.by_ids(scope, data.attachments, owner=caller.person_id)
                attachments = [attachment_of(one) for one in stored]
        item = NewMessage(
            conversation_id=ConversationId(conversation_id),
            author=agent(caller),
            text=data.text,
            client_id=data.client_id,
            kind=MessageKind(data.kind),
            attachments=tuple(attachments),
            content=_article_content(data.article) or content_of(data.content),
        )
        return (await conversations.post(caller.workspace_id, item, seen_seq=data.seen_seq)).message

    @post("/{conversation_id:uuid}/resolve", guards=[requires("conversations.write")], status_code=200)
    async def resolve(
        self, conversation_id: UUID, caller: Caller, database: Database, conversations: Conversations
    ) -> Conversation:
        """Done, for now."""
        async with database.scope(caller.workspace_id) as scope:
            return await conversations.resolve(scope, ConversationId(conversation_id), agent(caller))

    @post("/{conversation_id:uuid}/reopen", guards=[requires("conversations.write"), in_person], status_code=200)
    async def reopen(
        self, conversation_id: UUID, caller: Caller, database: Database, conversations: Conversations
    ) -> Conversation:
        """Take up again what was resolved."""
        async with database.scope(caller.workspace_id) as scope:
            return await conversations.reopen(scope, ConversationId(conversation_id), agent(caller))

    @post("/{conversation_id:uuid}/hand-to-bot", guards=[requires("conversations.write")], status_code=200)
    async def hand_to_bot(
        self, conversation_id: UUID, caller: Caller, database: Database, conversations: Conversations
    ) -> Conversation:
        """Give the conversation back to the bot."""
        async with database.scope(caller.workspace_id) as scope:
            return await conversations.hand_to_bot(scope, ConversationId(conversation_id), agent(caller))

    @post("/{conversation_id:uuid}/snooze", guards=[requires("conversations.write")], status_code=200)
    async def snooze(
        self, conversation_id: UUID, data: Until, caller: Caller, database: Database, conversations: Conversations
    ) -> Conversation:
        """Put aside until a time or until the customer writes."""
        if data.until.tzinfo is None or data.until <= utc_now():
            raise Invalid("snooze until a time that is still to come, with its zone", field="until")
        async with database.scope(caller.workspace_id) as scope:
            return await conversations.snooze(scope, ConversationId(conversation_id), agent(caller), data.until)

    @put("/{conversation_id:uuid}/tags", guards=[requires("conversations.write")])
    async def tag(
        self, conversation_id: UUID, data: Tags, caller: Caller, database: Database, conversations: Conversations
    ) -> Conversation:
        """Replace the tags."""
        async with database.scope(caller.workspace_id) as scope:
            return await conversations.set_tags(scope, ConversationId(conversation_id), data.tags, agent(caller))

    @put("/{conversation_id:uuid}/read", guards=[requires("conversations.read")], status_code=204)
    async def read(
        self, conversation_id: UUID, data: Seen, caller: Caller, database: Database, conversations: Conversations
    ) -> None:
        """The team has seen everything up to a number."""
        async with database.scope(caller.workspace_id) as scope:
            await conversations.row(scope, ConversationId(conversation_id))
            await conversations.mark_read(scope, ConversationId(conversation_id), "agent", data.seq)

    @put("/{conversation_id:uuid}/draft", guards=[requires("conversations.write"), in_person], status_code=204)
    async def draft(
        self, conversation_id: UUID, data: Drafting, caller: Caller, database: Database, conversations: Conversations
    ) -> None:
        """Keep what is typed and not sent."""
        async with database.scope(caller.workspace_id) as scope:
            draft = Draft(data.text, MessageKind(data.kind))
            await conversations.save_draft(scope, ConversationId(conversation_id), caller.person_id, draft)


class TagController(Controller):
    """Tags in use."""

    path = "/api/v1/tags"
    tags = ("conversations",)

    @get(guards=[requires("conversations.read")])
    async def all(self, caller: Caller, database: Database, conversations: Conversations) -> Page[TagUse]:
        """Tags in use, most used first."""
        async with database.scope(caller.workspace_id) as scope:
            return Page([TagUse(name, count) for name, count in await conversations.tags(scope)])


async def _not_resolved(caller: Caller, database: Database, conversations: Conversations, conversation_id: UUID) -> None:
    async with database.scope(caller.workspace_id) as scope:
        held = (await conversations.status_of(scope, [conversation_id])).get(conversation_id)
    if held is not None and held.status is Status.RESOLVED:
        raise WrongStatus("this conversation is resolved; begin a new one")


def agent(caller: Caller) -> Author:
    """The caller as an author."""
    return Author(AuthorKind.AGENT, caller.person_id, caller.name)


def attachment_of(stored: Any) -> Attachment:
    """A stored file as a message carries it."""
    return Attachment(**{name: getattr(stored, name) for name in Attachment.__struct_fields__})


def _article_content(article: ArticleRef | None) -> dict[str, Any] | None:
    if article is None:
        return None
    if article.url and not article.url.startswith("/help/"):
        raise Invalid("an article's address begins with /help/", field="article.url")
    return {
        "type": "article",
        "article_id": str(article.article_id),
        "language": article.language,
        "title": article.title,
        "url": article.url,
    }
