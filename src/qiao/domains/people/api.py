"""The door of people: what other domains, HTTP, jobs and the program's composition may call."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol, runtime_checkable

import msgspec

from qiao.domains.people.access import PERMISSIONS, permissions_of, roles_with
from qiao.domains.people.contracts import Person
from qiao.domains.people.rules import SESSION_DAYS
from qiao.domains.people.service.invites import Invites
from qiao.domains.people.service.keys import Keys
from qiao.domains.people.service.limits import Limits
from qiao.domains.people.service.presence import CONNECTED_SECONDS, Presence
from qiao.domains.people.service.resets import Resets
from qiao.domains.people.service.sessions import Sessions
from qiao.domains.people.service.staff import Staff
from qiao.domains.people.service.teams import Teams
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.ids import InboxId, PersonId
from qiao.platform.db.database import Database, Scope

__all__ = [
    "CONNECTED_SECONDS",
    "PERMISSIONS",
    "SESSION_DAYS",
    "InboxesThere",
    "Limits",
    "LoadOf",
    "People",
    "Resets",
    "no_load",
    "permissions_of",
    "roles_with",
    "with_loads",
]


@runtime_checkable
class LoadOf(Protocol):
    """Counts the open conversations of people; absent ones have none. Implemented above this domain and handed in."""

    async def __call__(self, scope: Scope, people: Collection[PersonId]) -> Mapping[PersonId, int]: ...


@runtime_checkable
class InboxesThere(Protocol):
    """Raises NotFound unless the workspace has these inboxes. Implemented beside this domain and handed in."""

    async def __call__(self, scope: Scope, inbox_ids: Collection[InboxId]) -> None: ...


class People(Staff, Teams, Sessions, Invites, Keys, Presence):
    """Everything about people, teams, sessions, invites, API keys and presence; each part is described where it is written.

    Methods that take a Scope work inside the caller's transaction; those that do not (`sign_in`, `authenticate`, `change_password`,
    `look_up_invite`, `accept_invite` and the scheduled ones) open their own. One a process: it holds throttles and recent callers.
    """

    def __init__(self, database: Database, limits: Limits | None = None) -> None:
        workspaces, bounds = Workspaces(database), limits or Limits()
        Staff.__init__(self, workspaces)
        Sessions.__init__(self, database, bounds)
        Invites.__init__(self, database, workspaces, bounds)


async def no_load(scope: Scope, people: Collection[PersonId]) -> Mapping[PersonId, int]:  # noqa: ARG001 - the shape of LoadOf
    """A LoadOf for programs without conversations: nobody has any."""
    return {}


async def with_loads(scope: Scope, people: Sequence[Person], loads: LoadOf) -> list[Person]:
    """The people with how much each has to do."""
    counted = await loads(scope, [person.id for person in people])
    return [msgspec.structs.replace(person, load=counted.get(person.id, 0)) for person in people]
