"""Who is calling: the outcome of authentication, carried through a request or a socket."""

from uuid import UUID

from msgspec import Struct

from qiao.kit.errors import Refused
from qiao.kit.ids import PersonId, WorkspaceId


class Caller(Struct, frozen=True, kw_only=True):
    """A signed-in person in one workspace. The session is the only authority for the workspace."""

    workspace_id: WorkspaceId
    person_id: PersonId
    session_id: UUID
    name: str
    role: str
    permissions: frozenset[str]
    locale: str

    def must(self, permission: str) -> None:
        """Raise Refused unless the caller holds the permission."""
        if permission not in self.permissions:
            raise Refused("your role does not allow this", permission=permission)
