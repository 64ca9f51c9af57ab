"""What faults are done to: one desk with its embedded PostgreSQL, or two nodes on one PostgreSQL and one NATS server.

`async with embedded_desk() as target` and `async with two_nodes() as target` give the same object, with two companies in it, each with
people, an inbox and a canary of its own.
"""

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from faults.harness.engines import Nats, Postgres, PostgresOfDesk
from faults.harness.guard import make_folder
from faults.harness.history import History
from faults.harness.nodes import Node
from msgspec import Struct
from support.desk import PASSWORD, Agent, Visitor

from qiao.app.house import House
from qiao.app.server import open_database
from qiao.app.wiring import all_subscribers
from qiao.domains.inboxes.contracts import InboxChanges, NewInbox
from qiao.domains.people.contracts import NewPerson, Role
from qiao.platform.settings import Settings, read_settings

ROLES = {"owner": Role.OWNER, "agent": Role.AGENT, "second": Role.AGENT}


class Company(Struct, frozen=True, kw_only=True):
    """A workspace to write to. Its canary stands in everything that is written there and must be seen nowhere else."""

    slug: str
    id: str
    inbox_id: str
    inbox_key: str
    canary: str

    def email(self, who: str) -> str:
        """The address of one of its people: owner, agent, second."""
        return f"{who}@{self.slug}.example"


class Target:
    """Nodes with what they stand on. The same object for one desk and for many nodes."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.folder = folder
        self.nodes: list[Node] = []
        self.companies: list[Company] = []
        self.subscribers: list[str] = []
        # Everything that any load has asked of it: what one load wrote is no phantom to the next.
        self.history: History | None = None
        self.database: Postgres | PostgresOfDesk
        self.bus: Nats | None = None
        self._owners: dict[tuple[int, int], Agent] = {}

    @property
    def dsn(self) -> str:
        """The database, past whatever stands between it and the nodes."""
        return self.database.dsn

    async def visitor(self, node: int = 0, company: int = 0, **options: Any) -> Visitor:
        """A new customer of a company at a node, with an open socket."""
        at = self.nodes[node]
        async with httpx.AsyncClient(base_url=at.url, timeout=15) as client:
            begun = {"inbox_key": self.companies[company].inbox_key, "locale": "zh-CN"}
            answer = await client.post("/visitor/v1/sessions", json=begun)
            answer.raise_for_status()
        visitor = Visitor(at, answer.json()["token"], **options)
        await visitor.connect()
        return visitor

    async def agent(self, who: str = "agent", node: int = 0, company: int = 0) -> Agent:
        """Somebody of a company at a node: owner, agent or second; signed in, with an open socket."""
        agent = Agent(self.nodes[node], self.companies[company].email(who))
        await agent.sign_in()
        return agent

    async def owner(self, node: int, company: int) -> Agent:
        """A company's owner at a node, signed in once: who signs in again and again is told to wait."""
        if (node, company) not in self._owners:
            self._owners[node, company] = await self.agent("owner", node, company)
        return self._owners[node, company]

    async def sql(self, query: str, *values: Any) -> list[asyncpg.Record]:
        """Ask the database itself."""
        connection = await asyncpg.connect(self.dsn, timeout=10)
        try:
            return await connection.fetch(query, *values)
        finally:
            await connection.close()

    async def launch(self) -> None:
        """Start again whatever does not run, without waiting for nodes to be ready: what they stand on may die before they are."""
        if isinstance(self.database, Postgres) and not self.database.running:
            await self.database.start()
        if self.bus and not self.bus.running:
            await self.bus.start()
        for node in self.nodes:
            if not node.running:
                node.launch()

    async def heal(self) -> None:
        """Start again whatever does not run, and wait until every node is ready."""
        await self.launch()
        await asyncio.gather(*(node.ready() for node in self.nodes))

    async def close(self) -> None:
        """Stop everything and remove its folder."""
        await asyncio.gather(*(node.close() for node in self.nodes))
        if self.bus:
            await self.bus.stop()
        if isinstance(self.database, Postgres):
            await self.database.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


async def settle_in(target: Target, settings: Settings) -> None:
    """Two companies in the database of the settings, made while no node runs."""
    made: list[Company] = target.companies
    async with open_database(settings) as (database, dsn):
        house = House(settings, database, dsn)
        target.subscribers = [one.name for one in all_subscribers(house)]
        for slug in ("test", "away"):
            workspace = await house.workspaces.create(slug, {"zh": slug, "en": slug})
            canary = f"canary{secrets.token_hex(6)}"
            async with database.scope(workspace.id) as scope:
                for who, role in ROLES.items():
                    new = NewPerson(email=f"{who}@{slug}.example", name=f"{who} {canary}", role=role, password=PASSWORD)
                    await house.people.create_person(scope, new)
                inbox = await house.inboxes.create(scope, NewInbox(channel=house.inboxes.channels()[0].name, name=canary))
                await house.inboxes.change(scope, inbox.id, InboxChanges(bot_enabled=False))
            made.append(Company(slug=slug, id=str(workspace.id), inbox_id=str(inbox.id), inbox_key=inbox.key, canary=canary))


@asynccontextmanager
async def embedded_desk(folder: Path | None = None, *, start: bool = True, **environment: str) -> AsyncIterator[Target]:
    """`qiao serve` as most have it: one process, its worker, its embedded PostgreSQL. With `folder` the data lies there."""
    target = Target("desk", make_folder("fault"))
    data = folder or target.folder / "data"
    target.database = PostgresOfDesk(data)
    target.nodes.append(Node("desk", target.folder, {"QIAO_DATA_DIR": str(data), **environment}))
    try:
        await settle_in(target, read_settings({}, data_dir=str(data)))
        if start:
            await target.nodes[0].start()
        yield target
    finally:
        await target.close()


@asynccontextmanager
async def two_nodes(*, start: bool = True, count: int = 2, **environment: str) -> AsyncIterator[Target]:
    """Several nodes on one PostgreSQL and one NATS server. `environment` is for every node, e.g. QIAO_DATABASE_URL through a proxy;
    with `start=False` each node's own may be changed before `heal()`.
    """
    target = Target("nodes", make_folder("fault"))
    target.database = database = Postgres(target.folder)
    target.bus = Nats(target.folder)
    try:
        await asyncio.gather(database.start(), target.bus.start())
        shared = {
            "QIAO_DATA_DIR": str(target.folder / "data"),
            "QIAO_DATABASE_URL": database.dsn,
            "QIAO_SECRET_KEY": secrets.token_urlsafe(32),
            **({"QIAO_BUS_URL": target.bus.url} if "bus_url" in Settings.__struct_fields__ else {}),
        }
        await settle_in(target, read_settings({name: value for name, value in shared.items() if name != "QIAO_BUS_URL"}))
        target.nodes += [Node(f"node-{number}", target.folder, {**shared, **environment}) for number in range(1, count + 1)]
        if start:
            await target.heal()
        yield target
    finally:
        await target.close()
