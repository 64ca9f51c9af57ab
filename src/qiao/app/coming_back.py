"""What has to happen in a database that was restored before it serves again: nothing that was done is done twice.

Since the backup was taken the desk went on: replies were sent, the bot answered. What stood just before that is not done again by itself.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from qiao.app.house import House
from qiao.domains.conversations.contracts import Author, AuthorKind
from qiao.domains.delivery import subscribers as delivery
from qiao.domains.delivery.restored import set_aside
from qiao.kit.ids import ConversationId, WorkspaceId
from qiao.platform.auth.resealing import count_broken
from qiao.platform.db.database import Database
from qiao.platform.jobs.jobs import Envelope
from qiao.platform.log.epochs import begin_new_epochs
from qiao.platform.log.runner import SubscriberRunner
from qiao.platform.settings import Settings

_UNANSWERED = """
select c.id from conversations c where c.workspace_id = $1 and c.status = 'bot'
  and (c.id = any($2) or exists (
    select from log_events e
    where e.workspace_id = $1 and e.subject = c.id and e.name = 'conversations.message_received.v1'
      and e.position > coalesce((select position from log_cursors where workspace_id = $1 and subscriber = 'bot.answer'), 0)))
"""
_TURNS = "delete from pgqueuer where entrypoint = 'bot.turn' returning payload"
_PASSED = """
insert into log_cursors (workspace_id, subscriber, position)
select workspace_id, 'bot.answer', position from log_heads where workspace_id = $1
on conflict (workspace_id, subscriber) do update set position = excluded.position
"""


class CameBack(Struct, frozen=True):
    """What was found and set aside."""

    workspaces: int
    positions: dict[str, int]
    """Of each log, as it was restored: by the workspace's id in hexadecimal digits."""
    messages: int
    set_aside: int
    """Replies that may have been sent."""
    handed_over: int
    """Conversations in which the bot was about to answer."""
    sealed: int
    """Secrets that do not open with the secret key that there is."""


async def come_back(settings: Settings, database: Database, dsn: str) -> CameBack:
    """Once, in a database that nothing else uses. Safe to repeat."""
    house = House(settings, database, dsn)
    aside = handed = 0
    try:
        async with database.across() as connection:
            rows = await connection.fetch("select workspace_id, position from log_heads order by workspace_id")
            messages = int(await connection.fetchval("select count(workspace_id) from messages") or 0)
            begun = _conversations(await connection.fetch(_TURNS))
        runner = SubscriberRunner(database, delivery.subscribers(house.delivery))
        for workspace_id in (WorkspaceId(row["workspace_id"]) for row in rows):
            handed += await _hand_over(house, workspace_id, begun.get(workspace_id, set()))
            # Every reply that was committed gets its row, so that none is taken for new later.
            await runner.drain(workspace_id)
            async with database.scope(workspace_id) as scope:
                aside += await set_aside(scope)
        async with database.across() as connection:
            await begin_new_epochs(connection)
    finally:
        await house.writer.stop()
        house.bot.close()
    positions = {row["workspace_id"].hex: row["position"] for row in rows}
    return CameBack(len(rows), positions, messages, aside, handed, await count_sealed(house))


def _conversations(jobs: Sequence[Any]) -> dict[WorkspaceId, set[UUID]]:
    """Whose turns the bot was to take."""
    found: dict[WorkspaceId, set[UUID]] = {}
    for envelope in (msgspec.json.decode(job["payload"], type=Envelope) for job in jobs):
        found.setdefault(envelope.workspace_id, set()).add(UUID(envelope.arguments["conversation_id"]))
    return found


async def _hand_over(house: House, workspace_id: WorkspaceId, begun: set[UUID]) -> int:
    """Where the bot was about to answer, it may have answered since: a person looks."""
    system = Author(AuthorKind.SYSTEM)
    async with house.database.scope(workspace_id) as scope:
        found = {row["id"] for row in await scope.connection.fetch(_UNANSWERED, workspace_id, list(begun))}
        for conversation_id in sorted(found):
            await house.conversations.hand_over(scope, ConversationId(conversation_id), system, reason="restored")
    async with house.database.across() as connection:
        await connection.execute(_PASSED, workspace_id)
    return len(found)


async def count_sealed(house: House) -> int:
    """How many sealed secrets do not open: none, when the secret key is the right one and the ring is whole."""
    await house.ring.refresh()
    return await count_broken(house.ring)
