"""What is there before anybody set anything up, and what is written about getting in: nobody, and the bounds as they are."""

import re
from pathlib import Path

import msgspec
import pytest

from qiao.domains.people.service.limits import Limits
from qiao.platform.auth.shared_throttle import Bound
from qiao.platform.db.database import Database

PAGE = Path(__file__).resolve().parents[2] / "docs" / "subsystems" / "people.md"


@pytest.mark.database
async def test_a_fresh_database_knows_nobody(database: Database) -> None:
    async with database.across() as connection:
        for table in ("workspaces", "people", "sessions", "invites", "api_keys", "inboxes"):
            assert await connection.fetchval(f"select count(*) from {table}") == 0, table


def test_the_bounds_of_guessing_are_written_as_they_are() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .*? \| (\d+) \| ([\d.]+) s \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    written = {name: (int(burst), float(pause)) for name, burst, pause in rows}
    limits = {name: one for name, one in msgspec.structs.asdict(Limits()).items() if isinstance(one, Bound)}
    assert written == {name: (one.burst, round(1 / one.rate, 3)) for name, one in limits.items()}
