"""Parts of long messages, held until they are whole. None is answered before it is stored: what is held comes again after a crash."""

import time
from collections.abc import Callable

from msgspec import Struct

from qiao.channels.sms_smpp.codec import belongs
from qiao.channels.sms_smpp.pdu import Pdu, short
from qiao.kit.errors import Invalid

PATIENCE_SECONDS = 60.0
"""After so long the parts that are there are taken for the whole."""
MAX_HELD = 200
Clock = Callable[[], float]


class _Held(Struct):
    count: int
    since: float
    parts: dict[int, Pdu]


class Assembling:
    """One a connection."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._held: dict[tuple[str, int], _Held] = {}
        self._ready: list[list[Pdu]] = []

    def take(self, pdu: Pdu | None) -> None:
        """One deliver_sm, or nothing. What cannot be read is whole: the reader says what is wrong with it."""
        if pdu is None:
            return
        try:
            belonging = belongs(short(pdu.body))
        except Invalid:
            belonging = None
        if belonging is None:
            self._ready.append([pdu])
            return
        name, count, place = belonging
        held = self._held.setdefault(name, _Held(count, self._clock(), {}))
        held.parts[place] = pdu
        if len(held.parts) >= held.count:
            self._release(name)

    def whole(self) -> list[list[Pdu]]:
        """Messages that are whole, or have waited too long, or stand in the way of too many others."""
        late = [name for name, held in self._held.items() if self._clock() - held.since > PATIENCE_SECONDS]
        for name in late or list(self._held)[: max(0, len(self._held) - MAX_HELD)]:
            self._release(name)
        ready, self._ready = self._ready, []
        return ready

    def _release(self, name: tuple[str, int]) -> None:
        held = self._held.pop(name)
        self._ready.append([held.parts[place] for place in sorted(held.parts)])
