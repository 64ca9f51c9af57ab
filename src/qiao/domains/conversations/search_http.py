"""Routes that look across: everything that holds some words, and a contact's conversations."""

from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, get
from litestar.params import Parameter
from msgspec import Struct

from qiao.domains.contacts.api import Contacts
from qiao.domains.contacts.contracts import Contact
from qiao.domains.conversations.api import Conversations
from qiao.domains.conversations.contracts import Conversation, Hit
from qiao.domains.knowledge.api import Knowledge
from qiao.kit.ids import ContactId
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.db.reading import Reading
from qiao.platform.http.guards import requires
from qiao.platform.http.paging import Page, bounded

MAX_OTHERS = 8


class FoundArticle(Struct, frozen=True):
    """Knowledge that holds the words."""

    kind: Literal["faq", "article"]
    id: UUID
    title: str
    language: str
    url: str | None


class Results(Struct, frozen=True):
    """What holds the words: messages newest first, contacts, knowledge."""

    messages: list[Hit]
    contacts: list[Contact]
    articles: list[FoundArticle]


class SearchEverythingController(Controller):
    """One box for everything."""

    path = "/api/v1"
    tags = ("conversations",)

    @get("/search", guards=[requires("conversations.read")])
    async def search(
        self,
        q: Annotated[str, Parameter(max_length=300)],
        caller: Caller,
        reading: Reading,
        contacts: Contacts,
        conversations: Conversations,
        knowledge: Knowledge,
        limit: int = 20,
    ) -> Results:
        """Messages, contacts and knowledge that hold the words; Chinese words of one and two characters too."""
        words = q.strip()
        if not words:
            return Results([], [], [])
        async with reading.scope(caller.workspace_id) as scope:
            hits = await conversations.search(scope, words, bounded(limit))
            people = list(await contacts.find(scope, words, None, MAX_OTHERS)) if "contacts.read" in caller.permissions else []
            known = await knowledge.search(scope, words, limit=MAX_OTHERS)
        articles = [FoundArticle(one.kind, one.id, one.title, one.language, one.url) for one in known]
        return Results(hits, people, articles)

    @get("/contacts/{contact_id:uuid}/conversations", guards=[requires("conversations.read")])
    async def of_contact(
        self, contact_id: UUID, caller: Caller, database: Database, contacts: Contacts, conversations: Conversations
    ) -> Page[Conversation]:
        """A contact's conversations, newest activity first."""
        async with database.scope(caller.workspace_id) as scope:
            await contacts.get(scope, ContactId(contact_id))
            return Page(await conversations.of_contact(scope, ContactId(contact_id)))
