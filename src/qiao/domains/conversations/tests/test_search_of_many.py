"""The search when there is more than it reads: old and rare words by the index, frequent ones from the newest, of one company alone."""

from datetime import timedelta

import pytest

from qiao.domains.conversations import reading
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.clock import utc_now
from qiao.kit.ids import new_id

pytestmark = pytest.mark.database

TEXTS = ("柴窑 茶壶 一", "鹧鸪斑 茶壶 二", "call me at 138 1234 5678, kettle", "茶壶 三 LT-2041", "茶壶 kettle 四", "谢谢")


@pytest.fixture
async def found(database, workspace, monkeypatch):
    """Numbers of the messages that are found, newest first; another company has said the same."""
    other = await Workspaces(database).create(f"other-{workspace.id.hex[-12:]}", {"en": "Other"})
    for one in (other, workspace):
        await _said(database, one)

    async def found(query, *, walked, limit=10, further=0):
        monkeypatch.setattr(reading, "WALKED", walked)
        monkeypatch.setattr(reading, "FURTHER", further)
        monkeypatch.setattr(reading, "SOME", 1)
        async with database.scope(workspace.id) as scope:
            rows = await reading.search(scope, query, limit)
        assert {row["workspace_id"] for row in rows} <= {workspace.id}
        return [row["seq"] for row in rows]

    return found


async def _said(database, workspace):
    talk, begin = new_id(), utc_now()
    async with database.scope(workspace.id) as scope:
        for seq, text in enumerate(TEXTS, start=1):
            await scope.connection.execute(
                "insert into messages (workspace_id, conversation_id, seq, id, author_kind, kind, text, client_id)"
                " values ($1, $2, $3, $4, 'contact', 'text', $5, $6)",
                *(workspace.id, talk, seq, new_id(), text, f"c::{seq}"),
            )
        entries = [(talk, seq, text, begin + timedelta(seconds=seq)) for seq, text in enumerate(TEXTS, start=1)]
        await reading.index(scope, entries)


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("柴", [1]),
        ("壶", [5, 4, 2, 1]),
        ("茶壶", [5, 4, 2, 1]),
        ("鹧鸪", [2]),
        ("kettle", [5, 3]),
        ("13812345678", [3]),
        ("LT-2041", [4]),
        ("茶壶 kettle", [5]),
        ("没有", []),
    ],
)
async def test_old_and_new_are_found_wherever_the_reading_ends(found, query, numbers):
    for walked in (0, 1, 3, 100):
        for further in (0, 4, 100):
            assert await found(query, walked=walked, further=further) == numbers


async def test_the_newest_come_first_and_are_enough(found):
    assert await found("茶壶", walked=3, limit=2) == [5, 4]
    assert await found("茶壶", walked=2, limit=2) == [5, 4]
    assert await found("茶壶", walked=0, limit=1) == [5]
    assert await found("茶壶", walked=2, limit=3, further=5) == [5, 4, 2]
