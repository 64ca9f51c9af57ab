"""Routes of delivery: what became of replies, whether one may write, and acts at the provider."""

from uuid import UUID

from litestar import Controller, get, post, put
from msgspec import Struct

from qiao.domains.conversations.contracts import Author, AuthorKind
from qiao.domains.delivery.acting import Act
from qiao.domains.delivery.api import Delivery
from qiao.domains.delivery.contracts import (
    ApprovedTemplate,
    ApprovedTemplates,
    ReplyDelivery,
    ReplyLength,
    ReplyText,
    ReplyWindowView,
)
from qiao.kit.ids import ConversationId, InboxId
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.http.guards import FOR_PROGRAMS, requires, signed_in
from qiao.platform.http.paging import Page


class Moderation(Struct, frozen=True, forbid_unknown_fields=True):
    """What is done to a public comment."""

    act: Act


class DeliveryController(Controller):
    """Replies on their way."""

    path = "/api/v1/conversations/{conversation_id:uuid}"
    tags = ("delivery",)

    @get("/deliveries", guards=[requires("conversations.read")])
    async def all(self, conversation_id: UUID, caller: Caller, database: Database, delivery: Delivery) -> Page[ReplyDelivery]:
        """What became of every reply, by number; replies that need no provider are not among them."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(await delivery.states(scope, ConversationId(conversation_id)))

    @post("/deliveries/{seq:int}/retry", guards=[requires("conversations.write")], status_code=200)
    async def retry(
        self, conversation_id: UUID, seq: int, caller: Caller, database: Database, delivery: Delivery
    ) -> ReplyDelivery:
        """Try again what was refused, held, or waits for the channel."""
        async with database.scope(caller.workspace_id) as scope:
            return await delivery.retry(scope, ConversationId(conversation_id), seq)

    @get("/reply-window", guards=[requires("conversations.read")])
    async def window(self, conversation_id: UUID, caller: Caller, database: Database, delivery: Delivery) -> ReplyWindowView:
        """Whether one may write now, until when and how often; if not, why, and what may be done instead."""
        async with database.scope(caller.workspace_id) as scope:
            return await delivery.window(scope, ConversationId(conversation_id))

    @post("/reply-length", guards=[requires("conversations.read")], status_code=200)
    async def length(
        self, conversation_id: UUID, data: ReplyText, caller: Caller, database: Database, delivery: Delivery
    ) -> ReplyLength:
        """As how many messages, and parts of short messages, a text would go. Nothing is kept."""
        async with database.scope(caller.workspace_id) as scope:
            return await delivery.length(scope, ConversationId(conversation_id), data.text)

    @post("/messages/{seq:int}/recall", guards=[requires("conversations.write")], status_code=204)
    async def recall(self, conversation_id: UUID, seq: int, caller: Caller, delivery: Delivery) -> None:
        """Take back a reply at the provider."""
        await delivery.acting.recall(caller.workspace_id, ConversationId(conversation_id), seq, _by(caller))

    @post("/messages/{seq:int}/moderate", guards=[requires("conversations.write")], status_code=204)
    async def moderate(self, conversation_id: UUID, seq: int, data: Moderation, caller: Caller, delivery: Delivery) -> None:
        """Hide, show or delete a public comment at the provider."""
        which = (seq, data.act)
        await delivery.acting.moderate(caller.workspace_id, ConversationId(conversation_id), which, _by(caller))


class TemplateController(Controller):
    """Approved templates."""

    path = "/api/v1/inboxes/{inbox_id:uuid}/templates"
    tags = ("delivery",)

    @get(guards=[signed_in], opt=FOR_PROGRAMS)
    async def all(self, inbox_id: UUID, caller: Caller, database: Database, delivery: Delivery) -> Page[ApprovedTemplate]:
        """The approved templates of an inbox."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(await delivery.templates(scope, InboxId(inbox_id)))

    @put(guards=[requires("inboxes.write")])
    async def keep(
        self, inbox_id: UUID, data: ApprovedTemplates, caller: Caller, database: Database, delivery: Delivery
    ) -> Page[ApprovedTemplate]:
        """Replace them, as the provider approved them."""
        async with database.scope(caller.workspace_id) as scope:
            await delivery.keep_templates(scope, InboxId(inbox_id), data.items)
            return Page(await delivery.templates(scope, InboxId(inbox_id)))


def _by(caller: Caller) -> Author:
    return Author(AuthorKind.AGENT, caller.person_id, caller.name)
