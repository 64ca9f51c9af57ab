"""A backup of a real PostgreSQL."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from obstore.store import MemoryStore

from qiao.platform.backup.archive import Archive
from qiao.platform.backup.depots import Folder
from qiao.platform.backup.recovering import choose
from qiao.platform.backup.source import Source
from qiao.platform.backup.taking import take
from qiao.platform.db.database import Database

pytestmark = [pytest.mark.database, pytest.mark.slow]


async def clock(database: Database) -> Any:
    async with database.across() as connection:
        return await connection.fetchval("select clock_timestamp()")


@pytest.mark.parametrize("wrong", [timedelta(hours=2), -timedelta(hours=2)])
async def test_when_it_was_is_told_by_the_clock_that_commits_are_told_by(database, postgres_dsn, tmp_path, wrong):
    archive = Archive(Folder(tmp_path / "kept"), None)
    source = Source(dsn=postgres_dsn, files=MemoryStore(), secret_key="", program="1")
    before = await clock(database)
    with time_machine.travel(datetime.now(UTC) + wrong, tick=True):
        made = await take(source, archive, lambda _said: None)
    after = await clock(database)
    assert before <= made.began_at <= made.ended_at <= after
    assert choose(archive, after) == made
