"""The last facts of busy workspaces, read from the database once for every reader of this process.

A fact never changes and positions have no gaps, so what was read once is true for whoever comes later; whoever is further behind than
what is kept reads by itself. Kept in memory up to `CHARACTERS` over all workspaces, those not read for longest go first.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from qiao.platform.log.facts import Entry
from qiao.platform.log.read import read_after, read_named

CHARACTERS = 2_000_000
READ = 1_000
"""Facts read at once, and the furthest that a reader may be behind for its reading to be worth keeping."""


class _Window:
    """Facts after `start`, without gaps."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.entries: list[Entry] = []
        self.characters = 0
        self.reading = asyncio.Lock()

    @property
    def reached(self) -> int:
        return self.start + len(self.entries)

    def add(self, entries: list[Entry]) -> None:
        # Two may have read the same.
        new = entries[self.reached - entries[0].position + 1 :] if entries else []
        self.entries += new
        self.characters += sum(len(entry.data) for entry in new)

    def drop(self, count: int) -> int:
        """Forget the oldest; how many characters they had."""
        gone = sum(len(entry.data) for entry in self.entries[:count])
        del self.entries[:count]
        self.start += count
        self.characters -= gone
        return gone


class Recent:
    """One a process. Reading costs the database a question only when nobody here has read as far yet.

    The connection handed in has told no facts in its transaction: others would read them before they are committed.
    """

    def __init__(self) -> None:
        self._windows: OrderedDict[UUID, _Window] = OrderedDict()
        self._characters = 0

    def clear(self) -> None:
        """Forget everything."""
        self._windows.clear()
        self._characters = 0

    async def after(self, connection: Any, workspace_id: UUID, position: int) -> list[Entry]:
        """Facts after `position`, oldest first, without gaps; at most READ, and fewer only at the end of the log."""
        window = self._window(workspace_id, position)
        if window is None:
            return await read_after(connection, workspace_id, position, READ)
        async with window.reading:
            if window.reached - position < READ:
                await self._read_on(connection, workspace_id, window)
            found = window.entries[position - window.start :][:READ] if position >= window.start else None
            self._trim(window)
        return await read_after(connection, workspace_id, position, READ) if found is None else found

    async def named(
        self, connection: Any, workspace_id: UUID, span: tuple[int, int], names: Collection[str], limit: int
    ) -> list[Entry]:
        """Facts of the given names in (span[0], span[1]], oldest first, at most `limit`."""
        window = self._window(workspace_id, span[0]) if span[1] - span[0] <= READ else None
        if window is None:
            return await read_named(connection, workspace_id, span, names, limit)
        async with window.reading:
            if window.reached < span[1]:
                await self._read_on(connection, workspace_id, window)
            known = window.start <= span[0] and window.reached >= span[1]
            between = window.entries[span[0] - window.start : span[1] - window.start] if known else []
            self._trim(window)
        if not known:
            return await read_named(connection, workspace_id, span, names, limit)
        return [entry for entry in between if entry.name in names][:limit]

    def _window(self, workspace_id: UUID, position: int) -> _Window | None:
        """The window from which a reader at `position` can go on; none for one who is further behind."""
        window = self._windows.get(workspace_id)
        if window is not None and position < window.start:
            return None
        if window is None or position > window.reached:
            if window is not None:
                self._characters -= window.characters
            window = self._windows[workspace_id] = _Window(position)
        self._windows.move_to_end(workspace_id)
        return window

    async def _read_on(self, connection: Any, workspace_id: UUID, window: _Window) -> None:
        before = window.characters
        window.add(await read_after(connection, workspace_id, window.reached, READ))
        if self._windows.get(workspace_id) is window:
            self._characters += window.characters - before

    def _trim(self, window: _Window) -> None:
        if len(window.entries) > 2 * READ:
            self._characters -= window.drop(len(window.entries) - READ)
        while self._characters > CHARACTERS and len(self._windows) > 1:
            self._characters -= self._windows.popitem(last=False)[1].characters
        if self._characters > CHARACTERS:
            self._characters -= window.drop(len(window.entries))
