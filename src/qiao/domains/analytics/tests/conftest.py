"""Analytics on the real database, fed with facts whose time and number the test chooses."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from qiao.domains.analytics.api import Analytics
from qiao.domains.analytics.subscribers import subscribers
from qiao.domains.contacts.api import Contacts
from qiao.domains.conversations.api import Conversations
from qiao.domains.conversations.writer import MessageWriter
from qiao.domains.people.api import People
from qiao.domains.workspaces.api import Workspaces
from qiao.domains.workspaces.contracts import Workspace
from qiao.kit.ids import new_id
from qiao.platform.db.database import Database
from qiao.platform.log.facts import Entry

Tell = Callable[..., Awaitable[None]]


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Conversations]:
    """Conversations as they are in service."""
    writer = MessageWriter(database)
    yield Conversations(database, Contacts(database), writer)
    await writer.stop()


@pytest.fixture
def analytics(database: Database, desk: Conversations) -> Analytics:
    """The door."""
    return Analytics(database, desk, People(database), Workspaces(database))


@pytest.fixture
async def inbox_id(database: Database, workspace: Workspace) -> UUID:
    """An inbox without opening hours."""
    inbox_id = new_id()
    async with database.scope(workspace.id) as scope:
        await scope.connection.execute(
            "insert into inboxes (workspace_id, id, key, channel, name) values ($1, $2, $3, 'test', 'Test')",
            workspace.id,
            inbox_id,
            inbox_id.hex,
        )
    return inbox_id


@pytest.fixture
def tell(analytics: Analytics, database: Database, workspace: Workspace) -> Tell:
    """Hand one fact to the subscriber: its name without domain and version, when, its number, its data."""
    (subscriber,) = subscribers(analytics)

    async def tell(name: str, at: datetime, position: int, **fields: Any) -> None:
        wire = f"conversations.{name}.v1"
        data = msgspec.json.encode(fields).decode()
        subject = fields.get("id") or uuid4()
        entry = Entry(workspace.id, position, wire, subject, None, at, data, None, 0)
        async with database.scope(workspace.id) as scope:
            await subscriber.handlers[wire](scope, entry)

    return tell


@pytest.fixture
def row(database: Database, workspace: Workspace) -> Callable[[UUID], Awaitable[dict[str, Any]]]:
    """A conversation's row of the projection."""

    async def row(conversation_id: UUID) -> dict[str, Any]:
        async with database.scope(workspace.id) as scope:
            found = await scope.connection.fetchrow(
                "select * from analytics_conversations where workspace_id = $1 and conversation_id = $2",
                workspace.id,
                conversation_id,
            )
            return dict(found)

    return row
