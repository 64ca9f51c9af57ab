"""Who is calling: the outcome of authentication, carried through a request or a socket."""

from uuid import UUID

from msgspec import Struct

from qiao.kit.errors import NotFound, Refused
from qiao.kit.ids import PersonId, WorkspaceId


class Caller(Struct, frozen=True, kw_only=True):
    """A signed-in person, or a program with an API key, in one workspace. The session or key is the only authority for the workspace.

    A program is an author of its own: `person_id` and `session_id` are the id of its key, `name` is the key's name, `role` and at most
    the rights are those of who made it.
    """

    workspace_id: WorkspaceId
    person_id: PersonId
    session_id: UUID
    name: str
    role: str
    permissions: frozenset[str]
    locale: str
    program: bool = False
    inboxes: frozenset[UUID] | None = None
    """The inboxes that a program may see; None: all."""

    def ids(self) -> dict[str, str]:
        """Who this is, for the log: the workspace, and the person or the key."""
        return {"workspace": str(self.workspace_id), "key" if self.program else "person": str(self.person_id)}

    def must(self, permission: str) -> None:
        """Raise Refused unless the caller holds the permission."""
        if permission not in self.permissions:
            raise Refused("your role does not allow this", permission=permission)

    def within(self, inbox_id: UUID | None) -> UUID | None:
        """The inbox that is asked about, or the only one the caller may see. Raises NotFound for one that they may not see, and for none
        where they must name one.
        """
        if self.inboxes is None:
            return inbox_id
        wanted = next(iter(self.inboxes)) if inbox_id is None and len(self.inboxes) == 1 else inbox_id
        if wanted not in self.inboxes:
            raise NotFound("this key sees other inboxes alone; name one of them", field="inbox_id")
        return wanted
