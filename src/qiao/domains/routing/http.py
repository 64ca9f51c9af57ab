"""Routes of the queue, and of taking and giving conversations."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post, put
from litestar.params import Parameter
from msgspec import Struct

from qiao.domains.conversations.api import Conversations
from qiao.domains.conversations.contracts import Author, AuthorKind, Conversation, MessageKind, NewMessage
from qiao.domains.inboxes.api import Inboxes
from qiao.domains.routing.api import Routing
from qiao.domains.routing.contracts import NewRule, Priority, QueueItem, RoutingRule, Triage
from qiao.domains.routing.rules import HEAD_START
from qiao.kit.errors import Invalid
from qiao.kit.ids import ConversationId, PersonId, TeamId, new_id
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.http.guards import in_person, requires
from qiao.platform.http.paging import Page

MAX_ASKED = 100


class Transfer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To a person or to a team's queue; both absent: back to the general queue. A note travels with it."""

    person_id: UUID | None = None
    team_id: UUID | None = None
    note: str | None = None


class QueueController(Controller):
    """Who waits."""

    path = "/api/v1/queue"
    tags = ("routing",)

    @get(guards=[requires("conversations.read")])
    async def all(self, caller: Caller, database: Database, routing: Routing) -> Page[QueueItem]:
        """Waiting conversations, longest waiting first."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(await routing.queue(scope))


class Prioritising(Struct, frozen=True, forbid_unknown_fields=True):
    """How urgent a person says it is."""

    priority: Priority


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    """All rules, in the order in which they are tried."""

    rules: list[NewRule]


class RulesController(Controller):
    """For which team a conversation is and how urgent, by what the customer wrote."""

    path = "/api/v1/routing/rules"
    tags = ("routing",)

    @get(guards=[requires("conversations.read")])
    async def all(self, caller: Caller, database: Database, routing: Routing) -> Page[RoutingRule]:
        """The rules in the order in which they are tried; the first that fits counts."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(await routing.triages.rules(scope))

    # Whoever looks after what the bot says decides whom it calls: supervisors and editors, not agents.
    @put(guards=[requires("knowledge.write")])
    async def replace(
        self, data: Rules, caller: Caller, database: Database, routing: Routing, inboxes: Inboxes
    ) -> Page[RoutingRule]:
        """These are the rules from now on."""
        async with database.scope(caller.workspace_id) as scope:
            return Page(await routing.triages.replace_rules(scope, data.rules, await inboxes.all(scope)))


class PriorityController(Controller):
    """How urgent the conversations of a list are."""

    path = "/api/v1/routing/priorities"
    tags = ("routing",)

    @get(guards=[requires("conversations.read")])
    async def all(
        self,
        caller: Caller,
        database: Database,
        routing: Routing,
        conversation: Annotated[list[UUID] | None, Parameter(max_items=MAX_ASKED)] = None,
    ) -> Page[Triage]:
        """What was guessed or chosen of these conversations, the most urgent first; those never looked at are left out."""
        async with database.scope(caller.workspace_id) as scope:
            found = await routing.triages.of(scope, conversation or [])
        return Page(sorted(found.values(), key=lambda one: HEAD_START[one.priority], reverse=True))


class RoutingController(Controller):
    """Taking and giving conversations."""

    path = "/api/v1/conversations/{conversation_id:uuid}"
    tags = ("routing",)

    @post("/claim", guards=[requires("conversations.write"), in_person], status_code=200)
    async def claim(self, conversation_id: UUID, caller: Caller, database: Database, routing: Routing) -> Conversation:
        """Take a conversation that nobody has, within one's limit."""
        async with database.scope(caller.workspace_id) as scope:
            return await routing.claim(scope, ConversationId(conversation_id), _agent(caller))

    @get("/priority", guards=[requires("conversations.read")])
    async def priority(self, conversation_id: UUID, caller: Caller, database: Database, routing: Routing) -> Triage:
        """How urgent a conversation is, and why."""
        async with database.scope(caller.workspace_id) as scope:
            return await routing.priority(scope, ConversationId(conversation_id))

    @put("/priority", guards=[requires("conversations.write")])
    async def prioritise(
        self, conversation_id: UUID, data: Prioritising, caller: Caller, database: Database, routing: Routing
    ) -> Triage:
        """Say how urgent a conversation is; no guess changes it after."""
        async with database.scope(caller.workspace_id) as scope:
            return await routing.triages.choose(scope, ConversationId(conversation_id), data.priority, caller.person_id)

    @post("/transfer", guards=[requires("conversations.write")], status_code=200)
    async def transfer(
        self,
        conversation_id: UUID,
        data: Transfer,
        caller: Caller,
        database: Database,
        conversations: Conversations,
        routing: Routing,
    ) -> Conversation:
        """Give a conversation to a person or to a team's queue."""
        if data.person_id is not None and data.team_id is not None:
            raise Invalid("choose a person or a team, not both", field="team_id")
        one = ConversationId(conversation_id)
        person = PersonId(data.person_id) if data.person_id else None
        team = TeamId(data.team_id) if data.team_id else None
        async with database.scope(caller.workspace_id) as scope:
            if data.note and data.note.strip():
                note = NewMessage(
                    conversation_id=one, author=_agent(caller), text=data.note, client_id=new_id().hex, kind=MessageKind.NOTE
                )
                await conversations.post_in(scope, note)
            return await routing.transfer(scope, one, _agent(caller), person, team)


def _agent(caller: Caller) -> Author:
    return Author(AuthorKind.AGENT, caller.person_id, caller.name)
