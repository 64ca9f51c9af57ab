"""What every bus has in common: listeners in this process, frames that wait for the wire, and a connection that is taken up for ever."""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from uuid import uuid4

import structlog
from prometheus_client import Counter, Gauge

from qiao.platform.bus import Listener, WellListener

MAX_FRAME = 5_000
MAX_TOPIC = 200
MAX_WAITING = 10_000
STALE_SECONDS = 2.0
"""A hint that waited so long for a connection is thrown away: whoever it was for has looked into the database meanwhile."""
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
HELD_SECONDS = 20.0
"""A connection that held so long was a good one: the next is tried for at once."""

WELL = Gauge("qiao_bus_well", "1 while hints travel between processes, 0 while the database is asked instead")
LOST = Counter("qiao_bus_lost", "Connections to the bus that were lost, or that could not be made")
DROPPED = Counter("qiao_bus_dropped", "Frames that were not sent: too large, too many, or too late")

_log = structlog.get_logger("qiao.bus")


class Carrier(ABC):
    """Local listeners hear at once, other processes by what `_carry` sends. See Bus for the promises."""

    pace: float

    def __init__(self) -> None:
        self._self = uuid4().hex[:12]
        self._listeners: dict[str, list[Listener]] = {}
        self._waiting: deque[tuple[float, str, bytes]] = deque()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._well = False
        self._told: list[WellListener] = []

    async def start(self) -> None:
        """Begin to listen. Reconnects by itself, for ever; what was sent meanwhile is not heard."""
        self._task = asyncio.create_task(self._run(), name="bus")

    async def stop(self) -> None:
        """Stop listening and sending."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def publish(self, topic: str, payload: bytes, *, here: bool = True) -> None:
        """See Bus. Over the bound a frame is dropped: it is a hint."""
        if here:
            self._hear(topic, payload)
        if len(payload) <= MAX_FRAME and len(topic) <= MAX_TOPIC and len(self._waiting) < MAX_WAITING:
            self._waiting.append((asyncio.get_running_loop().time(), topic, payload))
            self._wake.set()
        else:
            DROPPED.inc()

    def subscribe(self, topic: str, listener: Listener) -> None:
        """See Bus."""
        self._listeners.setdefault(topic, []).append(listener)

    @property
    def well(self) -> bool:
        """See Bus."""
        return self._well

    def on_change(self, listener: WellListener) -> None:
        """See Bus."""
        self._told.append(listener)

    @abstractmethod
    async def _carry(self) -> None:
        """Connect, say `_found(well=True)`, and carry frames until the connection dies, by whatever exception."""

    def _hear(self, topic: str, payload: bytes) -> None:
        for listener in self._listeners.get(topic, ()):
            try:
                listener(topic, payload)
            except Exception:  # noqa: BLE001 - one listener's fault is not another's
                _log.exception("bus listener failed", topic=topic)

    def _gather(self, room: int) -> list[tuple[str, bytes]]:
        """What waits and is still worth telling, as much as fits into `room` bytes."""
        frames: list[tuple[str, bytes]] = []
        fresh = asyncio.get_running_loop().time() - STALE_SECONDS
        while self._waiting:
            at, topic, payload = self._waiting[0]
            room -= self._size(topic, payload)
            if room < 0:
                break
            self._waiting.popleft()
            if at >= fresh:
                frames.append((topic, payload))
            else:
                DROPPED.inc()
        return frames

    def _size(self, topic: str, payload: bytes) -> int:
        return len(topic) + len(payload) + 8

    def _found(self, *, well: bool) -> None:
        if well == self._well:
            return
        self._well = well
        WELL.set(well)
        for listener in self._told:
            try:
                listener(well)
            except Exception:  # noqa: BLE001 - one listener's fault is not another's
                _log.exception("bus listener failed", well=well)

    async def _run(self) -> None:
        pause = FIRST_PAUSE
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self._carry()
            except Exception as error:  # noqa: BLE001 - the bus outlives whatever its connection dies of
                LOST.inc()
                _log.warning("bus lost, trying again", error=f"{type(error).__name__}: {error}")
            finally:
                self._found(well=False)
            held = asyncio.get_running_loop().time() - began > HELD_SECONDS
            pause = FIRST_PAUSE if held else min(pause * 2, LONGEST_PAUSE)
            await asyncio.sleep(pause)
