"""A company whose customers write through a channel made for tests."""

import asyncio

import pytest

from qiao.app.wiring import all_subscribers
from qiao.channels.registry import load_channels
from qiao.domains.inboxes.contracts import NewInbox
from qiao.platform.log.read import read_after
from qiao.platform.log.runner import SubscriberRunner
from qiao.ports.testing.heron import SECRET, Heron, body_of, signed


class Desk:
    """What a test does and looks at."""

    def __init__(self, house, workspace, heron, inbox) -> None:
        self.house, self.workspace, self.heron, self.inbox = house, workspace, heron, inbox
        self.database, self.reception = house.database, house.reception

    async def told(self, *items, inbox=None) -> None:
        """The provider says so, without a delivery."""
        await self.reception.receive(self.workspace.id, (inbox or self.inbox).id, items)

    async def deliver(self, provider, *items, body=None):
        content = body_of(*items) if body is None else body
        return await provider.post(f"/in/{self.inbox.key}", content=content, headers=signed(content))

    async def read(self) -> None:
        await self.reception.drain(self.workspace.id)

    async def rows(self, query, *values):
        async with self.database.across() as connection:
            return [dict(row) for row in await connection.fetch(query, self.workspace.id, *values)]

    async def talks(self):
        """Conversations, oldest first."""
        return await self.rows("select * from conversations where workspace_id = $1 order by number")

    async def messages(self, talk=None):
        """Messages of a conversation, or of the only one."""
        found = talk or (await self.talks())[0]
        async with self.database.scope(self.workspace.id) as scope:
            return (await self.house.conversations.messages(scope, found["id"], limit=100)).items

    async def contacts(self):
        return await self.rows(
            "select * from contacts where workspace_id = $1 and merged_into is null order by created_at, name, id"
        )

    async def facts(self, name):
        async with self.database.across() as connection:
            entries = await read_after(connection, self.workspace.id, 0, 10_000)
        return [one for one in entries if one.name == name]

    async def parked(self):
        return await self.rows("select * from receipts where workspace_id = $1 and state = 'parked' order by id")

    async def subscribers(self) -> None:
        await SubscriberRunner(self.database, all_subscribers(self.house)).drain(self.workspace.id)

    async def jobs(self) -> None:
        """Every job, those put off included."""
        async with self.database.across() as connection:
            await connection.execute("update pgqueuer set execute_after = now() where status = 'queued'")
        await self.house.jobs.drain()

    async def route(self, talk=None):
        found = talk or (await self.talks())[0]
        async with self.database.scope(self.workspace.id) as scope:
            return await self.reception.route(scope, found["id"])

    async def state(self):
        async with self.database.scope(self.workspace.id) as scope:
            return (await self.house.accounts.states(scope, self.inbox.id))[0]

    async def another(self, name="第二个"):
        async with self.database.scope(self.workspace.id) as scope:
            inbox = await self.house.inboxes.create(scope, NewInbox(channel="heron", name=name))
            await self.house.accounts.set_secrets(scope, inbox.id, {"signing": SECRET})
        return inbox


@pytest.fixture(autouse=True)
def heron(monkeypatch):
    heron = Heron()
    monkeypatch.setattr("qiao.app.house.load_channels", lambda: {**load_channels(), "heron": heron})
    return heron


@pytest.fixture
async def desk(heron, house, workspace):
    async with house.database.across() as connection:
        await connection.execute("delete from pgqueuer")
    async with house.database.scope(workspace.id) as scope:
        inbox = await house.inboxes.create(scope, NewInbox(channel="heron", name="苍鹭"))
        await house.accounts.set_secrets(scope, inbox.id, {"signing": SECRET})
    yield Desk(house, workspace, heron, inbox)
    await house.reception.stop()
    await asyncio.sleep(0)


@pytest.fixture
async def provider(door):
    return await door()
