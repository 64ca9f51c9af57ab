"""Routes of flows: the console's editor, its trials, and the tools."""

from uuid import UUID

from litestar import Controller, delete, get, patch, post, put

from qiao.domains.bot.api import Bot
from qiao.domains.bot.flows.contracts import FlowDefinition
from qiao.domains.bot.flows.shown import (
    FlowBrief,
    FlowChanges,
    FlowCheck,
    FlowOpened,
    FlowTrial,
    FlowTry,
    FlowVersion,
    NewFlow,
)
from qiao.domains.bot.flows.tools.contracts import ToolRecord, ToolSpec
from qiao.domains.bot.flows.tools.http_tools import HttpHosts, HttpToolShown, SavedHttpTool
from qiao.domains.bot.flows.tools.trying import HttpToolTrial, HttpToolTry
from qiao.domains.conversations.api import Conversations
from qiao.domains.knowledge.api import Knowledge
from qiao.kit.ids import ConversationId
from qiao.platform.auth.caller import Caller
from qiao.platform.auth.shared_throttle import SharedThrottle
from qiao.platform.blobs.contracts import StoredFile
from qiao.platform.blobs.files import known_files
from qiao.platform.db.database import Database
from qiao.platform.http.guards import requires
from qiao.platform.http.paging import Page

MOST_PICTURES = 200
_trials = SharedThrottle("trials", rate=0.5, burst=20)
"""Of one person: each is a request to somebody else's server."""


