"""Presence: who is connected and available."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import uuid4

from qiao.domains.people.access import roles_with
from qiao.domains.people.contracts import Availability, OnlinePerson, Person
from qiao.domains.people.events import PresenceChanged
from qiao.domains.people.repository.directory import Directory
from qiao.domains.people.repository.presence import PresenceRows, Told
from qiao.kit.ids import PersonId
from qiao.platform.db.database import Scope

CONNECTED_SECONDS = 45.0
"""How long one sign of life counts; the socket layer gives one every 20 s."""
LEAVE_SECONDS = 5.0
"""How long somebody whose socket closed still counts: a page that reloads is back before."""

HERE = uuid4().hex[:12]
"""This process among those that hold sockets."""


class Presence:
    """Everybody is available until they say that they are away; they are online while they are also connected."""

    async def set_availability(self, scope: Scope, person_id: PersonId, availability: Availability) -> Person:
        """What a person says of themselves. Raises PersonNotFound."""
        directory = Directory(scope)
        await directory.person(person_id)
        tell(scope, [await PresenceRows(scope).set_availability(person_id, availability)])
        return await directory.person(person_id)

    async def connected(self, scope: Scope, person_id: PersonId, seconds: float = CONNECTED_SECONDS, *, node: str = HERE) -> None:
        """A sign of life: connected at `node` for at least `seconds` from now. On arrival and every 20 s after."""
        tell(scope, [await PresenceRows(scope).connected(person_id, seconds, node)])

    async def disconnected(
        self, scope: Scope, person_id: PersonId, grace_seconds: float = LEAVE_SECONDS, *, node: str = HERE
    ) -> None:
        """The last socket of a person at `node` has closed: connected there for at most `grace_seconds` from now.

        Sockets at other nodes keep them connected for as long as those say so. Idempotent.
        """
        told = await PresenceRows(scope).disconnected(person_id, grace_seconds, node)
        tell(scope, [told] if told else [])

    async def online_people(self, scope: Scope) -> Sequence[OnlinePerson]:
        """Those who can be given a conversation now: online, and of a role that may answer."""
        return await PresenceRows(scope).online(roles_with("conversations.write"))

    async def away_longer_than(self, scope: Scope, time: timedelta) -> Sequence[PersonId]:
        """Those who have not been connected for at least `time`, the disabled and those who never came included."""
        return await PresenceRows(scope).away_longer_than(time)

    async def expire_presence(self, scope: Scope) -> int:
        """Tell of those whose connection has run out; how many. Safe to run again and by several processes."""
        lapsed = await PresenceRows(scope).expire()
        tell(scope, lapsed)
        return len(lapsed)


def tell(scope: Scope, people: Iterable[Told]) -> None:
    """Emit what is news to the others."""
    for told in people:
        if told.news:
            scope.emit(PresenceChanged(person_id=told.person_id, availability=told.availability, online=told.online))
