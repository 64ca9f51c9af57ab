"""A door to knowledge on a real database, with files in a folder of the test."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from litestar import Litestar, Request
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware

from qiao.domains.knowledge.api import Knowledge
from qiao.domains.knowledge.http import CONTROLLERS
from qiao.domains.workspaces.contracts import Workspace
from qiao.kit.errors import QiaoError
from qiao.kit.ids import PersonId, new_id
from qiao.platform.auth.caller import Caller
from qiao.platform.auth.middleware import Authentication
from qiao.platform.blobs.files import Files, open_store
from qiao.platform.blobs.http import FileController
from qiao.platform.db.database import Database
from qiao.platform.http.guards import caller_of
from qiao.platform.http.problems import answer_http_error, answer_qiao_error
from qiao.platform.jobs.jobs import Jobs

EDITOR = PersonId(new_id())


@pytest.fixture
def jobs(database: Database) -> Jobs:
    return Jobs(database)


@pytest.fixture
def files(database: Database, tmp_path: Path) -> Files:
    return Files(database, open_store("", tmp_path / "files"))


@pytest.fixture
def knowledge(database: Database, jobs: Jobs, files: Files) -> Knowledge:
    return Knowledge(database, jobs, files)


def _giver(part: object) -> Callable[[], object]:
    return lambda: part


@pytest.fixture
async def client(
    knowledge: Knowledge, database: Database, files: Files, workspace: Workspace
) -> AsyncIterator[httpx.AsyncClient]:
    """The routes of knowledge. The cookie `editor` is an editor's session, `viewer` may only read."""
    rights = {"editor": {"knowledge.read", "knowledge.write"}, "viewer": {"knowledge.read"}}

    async def resolve(token: str) -> Caller | None:
        return Caller(
            workspace_id=workspace.id,
            person_id=EDITOR,
            session_id=new_id(),
            name="Editor",
            role=token,
            permissions=frozenset(rights[token]),
            locale="zh",
        )

    parts = {"knowledge": knowledge, "database": database, "files": files}
    app = Litestar(
        [*CONTROLLERS, FileController],
        dependencies={
            "caller": Provide(caller_of_request),
            **{name: Provide(_giver(part), sync_to_thread=False) for name, part in parts.items()},
        },
        middleware=[DefineMiddleware(Authentication, resolve=resolve)],
        exception_handlers={QiaoError: answer_qiao_error, HTTPException: answer_http_error},
        openapi_config=None,
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="https://desk.example",
        headers={"X-Qiao-Client": "console"},
        cookies={"qiao_session": "editor"},
    ) as client:
        yield client


async def caller_of_request(request: Request) -> Caller:
    return caller_of(request)
