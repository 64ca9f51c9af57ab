"""Routes of the language model: how it is, its settings and log, trying it, and help with agents' texts. The key is in none of them."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get, patch, post

from qiao.domains.bot.api import Bot
from qiao.domains.bot.contracts import TryRequest
from qiao.domains.bot.generating.api import Generating
from qiao.domains.bot.generating.contracts import (
    AgentText,
    LanguageModelChanges,
    LanguageModelSettings,
    LanguageModelStatus,
    LanguageModelUse,
    RewriteRequest,
    SummariseRequest,
    TranslateRequest,
    TriedAnswer,
)
from qiao.domains.bot.generating.passages import Asked
from qiao.platform.auth.caller import Caller
from qiao.platform.auth.shared_throttle import SharedThrottle
from qiao.platform.db.database import Database
from qiao.platform.http.guards import requires
from qiao.platform.http.paging import Page, bounded, decode_cursor, encode_cursor

_wishes = SharedThrottle("wishes", rate=0.5, burst=20)
"""Of one person: each costs tokens."""


class LanguageModelController(Controller):
    """The language model as admins see it, and what agents have of it."""

    path = "/api/v1/bot/language-model"
    tags = ("bot",)

    @get(guards=[requires("knowledge.read")])
    async def status(self, caller: Caller, database: Database, generating: Generating) -> LanguageModelStatus:
        """Whether it is used here now, and what it cost."""
        async with database.scope(caller.workspace_id) as scope:
            return await generating.status(scope)

    @get("/settings", guards=[requires("workspace.write")])
    async def settings(self, caller: Caller, database: Database, generating: Generating) -> LanguageModelSettings:
        """The workspace's switch and bounds."""
        async with database.scope(caller.workspace_id) as scope:
            return await generating.settings(scope)

    @patch("/settings", guards=[requires("workspace.write")])
    async def change(
        self, data: LanguageModelChanges, caller: Caller, database: Database, generating: Generating
    ) -> LanguageModelSettings:
        """Switch it on or off, set its tone and bounds."""
        async with database.scope(caller.workspace_id) as scope:
            return await generating.change_settings(scope, data)

    @get("/log", guards=[requires("workspace.write")])
    async def log(
        self, caller: Caller, database: Database, generating: Generating, cursor: str | None = None, limit: int = 30
    ) -> Page[LanguageModelUse]:
        """What left and what came back, masked, newest first."""
        after = decode_cursor(cursor, tuple[datetime, UUID])
        length = bounded(limit)
        async with database.scope(caller.workspace_id) as scope:
            items = await generating.log(scope, after, length + 1)
        shown = items[:length]
        return Page(shown, encode_cursor((shown[-1].created_at, shown[-1].id)) if len(items) > length else None)

    @post("/try", guards=[requires("workspace.write")], status_code=200)
    async def try_answer(
        self, data: TryRequest, caller: Caller, bot: Bot, generating: Generating, database: Database
    ) -> TriedAnswer:
        """What it makes of a question now, with every check that failed. Costs tokens."""
        await _wishes.check(database, caller.person_id.hex)
        trial = await bot.try_question(caller.workspace_id, data)
        asked = Asked(question=data.question, earlier=data.previous, language=trial.language)
        return await generating.try_answer(caller.workspace_id, asked, trial.candidates, trial.zone)

    @post("/rewrite", guards=[requires("conversations.write")], status_code=200)
    async def rewrite(self, data: RewriteRequest, caller: Caller, generating: Generating, database: Database) -> AgentText:
        """A draft in another tone, for the agent to read before it is sent."""
        await _wishes.check(database, caller.person_id.hex)
        return await generating.texts.rewrite(caller.workspace_id, data.text, data.tone, caller.person_id, data.conversation_id)

    @post("/translate", guards=[requires("conversations.write")], status_code=200)
    async def translate(self, data: TranslateRequest, caller: Caller, generating: Generating, database: Database) -> AgentText:
        """A text in another language, for the agent to read."""
        await _wishes.check(database, caller.person_id.hex)
        return await generating.texts.translate(
            caller.workspace_id, data.text, data.target, caller.person_id, data.conversation_id
        )


class ConversationSummaryController(Controller):
    """A conversation in three lines."""

    path = "/api/v1/conversations/{conversation_id:uuid}/summarise"
    tags = ("bot",)

    @post(guards=[requires("conversations.write")], status_code=200)
    async def summarise(
        self, conversation_id: UUID, data: SummariseRequest, caller: Caller, generating: Generating, database: Database
    ) -> AgentText:
        """What the customer wants, what was done, what is open: the customer's words as their claim."""
        await _wishes.check(database, caller.person_id.hex)
        return await generating.texts.summarise(caller.workspace_id, conversation_id, data.language, caller.person_id)


CONTROLLERS = (LanguageModelController, ConversationSummaryController)
