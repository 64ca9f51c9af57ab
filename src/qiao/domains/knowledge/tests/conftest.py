"""A door to knowledge on a real database, with files in a folder of the test. Pure tests stand here too and import none of it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def jobs(database: Any) -> Any:
    from qiao.platform.jobs.jobs import Jobs

    return Jobs(database)


@pytest.fixture
def files(database: Any, tmp_path: Path) -> Any:
    from qiao.platform.blobs.files import Files, open_store

    return Files(database, open_store("", tmp_path / "files"))


@pytest.fixture
def knowledge(database: Any, jobs: Any, files: Any) -> Any:
    from qiao.domains.knowledge.api import Knowledge

    return Knowledge(database, jobs, files)


@pytest.fixture
async def client(knowledge: Any, database: Any, files: Any, workspace: Any) -> AsyncIterator[Any]:
    """The routes of knowledge. The cookie `editor` is an editor's session, `viewer` may only read."""
    from qiao.domains.knowledge.tests.served import served

    async with served(knowledge, database, files, workspace) as client:
        yield client
