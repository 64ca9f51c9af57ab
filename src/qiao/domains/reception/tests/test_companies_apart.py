"""Pulls and connections of one company go on, whatever another's turn meets."""

import asyncio
from uuid import uuid4

import pytest

from qiao.domains.inboxes.contracts import NewInbox
from qiao.domains.reception import api, listening
from qiao.domains.reception.listening import Listening
from qiao.kit.errors import TooMany
from qiao.platform.db.database import open_alone
from qiao.ports.testing.heron import SECRET

pytestmark = pytest.mark.database


async def inbox_of(house, workspace_id):
    async with house.database.scope(workspace_id) as scope:
        inbox = await house.inboxes.create(scope, NewInbox(channel="heron", name="苍鹭"))
        await house.accounts.set_secrets(scope, inbox.id, {"signing": SECRET})
    return inbox


@pytest.fixture
async def inboxes(desk):
    """(company, inbox) of two companies, in the order of the first's id."""
    found = {desk.workspace.id: desk.inbox}
    other = await desk.house.workspaces.create(f"w-{uuid4().hex[:12]}", {"zh": "别家"})
    found[other.id] = await inbox_of(desk.house, other.id)
    return sorted(found.items())


@pytest.fixture
def crowded(desk, monkeypatch):
    """Companies of whose scopes too much is asked."""
    usual, crowded = desk.database.scope, set()

    def scope(workspace_id):
        if workspace_id in crowded:
            raise TooMany("too much is asked at once")
        return usual(workspace_id)

    monkeypatch.setattr(desk.database, "scope", scope)
    return crowded


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("which", [0, 1])
async def test_inboxes_of_others_are_pulled(desk, inboxes, crowded, which):
    crowded.add(inboxes[which][0])
    await desk.reception.pulling.due({"heron": 60})
    async with desk.database.across() as connection:
        keys = [row["dedupe_key"] for row in await connection.fetch("select dedupe_key from pgqueuer where status = 'queued'")]
    other = inboxes[1 - which]
    assert [key for key in keys if str(inboxes[0][0]) in key or str(inboxes[1][0]) in key] == [
        f"{other[0]}:reception.pull:{other[1].id}"
    ]


async def test_whatever_a_look_at_the_inboxes_meets_there_is_another(desk, monkeypatch):
    looked, second = [], asyncio.Event()

    async def due(_seconds):
        looked.append(1)
        if len(looked) == 1:
            raise TooMany("too much is asked at once")
        second.set()

    monkeypatch.setattr(api, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr(desk.reception.pulling, "due", due)
    await desk.reception.start()
    async with asyncio.timeout(10):
        await second.wait()


async def test_connections_that_are_held_stay_while_nothing_is_known_of_an_account(
    desk, inboxes, crowded, postgres_dsn, monkeypatch
):
    monkeypatch.setattr(listening, "LOOK_SECONDS", 0.02)
    begun, ended = [], []

    async def script(account, _deliver):
        begun.append(account.inbox_id)
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(account.inbox_id)

    async def listen(account, _wire, deliver):
        await script(account, deliver)

    desk.heron.listen = listen
    listener = Listening(desk.reception._rooms, desk.house.receipts, lambda: open_alone(postgres_dsn))
    await listener.start({"heron": True})
    mine = {inbox.id for _, inbox in inboxes}
    try:
        await until(lambda: mine <= set(begun))
        crowded.add(inboxes[0][0])
        late = await inbox_of(desk.house, inboxes[1][0])
        await until(lambda: late.id in begun)
        assert ended == []
    finally:
        await listener.stop()


async def test_reports_on_nobody_s_replies_are_forgotten_after_a_day_however_many(desk, monkeypatch):
    from qiao.ports.channel import Reported

    monkeypatch.setattr(api, "FORGOTTEN_AT_ONCE", 2)
    await desk.told(*(Reported(provider_id=f"p{nth}", state="delivered") for nth in range(6)))
    old = "update channel_early_reports set created_at = now() - interval '25 hours' - random() * interval '1 hour'"
    await desk.rows(f"{old} where workspace_id = $1 and provider_id <> 'p5' returning 1")
    await desk.reception._forget_reports()
    assert await desk.rows("select provider_id from channel_early_reports where workspace_id = $1") == [{"provider_id": "p5"}]
