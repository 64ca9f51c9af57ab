"""Hints between processes: "this log has grown", "she is typing". At most once and never the truth: whoever misses a hint finds out from
the database by number.
"""

from collections.abc import Callable
from typing import Protocol

Listener = Callable[[str, bytes], None]
WellListener = Callable[[bool], None]


class Bus(Protocol):
    """Carries small frames to every process of the installation, this one included."""

    pace: float
    """Seconds: the first frame goes at once, those of so long after it go together."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def publish(self, topic: str, payload: bytes, *, here: bool = True) -> None:
        """Send, without waiting and without a promise; `here` False leaves out this process. At most 5,000 bytes."""
        ...

    def subscribe(self, topic: str, listener: Listener) -> None:
        """Call `listener(topic, payload)` in the event loop for each frame of `topic`."""
        ...

    @property
    def well(self) -> bool:
        """False while frames are known not to travel, or to travel too slowly: look into the database more often."""
        ...

    def on_change(self, listener: WellListener) -> None:
        """Call `listener(well)` in the event loop whenever `well` changes."""
        ...
