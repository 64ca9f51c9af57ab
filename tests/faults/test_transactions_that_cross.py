"""Transactions that cross: deadlocks are tried again whole, and no reader of the log steps over a commit that came late."""

import asyncio
import sys
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from qiao.domains.workspaces.contracts import Workspace
from qiao.platform.db.database import Database, DatabaseUnavailable
from qiao.platform.db.group_commit import ATTEMPTS, GroupCommit
from qiao.platform.log.append import append_facts
from qiao.platform.log.facts import Recorded
from qiao.platform.log.read import head, read_after

pytestmark = pytest.mark.database


def fact(name: str) -> Recorded:
    return Recorded(name="test.happened.v1", subject=uuid4(), data=f'{{"name":"{name}"}}', seq=None, caused_by=None, depth=0)


@pytest.mark.fault("F-B8")
async def test_no_reader_steps_over_a_commit_that_came_late(database: Database, workspace: Workspace) -> None:
    """Two transactions begin to tell in one order and could end in the other: who tells second waits, so that no number shows before it."""
    seen: list[int] = []
    done = asyncio.Event()

    async def reader() -> None:
        while True:
            ended = done.is_set()
            async with database.across() as connection:
                seen.extend(one.position for one in await read_after(connection, workspace.id, seen[-1] if seen else 0))
            if ended:
                return

    async def teller(number: int) -> None:
        async with database.scope(workspace.id) as scope:
            # The work before the telling ends in the other order than it began.
            await scope.connection.execute("select pg_sleep($1)", 0.03 - number * 0.002)
            await append_facts(scope.connection, workspace.id, [fact(str(number)), fact(str(number))])
            # The commit of some is late.
            await scope.connection.execute("select pg_sleep($1)", 0.01 * (number % 2))

    reading = asyncio.create_task(reader())
    await asyncio.gather(*(teller(number) for number in range(8)))
    done.set()
    await reading
    async with database.across() as connection:
        _epoch, last = await head(connection, workspace.id)
    assert last >= 16
    assert seen == list(range(1, last + 1))


@pytest.mark.fault("F-B8")
async def test_a_number_is_given_back_by_a_transaction_that_fails(database: Database, workspace: Workspace) -> None:
    async with database.across() as connection:
        _epoch, before = await head(connection, workspace.id)
    for number in range(3):
        with pytest.raises(ZeroDivisionError):
            async with database.scope(workspace.id) as scope:
                await append_facts(scope.connection, workspace.id, [fact("never")])
                raise ZeroDivisionError
        async with database.scope(workspace.id) as scope:
            await append_facts(scope.connection, workspace.id, [fact(str(number))])
    async with database.across() as connection:
        told = await read_after(connection, workspace.id, before)
    assert [one.position for one in told] == [before + 1, before + 2, before + 3]
    assert not [one for one in told if "never" in one.data]


@pytest.mark.fault("F-B6")
async def test_two_who_lock_each_other_out_both_come_through_once(database: Database, workspace: Workspace) -> None:
    """A real deadlock: each holds what the other wants. One is told so by PostgreSQL, and its whole batch is done again."""
    effects: list[str] = []
    attempts: list[str] = []
    keys = {"a": (71, 72), "b": (72, 71)}
    both_hold = asyncio.Barrier(2)

    async def store(workspace_id: object, items: list[str]) -> list[str]:
        name = items[0]
        first = name not in attempts
        attempts.append(name)
        async with database.scope(workspace.id) as scope:
            await scope.connection.execute("select pg_advisory_xact_lock(9, $1)", keys[name][0])
            if first:
                await both_hold.wait()
            await scope.connection.execute("select pg_advisory_xact_lock(9, $1)", keys[name][1])
            await append_facts(scope.connection, workspace.id, [fact(name)])
        effects.append(name)
        return items

    groups = [GroupCommit(store), GroupCommit(store)]
    stored = await asyncio.wait_for(
        asyncio.gather(*(group.put(workspace.id, name) for group, name in zip(groups, keys, strict=True))), 20
    )
    assert stored == ["a", "b"]
    assert sorted(effects) == ["a", "b"]
    assert len(attempts) == 3
    async with database.across() as connection:
        told = [one.data for one in await read_after(connection, workspace.id, 0) if one.name == "test.happened.v1"]
    assert len(told) == 2


@pytest.mark.fault("F-B6")
@pytest.mark.parametrize("error", [asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError])
async def test_what_never_comes_through_is_given_up_after_so_many_tries(workspace: Workspace, error: type[Exception]) -> None:
    tries: list[int] = []

    async def store(_workspace: object, items: list[int]) -> list[int]:
        tries.append(len(items))
        raise error("again")

    group: GroupCommit[int, int] = GroupCommit(store)
    with pytest.raises(Exception, match="busy") as refused:
        await group.put(workspace.id, 1)
    assert refused.value.details["retry_after"] == 1  # type: ignore[attr-defined]
    assert tries == [1] * ATTEMPTS


@pytest.mark.fault("F-B5")
async def test_a_database_that_is_away_fails_a_batch_at_once_and_not_one_by_one(workspace: Workspace) -> None:
    tries: list[int] = []

    async def store(_workspace: object, items: list[int]) -> list[int]:
        tries.append(len(items))
        raise DatabaseUnavailable("away", retry_after=1)

    group: GroupCommit[int, int] = GroupCommit(store, gather=0.01)
    results = await asyncio.gather(*(group.put(workspace.id, number) for number in range(50)), return_exceptions=True)
    assert {type(one) for one in results} == {DatabaseUnavailable}
    assert tries == [50]
