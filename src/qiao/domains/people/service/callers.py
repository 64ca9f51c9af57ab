"""Who held a session a moment ago: spares the database a look for each of the requests that a page sends at once."""

import time
from collections.abc import Callable

from qiao.domains.people.events import PersonChanged, SessionEnded
from qiao.kit.ids import WorkspaceId
from qiao.platform.auth.caller import Caller

SECONDS = 0.8
"""Another process that nobody tells lets go of a session that ended after so long."""
MAX_HELD = 2_000
_NEWS = frozenset({SessionEnded.wire_name, PersonChanged.wire_name})

Mark = tuple[int, float]
"""How often something has changed, and when it was looked at."""


class RecentCallers:
    """Holds a caller for less than a second, and forgets a whole workspace when one of its sessions or people changes.

    Another process forgets when it is told, and if it is not by time alone: access ends there within the second too.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: dict[WorkspaceId, dict[bytes, tuple[Caller, float]]] = {}
        self._changes = 0

    def forget(self, workspace_id: WorkspaceId, names: frozenset[str]) -> None:
        """A workspace's log has grown by facts of these names."""
        if not _NEWS.isdisjoint(names):
            self._changes += 1
            self._held.pop(workspace_id, None)

    def get(self, workspace_id: WorkspaceId, digest: bytes) -> Caller | None:
        """Who it was, if that was just now."""
        held = self._held.get(workspace_id, {}).get(digest)
        return held[0] if held and self._clock() < held[1] else None

    @property
    def mark(self) -> Mark:
        """Take before looking into the database and give to `put`: what was read before a change is not held after it, and the time
        that the look took counts.
        """
        return self._changes, self._clock()

    def put(self, digest: bytes, caller: Caller, mark: Mark) -> None:
        """Hold what was read."""
        changes, looked_at = mark
        if changes != self._changes:
            return
        held = self._held.setdefault(caller.workspace_id, {})
        if len(held) >= MAX_HELD:
            held.clear()
        held[digest] = (caller, looked_at + SECONDS)
