"""A pass: what subscribers do in one transaction about the facts that a workspace's log has gained.

A batch of facts, the effects of handling them and the move of the cursors commit together. Several processes may run the same
subscribers: the lock of a cursor's row lets one at a time work on a workspace.
"""

import asyncio
from collections.abc import Sequence

from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import LOST, TRANSIENT, Database, Scope
from qiao.platform.log.facts import Entry
from qiao.platform.log.read import read_named
from qiao.platform.log.recent import Recent
from qiao.platform.log.subscribers import Subscriber, park

BATCH = 500
TOGETHER_SECONDS, ALONE_SECONDS = 20.0, 60.0
"""Over the first, those who share a pass go on each by itself; over the second, one that hangs is cut and tried again later."""

_TAKE = """
select c.subscriber, c.position, h.position as head from log_cursors c join log_heads h using (workspace_id)
where c.workspace_id = $1 and c.subscriber = any($2) order by c.subscriber for update of c skip locked
"""
_BEGIN = """
insert into log_cursors (workspace_id, subscriber, position)
select $1, name, coalesce((select min(position) - 1 from log_events where workspace_id = $1), 0)
from unnest($2::text[]) name order by name
on conflict do nothing
"""
_MOVE = """
update log_cursors c set position = reached.position from unnest($2::text[], $3::bigint[]) reached (subscriber, position)
where c.workspace_id = $1 and c.subscriber = reached.subscriber
"""
_MOVE_WITHOUT_WAITING = f"{_MOVE} returning set_config('synchronous_commit', 'off', true)"


class Passes:
    """Passes over a workspace's log. Each is safe to repeat and to cut: it commits whole or not at all."""

    def __init__(self, database: Database, recent: Recent) -> None:
        self._database = database
        self._recent = recent

    async def of(self, workspace_id: WorkspaceId, group: Sequence[Subscriber]) -> int:
        """Handle a batch for each of the group; the size of the largest. BATCH or more: there may be more to do at once.

        One that cannot handle its batch is left to itself, fact by fact; what it cannot handle is parked. Raises LOST.
        """
        try:
            async with asyncio.timeout(TOGETHER_SECONDS if len(group) > 1 else ALONE_SECONDS):
                return await self._batch(workspace_id, group, BATCH, [])
        except TRANSIENT:
            return BATCH
        except TimeoutError:
            pass
        except LOST:
            raise
        except Exception:  # noqa: BLE001, S110 - whose fault it is is found out below
            pass
        if len(group) == 1:
            return await self._one(workspace_id, group[0])
        return max(await asyncio.gather(*(self.of(workspace_id, [one]) for one in group)))

    async def _batch(self, workspace_id: WorkspaceId, group: Sequence[Subscriber], limit: int, begun: list[int]) -> int:
        """Handle up to `limit` facts for each in one transaction; their positions go into `begun` as their handling begins."""
        reached: dict[str, int] = {}
        most = 0
        async with self._database.scope(workspace_id) as scope:
            taken = await _take(scope, [one.name for one in group])
            for subscriber in group:
                span = taken.get(subscriber.name)
                if span is None or span[0] >= span[1]:
                    continue
                entries = await self._recent.named(scope.connection, workspace_id, span, subscriber.handlers, limit)
                await _handle(scope, subscriber, entries, begun)
                # A full batch may hide further facts of these names; a short one has seen all up to the head.
                reached[subscriber.name] = entries[-1].position if len(entries) == limit else span[1]
                most = max(most, len(entries))
            if reached:
                await _move(scope, reached)
        return most

    async def _one(self, workspace_id: WorkspaceId, subscriber: Subscriber) -> int:
        """Handle one fact alone, or park it."""
        begun: list[int] = []
        try:
            async with asyncio.timeout(ALONE_SECONDS):
                return BATCH if await self._batch(workspace_id, [subscriber], 1, begun) else 0
        except TRANSIENT:
            return BATCH
        except LOST:
            raise
        except Exception as error:
            if not begun:
                raise
            await self._park(workspace_id, subscriber, begun[0], error)
            return BATCH

    async def _park(self, workspace_id: WorkspaceId, subscriber: Subscriber, position: int, error: Exception) -> None:
        """Put the fact at `position` aside, unless another process has moved on meanwhile: what follows it is innocent."""
        async with self._database.scope(workspace_id) as scope:
            span = (await _take(scope, [subscriber.name])).get(subscriber.name)
            if span is None:
                return
            entries = await read_named(scope.connection, workspace_id, span, subscriber.handlers, 1)
            for entry in (one for one in entries if one.position == position):
                await park(scope, subscriber.name, entry, error)
                await _move(scope, {subscriber.name: entry.position})


async def _handle(scope: Scope, subscriber: Subscriber, entries: Sequence[Entry], begun: list[int]) -> None:
    left: Sequence[Entry] = entries
    if subscriber.together is not None and entries:
        begun.append(entries[0].position)
        left = await subscriber.together(scope, entries)
    for entry in left:
        begun.append(entry.position)
        await subscriber.handle(scope, entry)


async def _take(scope: Scope, names: list[str]) -> dict[str, tuple[int, int]]:
    """Cursor and head of those whom nobody else is at work for."""
    rows = await scope.connection.fetch(_TAKE, scope.workspace_id, names)
    missing = sorted(set(names) - {row["subscriber"] for row in rows})
    if missing and await scope.connection.execute(_BEGIN, scope.workspace_id, missing) != "INSERT 0 0":
        rows += await scope.connection.fetch(_TAKE, scope.workspace_id, missing)
    return {row["subscriber"]: (row["position"], row["head"]) for row in rows}


async def _move(scope: Scope, reached: dict[str, int]) -> None:
    """Move the cursors. A batch that told no fact does not wait for the disk: lost in a crash, it is handled again, effects and all.

    One that told facts waits: nobody may have heard of a position that a crash takes back.
    """
    await scope.connection.execute(
        _MOVE if scope.facts else _MOVE_WITHOUT_WAITING, scope.workspace_id, list(reached), list(reached.values())
    )
