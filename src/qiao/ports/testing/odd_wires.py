"""Wires on which something is wrong: for what an adapter makes of a single answer, or of one that was lost."""

from typing import Any

import msgspec

from qiao.ports.channel import WireAnswer, WireFailed, WireRequest
from qiao.ports.testing.wire import MemoryWire


class LosingWire(MemoryWire):
    """The platform carries out every call, and the answers of those whose address ends in `lost` never come back, `times` times."""

    def __init__(self, app: Any, lost: str = "", times: int = 1) -> None:
        super().__init__(app)
        self.lost = lost
        self.times = times

    async def request(self, asked: WireRequest) -> WireAnswer:
        """One request."""
        answer = await super().request(asked)
        if self.times and asked.url.endswith(self.lost):
            self.times -= 1
            raise WireFailed("timeout")
        return answer


class SayingWire(MemoryWire):
    """Whatever is asked, this is answered: a status, headers and a JSON value or bytes."""

    def __init__(self, status: int, said: object, **headers: str) -> None:
        super().__init__()
        self.answer = WireAnswer(status, headers, said if isinstance(said, bytes) else msgspec.json.encode(said))

    async def request(self, asked: WireRequest) -> WireAnswer:
        """One request."""
        self.asked.append(asked)
        return self.answer
