"""Sending through bad weather: what an adapter promises when a reply is tried until it is sent.

Every call of the wire meets one kind of weather: it goes through, breaks before it arrives, arrives and its answer is lost, or the
platform itself is in trouble. A channel that says that sends are safe to repeat shows the reply exactly once whatever the weather.
"""

from collections.abc import Sequence
from enum import StrEnum

from hypothesis import strategies as st

from qiao.ports.channel import Account, Channel, OutboundMessage, Retry, SendResult, WireAnswer, WireFailed, WireRequest
from qiao.ports.testing.simulating import Fault, PlatformSimulator
from qiao.ports.testing.wire import MemoryWire

MOST_TRIES = 30


class Weather(StrEnum):
    """What one call meets."""

    FINE = "fine"
    BROKEN = "broken"
    """It never arrives."""
    LOST = "lost"
    """It is carried out, and its answer lost."""
    BUSY = "busy"
    TROUBLE = "trouble"
    NONSENSE = "nonsense"


FAULTS = {Weather.BUSY: Fault.RATE_LIMITED, Weather.TROUBLE: Fault.SERVER_ERROR, Weather.NONSENSE: Fault.NONSENSE}
STORMS = st.lists(st.sampled_from(Weather), max_size=12)
"""The weather of the first calls; after that it is fine."""


class StormyWire(MemoryWire):
    """Leads to a simulator through the weather."""

    def __init__(self, simulator: PlatformSimulator, storm: Sequence[Weather]) -> None:
        super().__init__(simulator)
        self._simulator = simulator
        self._storm = list(storm)

    async def request(self, asked: WireRequest) -> WireAnswer:
        """One request."""
        weather = self._storm.pop(0) if self._storm else Weather.FINE
        if weather is Weather.BROKEN:
            raise WireFailed("connect")
        if weather in FAULTS:
            self._simulator.go_wrong(FAULTS[weather])
        answer = await super().request(asked)
        if weather is Weather.LOST:
            raise WireFailed("timeout")
        return answer


async def persisted(adapter: Channel, message: OutboundMessage, account: Account, wire: MemoryWire) -> SendResult:
    """How a reply ends that is tried again for as long as its end is Retry."""
    result = await adapter.send(message, account, wire)
    for _ in range(MOST_TRIES):
        if not isinstance(result, Retry):
            break
        result = await adapter.send(message, account, wire)
    return result
