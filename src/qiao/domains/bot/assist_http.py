"""Routes of agent assist: what is shown beside a conversation, summaries, promises."""

from uuid import UUID

from litestar import Controller, get, post

from qiao.domains.bot.api import Bot
from qiao.domains.bot.assist.contracts import Assistance, SummaryDraft, SummaryText
from qiao.domains.bot.assist.promise_contracts import DuePromise, Promise
from qiao.domains.conversations.contracts import Author, AuthorKind, Message
from qiao.domains.knowledge.api import Knowledge
from qiao.domains.routing.api import Routing
from qiao.kit.ids import ConversationId
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.http.guards import requires
from qiao.platform.http.paging import Page


class AssistController(Controller):
    """What an agent is shown while answering."""

    path = "/api/v1/bot/assist/conversations/{conversation_id:uuid}"
    tags = ("bot",)

    # For those who answer: whoever only reads conversations has no use for it.
    @get(guards=[requires("conversations.write")])
    async def beside(
        self, conversation_id: UUID, caller: Caller, database: Database, knowledge: Knowledge, routing: Routing, bot: Bot
    ) -> Assistance:
        """Suggested answers with their sources, canned replies, what to do next, what was promised."""
        one = ConversationId(conversation_id)
        async with database.scope(caller.workspace_id) as scope:
            triage = await routing.priority(scope, one)
            snippets = await knowledge.snippets.all(scope)
        return await bot.assist.beside(caller.workspace_id, one, snippets, triage)

    @get("/summary", guards=[requires("conversations.write")])
    async def draft_summary(self, conversation_id: UUID, caller: Caller, database: Database, bot: Bot) -> SummaryDraft:
        """What a colleague needs to know, to be corrected. Stores nothing."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.assist.draft_summary(scope, ConversationId(conversation_id))

    @post("/summary", guards=[requires("conversations.write")])
    async def keep_summary(
        self, conversation_id: UUID, data: SummaryText, caller: Caller, database: Database, bot: Bot
    ) -> Message:
        """Keep a summary as a note. Repeating the client id is safe."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.assist.keep_summary(scope, ConversationId(conversation_id), data, _agent(caller))


class PromiseController(Controller):
    """What customers were promised while nobody was there."""

    path = "/api/v1/bot/assist/promises"
    tags = ("bot",)

    @get(guards=[requires("conversations.read")])
    async def due(self, caller: Caller, database: Database, bot: Bot) -> Page[DuePromise]:
        """What somebody still has to keep, soonest first; at most 200."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(await bot.promises.due(scope))

    @post("/{promise_id:uuid}/keep", guards=[requires("conversations.write")], status_code=200)
    async def keep(self, promise_id: UUID, caller: Caller, database: Database, bot: Bot) -> Promise:
        """The customer was called or answered. A promise that was broken before stays broken, made good now."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.promises.settle(scope, promise_id, _agent(caller))


def _agent(caller: Caller) -> Author:
    return Author(AuthorKind.AGENT, caller.person_id, caller.name)


CONTROLLERS = (AssistController, PromiseController)
