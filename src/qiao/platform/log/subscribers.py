"""Subscribers: named readers of the log, each with a cursor in every workspace. `runner.py` runs them, `passes.py` is what they do.

A fact that cannot be handled is parked with its reason and blocks nobody; `replay_parked` gives it to the subscriber again.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

import structlog
from msgspec import Struct

from qiao.kit.ids import WorkspaceId
from qiao.platform.db.database import LOST, TRANSIENT, Connection, Database, Scope
from qiao.platform.log.facts import Entry
from qiao.platform.log.read import read_named

Handler = Callable[[Scope, Entry], Awaitable[None]]
Together = Callable[[Scope, Sequence[Entry]], Awaitable[Sequence[Entry]]]

SOON, SHORTLY, LATER = 0.02, 0.1, 0.25
"""Paces: what somebody waits for, what leaves the house, and what is looked at afterwards."""
MAX_DEPTH = 8
"""How many facts may cause one another before the chain is cut (two bots answering each other, a rule that triggers itself)."""

_PARKED = "select position from log_parked where workspace_id = $1 and subscriber = $2 and replayed_at is null order by position"
_ASIDE = """
select subscriber as name, count(workspace_id) as count, min(parked_at) as since, split_part(max(reason), ':', 1) as reason
from log_parked where replayed_at is null group by 1 order by 1
"""
_OPEN = "workspace_id = $1 and subscriber = $2 and position = $3 and replayed_at is null"
_log = structlog.get_logger("qiao.log")


class Subscriber(Struct, frozen=True):
    """Who listens, to which facts, and what is called for each.

    `pace` is the least time in seconds between two batches: an idle log is answered at once, a busy one in larger batches. Those of one
    pace share a transaction for as long as none of them fails.
    """

    name: str
    handlers: Mapping[str, Handler]
    pace: float = SOON
    together: Together | None = None
    """Handles what of a batch can be handled at once; gives back what is left to be handled one by one."""

    async def handle(self, scope: Scope, entry: Entry) -> None:
        """Do what there is to do about one fact, unless too many facts have caused one another."""
        if entry.depth > MAX_DEPTH:
            _log.error("chain of facts cut", fact=entry.name, caused_by=entry.caused_by, depth=entry.depth)
            return
        await self.handlers[entry.name](scope, entry)


async def park(scope: Scope, subscriber: str, entry: Entry, error: Exception) -> None:
    """Put a fact that `subscriber` cannot handle aside, with the reason. Safe to repeat: it is parked once."""
    _log.error("fact parked", subscriber=subscriber, fact=entry.name, position=entry.position, exc_info=error)
    await scope.connection.execute(
        "insert into log_parked (workspace_id, subscriber, position, reason) values ($1, $2, $3, $4) on conflict do nothing",
        scope.workspace_id,
        subscriber,
        entry.position,
        _reason(error),
    )


class Aside(Struct, frozen=True):
    """Facts that a subscriber could not handle: how many, since when, and the kind of error, without its words."""

    name: str
    count: int
    since: datetime
    reason: str


async def parked_facts(connection: Connection) -> list[Aside]:
    """What is put aside in all workspaces, by subscriber."""
    return [Aside(**dict(row)) for row in await connection.fetch(_ASIDE)]


async def replay_parked(database: Database, workspace_id: WorkspaceId, subscriber: Subscriber) -> int:
    """Handle again what was parked for `subscriber`, each fact in a transaction of its own; returns how many were handled.

    One that still cannot be handled stays where it is with its new reason. Safe to repeat and to race. Raises LOST and TRANSIENT.
    """
    async with database.across() as connection:
        rows = await connection.fetch(_PARKED, workspace_id, subscriber.name)
    handled = 0
    for row in rows:
        try:
            async with database.scope(workspace_id) as scope:
                handled += await _replay(scope, subscriber, row["position"])
        except (*LOST, *TRANSIENT):
            raise
        except Exception as error:  # noqa: BLE001 - it is told with the fact
            _log.warning("parked fact still not handled", subscriber=subscriber.name, position=row["position"], exc_info=error)
            async with database.scope(workspace_id) as scope:
                place = (workspace_id, subscriber.name, row["position"])
                await scope.connection.execute(f"update log_parked set reason = $4 where {_OPEN}", *place, _reason(error))
    return handled


async def _replay(scope: Scope, subscriber: Subscriber, position: int) -> bool:
    """Whether there was something to do: somebody else may do it."""
    place = (scope.workspace_id, subscriber.name, position)
    if not await scope.connection.fetchval(f"select true from log_parked where {_OPEN} for update skip locked", *place):
        return False
    for entry in await read_named(scope.connection, scope.workspace_id, (position - 1, position), subscriber.handlers, 1):
        await subscriber.handle(scope, entry)
    await scope.connection.execute(f"update log_parked set replayed_at = now() where {_OPEN}", *place)
    return True


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:2000].replace("\x00", "")


def names_of(subscribers: list[Subscriber]) -> Mapping[str, list[str]]:
    """Fact name -> subscribers in order: the wiring, for the page that is generated from it."""
    table: dict[str, list[str]] = {}
    for subscriber in subscribers:
        for name in subscriber.handlers:
            table.setdefault(name, []).append(subscriber.name)
    return table
