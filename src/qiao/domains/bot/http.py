"""Routes of the bot: trying it, its settings, what it could not answer, why it said what it said, and the visitor's thumb."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, patch, post

from qiao.domains.bot.api import Bot
from qiao.domains.bot.contracts import (
    AnswerCurve,
    BotSettings,
    BotSettingsChanges,
    BotStatus,
    BotTurn,
    Feedback,
    Trial,
    TryRequest,
    Unanswered,
)
from qiao.domains.contacts.api import Contacts
from qiao.kit.ids import ConversationId
from qiao.platform.auth.caller import Caller
from qiao.platform.auth.shared_throttle import SharedThrottle
from qiao.platform.db.database import Database
from qiao.platform.http.guards import requires, visitor
from qiao.platform.http.paging import Page, bounded, decode_cursor, encode_cursor

_thumbs = SharedThrottle("thumbs", rate=1.0, burst=30)


class BotController(Controller):
    """The bot as the people see it who look after its knowledge."""

    path = "/api/v1/bot"
    tags = ("bot",)

    @post("/try", guards=[requires("knowledge.read")], status_code=200)
    async def try_question(self, data: TryRequest, caller: Caller, bot: Bot) -> Trial:
        """What the bot would say to a question. Stores nothing."""
        return await bot.try_question(caller.workspace_id, data)

    @get("/status", guards=[requires("knowledge.read")])
    async def status(self, caller: Caller, bot: Bot) -> BotStatus:
        """How much the bot knows and how it decides."""
        return await bot.status(caller.workspace_id)

    @get("/curve", guards=[requires("knowledge.read")])
    async def curve(self, caller: Caller, bot: Bot) -> Page[AnswerCurve]:
        """By language, how many questions would be answered and how many of the answers be wrong at each threshold."""
        return Page(await bot.curves(caller.workspace_id))

    @get("/settings", guards=[requires("knowledge.read")])
    async def settings(self, caller: Caller, database: Database, bot: Bot) -> BotSettings:
        """How the bot speaks and when it gives up."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.settings(scope)

    @patch("/settings", guards=[requires("knowledge.write")])
    async def change(self, data: BotSettingsChanges, caller: Caller, database: Database, bot: Bot) -> BotSettings:
        """Change how the bot speaks and when it gives up."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.change_settings(scope, data)

    @get("/unanswered", guards=[requires("knowledge.read")])
    async def unanswered(
        self, caller: Caller, database: Database, bot: Bot, cursor: str | None = None, limit: int = 30
    ) -> Page[Unanswered]:
        """Questions without an answer, most asked first."""
        after = decode_cursor(cursor, tuple[int, datetime, UUID])
        length = bounded(limit)
        async with database.scope(caller.workspace_id) as scope:
            items = await bot.unanswered(scope, after, length + 1)
        shown = items[:length]
        more = len(items) > length
        return Page(shown, encode_cursor((shown[-1].count, shown[-1].last_at, shown[-1].id)) if more else None)

    @post("/unanswered/{unanswered_id:uuid}/dismiss", guards=[requires("knowledge.write")], status_code=204)
    async def dismiss(self, unanswered_id: UUID, caller: Caller, database: Database, bot: Bot) -> None:
        """Not worth an answer."""
        async with database.scope(caller.workspace_id) as scope:
            await bot.dismiss(scope, unanswered_id)

    @post("/turns/{turn_id:uuid}/replay", guards=[requires("knowledge.read")], status_code=200)
    async def replay(self, turn_id: UUID, caller: Caller, bot: Bot) -> Trial:
        """What the bot would say today to an earlier question. Stores nothing."""
        return await bot.replay_turn(caller.workspace_id, turn_id)


class BotTurnController(Controller):
    """Why the bot said what it said in a conversation."""

    path = "/api/v1/conversations/{conversation_id:uuid}/turns"
    tags = ("bot",)

    @get(guards=[requires("conversations.read")])
    async def all(self, conversation_id: UUID, caller: Caller, database: Database, bot: Bot) -> Page[BotTurn]:
        """The bot's turns, oldest first."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(await bot.turns(scope, ConversationId(conversation_id)))


class BotFeedbackController(Controller):
    """The visitor's thumb."""

    path = "/visitor/v1/feedback"
    tags = ("visitors",)

    @post(guards=[visitor], status_code=204)
    async def rate(
        self, data: Feedback, request: Request[Any, Any, Any], contacts: Contacts, database: Database, bot: Bot
    ) -> None:
        """Whether a message of the bot helped. The last thumb counts."""
        holder = await contacts.bearer(request.headers.get("authorization", ""))
        await _thumbs.check(database, holder.contact_id.hex)
        async with database.scope(holder.workspace_id) as scope:
            await bot.feedback(scope, holder, data.message_id, helpful=data.helpful)


CONTROLLERS = (BotController, BotTurnController, BotFeedbackController)
