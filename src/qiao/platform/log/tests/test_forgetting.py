"""The old part of the log goes when everybody has passed it; what stays has no gap, and readers go on as if nothing had been there."""

from datetime import timedelta

import pytest

from qiao.kit.clock import utc_now
from qiao.platform.log import forgetting
from qiao.platform.log.forgetting import forget
from qiao.platform.log.read import read_after
from qiao.platform.log.runner import SubscriberRunner
from qiao.platform.log.subscribers import Subscriber

pytestmark = pytest.mark.database

AGES = (40, 39, 38, 10, 35, 1, 0, 0)
"""Days, by position: one that is old came after one that is not."""


@pytest.fixture
def heard():
    return []


@pytest.fixture
def subscriber(happened, heard):
    async def note(_scope, entry):
        heard.append(entry.read(happened).what)

    def subscriber(name):
        return Subscriber(name, {happened.wire_name: note})

    return subscriber


@pytest.fixture
async def kept(database, workspace, tell, monkeypatch):
    """A log with a past; afterwards the positions that are there."""
    monkeypatch.setattr(forgetting, "NEWEST", 2)
    await tell(*(str(number) for number in range(1, len(AGES) + 1)))
    async with database.across() as connection:
        for position, days in enumerate(AGES, start=1):
            await connection.execute(
                "update log_events set at = $3 where workspace_id = $1 and position = $2",
                *(workspace.id, position, utc_now() - timedelta(days=days)),
            )

    async def kept():
        async with database.across() as connection:
            return [entry.position for entry in await read_after(connection, workspace.id, 0)]

    return kept


async def test_what_everybody_passed_and_is_old_goes_without_a_gap(database, workspace, subscriber, kept):
    runner = SubscriberRunner(database, [subscriber("one"), subscriber("two")])
    await runner.drain(workspace.id)
    assert await forget(database, ["one", "two"], 0) == 0
    assert await forget(database, ["one", "two"], 37) == 3
    assert await kept() == [4, 5, 6, 7, 8]
    assert await forget(database, ["one", "two"], 37) == 0
    # The fourth is younger than a month, so the older fifth stays behind it.
    assert await forget(database, ["one", "two"], 30) == 0
    assert await forget(database, ["one", "two"], 5) == 2
    assert await kept() == [6, 7, 8]


async def test_the_newest_stay_whatever_their_age(database, workspace, subscriber, kept):
    await SubscriberRunner(database, [subscriber("one")]).drain(workspace.id)
    await forget(database, ["one"], 0.000001)
    assert await kept() == [7, 8]


async def test_it_stays_for_one_that_has_not_begun_or_not_come_so_far(database, workspace, subscriber, kept):
    assert await forget(database, ["one"], 1e-6) == 0
    await SubscriberRunner(database, [subscriber("one")]).drain(workspace.id)
    assert await forget(database, ["one", "two"], 1e-6) == 0
    async with database.across() as connection:
        await connection.execute(
            "insert into log_cursors (workspace_id, subscriber, position) values ($1, 'two', 2)", workspace.id
        )
    await forget(database, ["one", "two"], 1e-6)
    assert await kept() == [3, 4, 5, 6, 7, 8]


async def test_what_waits_to_be_replayed_stays(database, workspace, subscriber, kept):
    await SubscriberRunner(database, [subscriber("one")]).drain(workspace.id)
    async with database.across() as connection:
        await connection.execute(
            "insert into log_parked (workspace_id, subscriber, position, reason) values ($1, 'one', 3, 'poison')", workspace.id
        )
    await forget(database, ["one"], 1e-6)
    assert await kept() == [3, 4, 5, 6, 7, 8]


async def test_a_reader_that_comes_later_begins_with_what_is_there(database, workspace, subscriber, kept, heard, tell):
    await SubscriberRunner(database, [subscriber("one")]).drain(workspace.id)
    await forget(database, ["one"], 5)
    heard.clear()
    runner = SubscriberRunner(database, [subscriber("later")])
    await runner.drain(workspace.id)
    await tell("new")
    await runner.drain(workspace.id)
    assert heard == ["6", "7", "8", "new"]
    assert await kept() == [6, 7, 8, 9]