class FlowController(Controller):
    """What the bot does step by step, as editors build it."""

    path = "/api/v1/bot/flows"
    tags = ("bot",)

    @get("/pictures", guards=[requires("knowledge.read")])
    async def pictures(self, caller: Caller, database: Database, bot: Bot, knowledge: Knowledge) -> Page[StoredFile]:
        """Pictures and videos that customers are shown already, in entries or by flows: to be shown once more. The newest first."""
        async with database.scope(caller.workspace_id) as scope:
            ids = {*await knowledge.pictures(scope), *await bot.flows.guides.pictures(scope)}
            files = (await known_files(scope, list(ids))).values()
        shown = [one for one in files if one.content_type.startswith(("image/", "video/"))]
        return Page(sorted(shown, key=lambda one: one.id, reverse=True)[:MOST_PICTURES])

    @get(guards=[requires("knowledge.read")])
    async def all(self, caller: Caller, database: Database, bot: Bot) -> Page[FlowBrief]:
        """Every flow, with how its runs of the last 30 days ended."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(await bot.flows.all(scope))

    @post(guards=[requires("knowledge.write")])
    async def create(self, data: NewFlow, caller: Caller, database: Database, bot: Bot) -> FlowOpened:
        """A new draft, from a definition or as a copy of a flow that came with the program. Customers do not meet it yet."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.flows.create(scope, data)

    @get("/{flow_id:uuid}", guards=[requires("knowledge.read")])
    async def open(self, flow_id: UUID, caller: Caller, database: Database, bot: Bot) -> FlowOpened:
        """A flow with its draft and every fault in it."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.flows.open(scope, flow_id)

    @patch("/{flow_id:uuid}", guards=[requires("knowledge.write")])
    async def change(self, flow_id: UUID, data: FlowChanges, caller: Caller, database: Database, bot: Bot) -> FlowOpened:
        """Save the draft (409 when somebody saved it meanwhile), or switch the flow on or off."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.flows.change(scope, flow_id, data)

    @delete("/{flow_id:uuid}", guards=[requires("knowledge.write")], status_code=204)
    async def remove(self, flow_id: UUID, caller: Caller, database: Database, bot: Bot) -> None:
        """Take a flow away with its versions. 409 while customers are in it."""
        async with database.scope(caller.workspace_id) as scope:
            await bot.flows.remove(scope, flow_id, caller.person_id)

    @post("/{flow_id:uuid}/validate", guards=[requires("knowledge.read")], status_code=200)
    async def validate(self, flow_id: UUID, caller: Caller, database: Database, bot: Bot) -> FlowCheck:
        """What is wrong with the draft, node by node."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.flows.check(scope, flow_id)

    @post("/{flow_id:uuid}/publish", guards=[requires("knowledge.write")], status_code=200)
    async def publish(self, flow_id: UUID, caller: Caller, database: Database, bot: Bot) -> FlowOpened:
        """The draft becomes what new customers meet; those who are in the flow finish the version they began with."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.flows.publish(scope, flow_id, caller.person_id)

    @get("/{flow_id:uuid}/versions", guards=[requires("knowledge.read")])
    async def versions(self, flow_id: UUID, caller: Caller, database: Database, bot: Bot) -> Page[FlowVersion]:
        """What was published, the newest first."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(await bot.flows.versions(scope, flow_id))

    @get("/{flow_id:uuid}/versions/{version:int}", guards=[requires("knowledge.read")])
    async def version(self, flow_id: UUID, version: int, caller: Caller, database: Database, bot: Bot) -> FlowDefinition:
        """One version as it was published."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.flows.version(scope, flow_id, version)

    @post("/{flow_id:uuid}/try", guards=[requires("knowledge.read")], status_code=200)
    async def try_step(self, flow_id: UUID, data: FlowTry, caller: Caller, database: Database, bot: Bot) -> FlowTrial:
        """One step of a trial: give back the state that the step before gave. Nothing is stored, no tool is called."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.flows.try_step(scope, flow_id, data)


class FlowToolController(Controller):
    """What flows can look up and do."""

    path = "/api/v1/bot/tools"
    tags = ("bot",)

    @get(guards=[requires("knowledge.read")])
    async def all(self, caller: Caller, database: Database, bot: Bot) -> Page[ToolSpec]:
        """Every tool that a flow may name, with its arguments and results."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(await bot.flows.specs(scope))

    @get("/http", guards=[requires("workspace.write")])
    async def http_tools(self, caller: Caller, database: Database, bot: Bot) -> Page[HttpToolShown]:
        """The tools that admins defined. Secret header values are never shown."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(await bot.flows.tools.http_tools(scope))

    @post("/http", guards=[requires("workspace.write")])
    async def create(self, data: SavedHttpTool, caller: Caller, database: Database, bot: Bot) -> HttpToolShown:
        """Define a tool. Its host must be on the list."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.flows.tools.save_http_tool(scope, None, data)

    @put("/http/{tool_id:uuid}", guards=[requires("workspace.write")])
    async def change(self, tool_id: UUID, data: SavedHttpTool, caller: Caller, database: Database, bot: Bot) -> HttpToolShown:
        """Put a tool as given; secrets that are not named stay."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.flows.tools.save_http_tool(scope, tool_id, data)

    @delete("/http/{tool_id:uuid}", guards=[requires("workspace.write")], status_code=204)
    async def remove(self, tool_id: UUID, caller: Caller, database: Database, bot: Bot) -> None:
        """Take a tool away. Flows that name it hand over to a person."""
        async with database.scope(caller.workspace_id) as scope:
            await bot.flows.tools.remove_http_tool(scope, tool_id)

    @post("/http/{tool_id:uuid}/test", guards=[requires("workspace.write")], status_code=200)
    async def test(self, tool_id: UUID, data: HttpToolTry, caller: Caller, database: Database, bot: Bot) -> HttpToolTrial:
        """Call a tool once with sample values and say how it went. One that writes does so; the log keeps who did it."""
        await _trials.check(database, caller.person_id.hex)
        return await bot.flows.trials.take(caller.workspace_id, tool_id, data, caller.person_id)

    @get("/hosts", guards=[requires("workspace.write")])
    async def hosts(self, caller: Caller, database: Database, bot: Bot) -> HttpHosts:
        """The hosts that HTTP tools may ask."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.flows.tools.hosts(scope)

    @put("/hosts", guards=[requires("workspace.write")])
    async def set_hosts(self, data: HttpHosts, caller: Caller, database: Database, bot: Bot) -> HttpHosts:
        """Exactly these hosts from now on; a tool of another host is asked no longer."""
        async with database.scope(caller.workspace_id) as scope:
            return await bot.flows.tools.set_hosts(scope, data.hosts)


class ToolCallController(Controller):
    """What tools were asked for a customer."""

    path = "/api/v1/conversations/{conversation_id:uuid}/tool-calls"
    tags = ("bot",)

    @get(guards=[requires("conversations.read")])
    async def all(
        self, conversation_id: UUID, caller: Caller, database: Database, bot: Bot, conversations: Conversations
    ) -> Page[ToolRecord]:
        """Every call of the bot's flows in a conversation, the oldest first: with what, and how it ended."""
        async with database.scope(caller.workspace_id) as scope:
            await conversations.get(scope, ConversationId(conversation_id))
            return Page(await bot.flows.calls(scope, conversation_id))
