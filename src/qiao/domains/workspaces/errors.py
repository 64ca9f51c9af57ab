"""What can go wrong with a workspace."""

from qiao.kit.errors import Conflict, Invalid, NotFound


class WorkspaceNotFound(NotFound):
    """No such workspace."""

    code = "workspaces.not_found"


class SlugTaken(Conflict):
    """Another workspace has this address."""

    code = "workspaces.slug_taken"


class WorkspaceInvalid(Invalid):
    """A field breaks its rule; `details["field"]` names it."""

    code = "workspaces.invalid"
