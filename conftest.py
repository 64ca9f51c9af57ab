"""Fixtures shared by every test: one real embedded PostgreSQL a session, one fresh workspace a test.

A workspace is a wall of the product itself, so tests need no transaction that is rolled back, and the group-commit writer and the log's
subscribers run as they do in service.
"""

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from qiao.domains.workspaces.api import Workspaces
from qiao.domains.workspaces.contracts import Workspace
from qiao.platform.db.database import Database
from qiao.platform.db.embedded import start_embedded
from qiao.platform.db.migrate import migrate


@pytest.fixture(scope="session")
async def postgres_dsn() -> AsyncIterator[str]:
    """A real server on a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="qiao-test-"))
    folder.chmod(0o711)
    server = await start_embedded(folder / "db")
    await migrate(server.dsn)
    yield server.dsn
    await server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
async def database(postgres_dsn: str) -> AsyncIterator[Database]:
    """The pool, as the program uses it."""
    database = await Database.connect(postgres_dsn)
    yield database
    await database.close()


@pytest.fixture
async def workspace(database: Database) -> Workspace:
    """A company of its own for each test."""
    return await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "测试公司", "en": "Test company"})
