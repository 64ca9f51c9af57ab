"""Lets time go by for a desk's customers: windows to reply shut after days, and no story waits that long."""

import os
from pathlib import Path
from typing import Any

import asyncpg
from support.browser import DemoDesk

EARLIER = """
update channel_addresses a set opened = (
  select coalesce(jsonb_object_agg(key, (value #>> '{}')::timestamptz - make_interval(hours => $2)), '{}') from jsonb_each(a.opened)
) where inbox_id = $1
"""


async def hours_go_by(desk: DemoDesk, inbox_id: str, hours: int) -> None:
    """Everything that opens a window to an inbox's customers was done so many hours earlier."""
    await _in_the_database(desk, EARLIER, inbox_id, hours)


async def _in_the_database(desk: DemoDesk, statement: str, *values: Any) -> None:
    folder = Path(os.environ.get("BROWSER_DESK_FOLDER", desk.folder)) if desk.running else desk.folder
    told = (folder / "postgres/cluster/postmaster.pid").read_text(encoding="utf-8").splitlines()
    connection = await asyncpg.connect(host=told[4], port=int(told[3]), user="qiao", database="qiao")
    try:
        await connection.execute(statement, *values)
    finally:
        await connection.close()
