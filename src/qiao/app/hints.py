"""Word of a grown log, from this process to the others and back: a hint saves a second, a lost one costs no more."""

import asyncio
from collections.abc import Callable, Collection

import msgspec

from qiao.app.house import House
from qiao.kit.ids import WorkspaceId

HINT = "log"


class Hints:
    """Tells of this process's commits and calls `wake(workspace, fact names)` for those of the others."""

    def __init__(self, house: House, wake: Callable[[WorkspaceId, Collection[str]], None]) -> None:
        self._bus = house.bus
        self._wake = wake
        self._waiting: dict[WorkspaceId, set[str]] = {}
        self._some = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        house.database.on_commit(self._committed)
        self._bus.subscribe(HINT, self.heard)

    async def start(self) -> None:
        """Begin to tell: the first commit at once, those that follow within the bus's pace together."""
        self._task = asyncio.create_task(self._tell(), name="hints")

    async def stop(self) -> None:
        """Stop telling."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def heard(self, _topic: str, payload: bytes) -> None:
        """Another process told of its commits."""
        for workspace_id, names in msgspec.json.decode(payload, type=dict[WorkspaceId, list[str]]).items():
            self._wake(workspace_id, names)

    def _committed(self, workspace_id: WorkspaceId, names: frozenset[str]) -> None:
        self._waiting.setdefault(workspace_id, set()).update(names)
        self._some.set()

    async def _tell(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            waiting, self._waiting = self._waiting, {}
            for workspace_id, names in waiting.items():
                self._bus.publish(HINT, msgspec.json.encode({str(workspace_id): sorted(names)}), here=False)
            await asyncio.sleep(self._bus.pace)
