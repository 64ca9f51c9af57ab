"""Routes of the workspace."""

from litestar import Controller, get, patch

from qiao.domains.workspaces.api import Workspaces
from qiao.domains.workspaces.contracts import Workspace, WorkspaceChanges
from qiao.platform.auth.caller import Caller
from qiao.platform.db.database import Database
from qiao.platform.http.guards import FOR_PROGRAMS, requires, signed_in


class WorkspaceController(Controller):
    """The company's own settings."""

    path = "/api/v1/workspace"
    tags = ("workspaces",)

    @get(guards=[signed_in], opt=FOR_PROGRAMS)
    async def read(self, caller: Caller, database: Database, workspaces: Workspaces) -> Workspace:
        """The caller's workspace."""
        async with database.scope(caller.workspace_id) as scope:
            return await workspaces.get(scope)

    @patch(guards=[requires("workspace.write")])
    async def change(self, data: WorkspaceChanges, caller: Caller, database: Database, workspaces: Workspaces) -> Workspace:
        """Change settings of the workspace."""
        async with database.scope(caller.workspace_id) as scope:
            return await workspaces.change(scope, data)
