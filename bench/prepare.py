"""Fills a data folder for the benchmarks while no server runs on it: `python -m bench.prepare FOLDER VISITORS TALKING [COMPANIES]`.

A workspace with an owner and an agent, one inbox without the bot, VISITORS visitors of which the first TALKING have a conversation that
is open and the agent's. Writes `desk.json` into the folder: who may sign in with what. Sessions and tokens are made through the
same doors as in service, but not through HTTP, whose throttles are not what is measured here. COMPANIES more workspaces, each with an agent
and a few customers in conversation, are the neighbours of the first.
"""

import asyncio
import sys
from pathlib import Path

import msgspec
import uvloop
from msgspec import Struct
from msgspec.structs import replace

from qiao.channels.registry import load_channels
from qiao.domains.contacts.api import Contacts
from qiao.domains.contacts.contracts import ContactFields, Visitor
from qiao.domains.conversations.api import Conversations
from qiao.domains.conversations.contracts import Author, AuthorKind, NewConversation, Status
from qiao.domains.conversations.writer import MessageWriter
from qiao.domains.inboxes.api import Inboxes
from qiao.domains.inboxes.contracts import InboxChanges, NewInbox
from qiao.domains.people.api import People
from qiao.domains.people.contracts import NewPerson, Role, Visit
from qiao.domains.people.repository.sessions import Face
from qiao.domains.people.service.sessions import begin_session
from qiao.domains.workspaces.api import Workspaces
from qiao.domains.workspaces.contracts import WorkspaceChanges
from qiao.kit.ids import InboxId, WorkspaceId
from qiao.platform.db.database import Database
from qiao.platform.db.embedded import start_embedded
from qiao.platform.db.migrate import migrate

AT_ONCE = 8
FEW = 5
"""Customers of a neighbour."""


class Neighbour(Struct, frozen=True):
    """Another company of the installation: its agent's session and its customers' tokens."""

    agent_cookie: str
    visitors: list[str]


class Desk(Struct, frozen=True, kw_only=True):
    """What a load client needs to know of a prepared folder."""

    inbox_id: str
    inbox_key: str
    agent_cookie: str
    owner_cookie: str
    visitors: list[str]
    neighbours: list[Neighbour] = []


async def prepare(folder: Path, visitors: int, talking: int, companies: int = 0) -> Desk:
    """Make everything; refuses a folder that was prepared before."""
    server = await start_embedded(folder / "postgres")
    try:
        await migrate(server.dsn)
        database = await Database.connect(server.dsn)
        desk = await _fill(database, "bench", visitors, talking)
        others = [await _fill(database, f"neighbour-{number}", FEW, FEW) for number in range(companies)]
        await database.close()
    finally:
        await server.stop()
    return replace(desk, neighbours=[Neighbour(one.agent_cookie, one.visitors) for one in others])


async def _fill(database: Database, slug: str, visitors: int, talking: int) -> Desk:
    workspace_id = (await Workspaces(database).create(slug, {"zh": "测量", "en": "Bench"})).id
    inbox_id, key = await open_inbox(database, workspace_id)
    owner, _ = await hire(database, workspace_id, f"owner@{slug}.example", Role.OWNER)
    agent, author = await hire(database, workspace_id, f"agent@{slug}.example", Role.AGENT)
    tokens = await _visitors(database, workspace_id, inbox_id, visitors)
    await _talk(database, inbox_id, [visitor for _, visitor in tokens[:talking]], author)
    return Desk(
        inbox_id=str(inbox_id),
        inbox_key=key,
        agent_cookie=agent,
        owner_cookie=owner,
        visitors=[token for token, _ in tokens],
    )


async def open_inbox(database: Database, workspace_id: WorkspaceId) -> tuple[InboxId, str]:
    channels = {name: channel.manifest for name, channel in load_channels().items()}
    inboxes = Inboxes(database, channels)
    async with database.scope(workspace_id) as scope:
        inbox = await inboxes.create(scope, NewInbox(channel=next(iter(channels)), name="Bench"))
        await inboxes.change(scope, inbox.id, InboxChanges(bot_enabled=False))
        # An hour away before conversations are taken back, so that the agents of one part leave the next part alone.
        await Workspaces(database).change(scope, WorkspaceChanges(requeue_after_seconds=3_600))
    return inbox.id, inbox.key


async def hire(database: Database, workspace_id: WorkspaceId, email: str, role: Role) -> tuple[str, Author]:
    people = People(database)
    async with database.scope(workspace_id) as scope:
        person = await people.create_person(scope, NewPerson(email=email, name="李想", role=role, password="bench-only-2026"))
        face = Face(person.id, person.name, person.role, person.locale)
        signed_in = await begin_session(scope, face, Visit(ip="127.0.0.1", user_agent="bench"))
        await people.connected(scope, person.id)
    return signed_in.token, Author(AuthorKind.AGENT, person.id, person.name)


async def _visitors(database: Database, workspace_id: WorkspaceId, inbox_id: InboxId, count: int) -> list[tuple[str, Visitor]]:
    contacts = Contacts(database)
    async with database.scope(workspace_id) as scope:
        return [await contacts.begin_visit(scope, inbox_id, ContactFields(locale="zh")) for _ in range(count)]


async def _talk(database: Database, inbox_id: InboxId, visitors: list[Visitor], agent: Author) -> None:
    conversations = Conversations(database, Contacts(database), MessageWriter(database))
    turns = asyncio.Semaphore(AT_ONCE)

    async def begin(visitor: Visitor) -> None:
        async with turns:
            new = NewConversation(inbox_id=inbox_id, contact_id=visitor.contact_id, status=Status.WAITING)
            conversation = await conversations.find_or_open(visitor.workspace_id, new)
            async with database.scope(visitor.workspace_id) as scope:
                await conversations.transfer(scope, conversation.id, agent, to=agent)

    await asyncio.gather(*(begin(visitor) for visitor in visitors))


def main() -> int:
    """Prepare the folder named on the command line."""
    folder, counts = Path(sys.argv[1]), [int(one) for one in sys.argv[2:5]]

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        desk = runner.run(prepare(folder, *counts))
    (folder / "desk.json").write_bytes(msgspec.json.encode(desk))
    return 0


if __name__ == "__main__":
    sys.exit(main())
