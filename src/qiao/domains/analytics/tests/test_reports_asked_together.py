"""Many who look at the same report at once share it; no other company's, no other inbox's and no older one is theirs."""

import asyncio
from uuid import UUID, uuid4

import pytest

from qiao.domains.analytics.api import Analytics
from qiao.domains.workspaces.api import Workspaces
from qiao.domains.workspaces.contracts import Workspace
from qiao.kit.ids import WorkspaceId, new_id
from qiao.platform.db.database import Database
from qiao.platform.db.reading import Reading

pytestmark = pytest.mark.database
ROW = """
insert into analytics_conversations (workspace_id, conversation_id, inbox_id, opened_at, status) values ($1, $2, $3, now(), 'open')
"""


@pytest.fixture
def opened(database: Database):
    async def opened(workspace_id: WorkspaceId, inbox_id: UUID, count: int) -> None:
        async with database.scope(workspace_id) as scope:
            for _ in range(count):
                await scope.connection.execute(ROW, workspace_id, new_id(), inbox_id)

    return opened


async def test_each_asker_gets_the_company_s_and_the_inbox_s_own_figures(
    analytics: Analytics, database: Database, workspace: Workspace, opened
) -> None:
    other = await Workspaces(database).create(f"other-{workspace.id.hex[-12:]}", {"en": "Other"})
    mine, theirs = uuid4(), uuid4()
    await opened(workspace.id, mine, 2)
    await opened(workspace.id, uuid4(), 3)
    await opened(other.id, theirs, 1)
    reading = Reading(database)

    async def conversations(workspace_id: WorkspaceId, inbox_id: UUID | None) -> int:
        return (await analytics.report(reading, workspace_id, days=7, inbox_id=inbox_id)).totals.conversations

    asked = [(workspace.id, None), (workspace.id, mine), (other.id, None), (other.id, theirs), (other.id, mine)] * 8
    assert await asyncio.gather(*(conversations(*one) for one in asked)) == [5, 2, 1, 1, 0] * 8


async def test_who_looks_after_a_change_sees_it_whoever_looks_besides(
    analytics: Analytics, database: Database, workspace: Workspace, opened
) -> None:
    reading, done = Reading(database), False

    async def conversations() -> int:
        return (await analytics.report(reading, workspace.id, days=7, inbox_id=None)).totals.conversations

    async def looks_again_and_again() -> None:
        while not done:
            await conversations()

    others = [asyncio.create_task(looks_again_and_again()) for _ in range(5)]
    try:
        for count in range(1, 15):
            await opened(workspace.id, uuid4(), 1)
            assert await conversations() == count
    finally:
        done = True
        await asyncio.gather(*others)
