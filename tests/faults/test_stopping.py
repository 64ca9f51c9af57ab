"""A stop ends, whatever the database does."""

import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.desk import Desk

pytestmark = [pytest.mark.database, pytest.mark.slow]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    await desk.prepare()
    desk.start()
    yield desk
    await desk.close()


@pytest.mark.fault("F-P6")
async def test_a_stop_ends_although_the_database_is_gone_for_good(desk: Desk) -> None:
    cluster = desk.folder / "postgres/cluster"
    os.kill(int((cluster / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)
    shutil.move(cluster, desk.folder / "moved away")
    desk.process.send_signal(signal.SIGTERM)
    desk.process.wait(timeout=45)
