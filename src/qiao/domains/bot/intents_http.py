"""Routes of intents: what customers want, by examples, and the model that tells it."""

from uuid import UUID

from litestar import Controller, delete, get, patch, post

from qiao.domains.bot.api import Bot
from qiao.domains.bot.classifying.contracts import Intent, IntentChanges, IntentModelStatus, IntentTrial, IntentTry, NewIntent
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.http.guards import requires
from qiao.platform.http.paging import Page


class IntentController(Controller):
    """Intents as the people see them who look after the bot's knowledge."""

    path = "/api/v1/bot/intents"
    tags = ("bot",)

    @get(guards=[requires("knowledge.read")])
    async def all(self, caller: Caller, database: Database, bot: Bot) -> Page[Intent]:
        """Every intent, by key."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(await bot.intents.all(scope))

    @post(guards=[requires("knowledge.write")])
    async def create(self, data: NewIntent, caller: Caller, database: Database, bot: Bot) -> Intent:
        """Make an intent; it is learned within seconds and found by its examples at once."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.intents.create(scope, data)

    @patch("/{intent_id:uuid}", guards=[requires("knowledge.write")])
    async def change(self, intent_id: UUID, data: IntentChanges, caller: Caller, database: Database, bot: Bot) -> Intent:
        """Change an intent."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.intents.change(scope, intent_id, data)

    @delete("/{intent_id:uuid}", guards=[requires("knowledge.write")])
    async def delete(self, intent_id: UUID, caller: Caller, database: Database, bot: Bot) -> None:
        """Forget an intent."""
        async with database.scope(caller.workspace_id) as scope:
            await bot.intents.delete(scope, intent_id)

    @post("/try", guards=[requires("knowledge.read")], status_code=200)
    async def try_text(self, data: IntentTry, caller: Caller, bot: Bot) -> IntentTrial:
        """What a message would be taken for. Stores nothing."""
        return await bot.intents.try_text(caller.workspace_id, data.text)

    @get("/model", guards=[requires("knowledge.read")])
    async def model(self, caller: Caller, database: Database, bot: Bot) -> IntentModelStatus:
        """Which model answers, and what the last training came to beside it."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.intents.status(scope)

    @post("/model/accept", guards=[requires("knowledge.write")], status_code=202)
    async def accept(self, caller: Caller, database: Database, bot: Bot) -> None:
        """Train on the examples as they are and use the result, although a comparison refused it."""
        async with database.scope(caller.workspace_id) as scope:
            await bot.intents.learn_anyway(scope)


CONTROLLERS = (IntentController,)
