"""The routes of knowledge, served alone."""

from collections.abc import Callable

import httpx
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
from qiao.platform.blobs.files import Files
from qiao.platform.blobs.http import FileController
from qiao.platform.db.database import Database
from qiao.platform.http.guards import caller_of
from qiao.platform.http.problems import answer_http_error, answer_qiao_error

EDITOR = PersonId(new_id())


def _giver(part: object) -> Callable[[], object]:
    return lambda: part


def served(knowledge: Knowledge, database: Database, files: Files, workspace: Workspace) -> httpx.AsyncClient:
    """A client of them. The cookie `editor` is an editor's session, `viewer` may only read."""
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
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="https://desk.example",
        headers={"X-Qiao-Client": "console"},
        cookies={"qiao_session": "editor"},
    )


async def caller_of_request(request: Request) -> Caller:
    return caller_of(request)
