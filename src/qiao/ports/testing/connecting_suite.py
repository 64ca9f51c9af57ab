"""Connecting tries what was entered, tells what is wrong with it, and can be repeated: for adapters whose simulator answers by HTTP."""

# ruff: noqa: S101 - these are tests, written once for several channels

from typing import Any, ClassVar

import msgspec
import pytest

from qiao.ports.channel import Channel, Connected, NeedsReauth, Rejected, Retry
from qiao.ports.testing.simulating import Answered, Asked, Fault, PlatformSimulator
from qiao.ports.testing.wire import MemoryWire

PAST_THE_TOKEN = (NeedsReauth, Rejected)
"""Past the token a code for wrong credentials may only be a refusal."""


async def connected(
    adapter: Channel, simulator: PlatformSimulator, at: int | None = None, fault: Fault = Fault.CUT, **changes: Any
) -> tuple[Any, list[str]]:
    """How connecting ends when its call number `at` goes wrong, and the paths that were called."""
    answer, calls = simulator._answer, list[str]()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - one call is made to fail

    async def breaking(asked: Asked) -> Answered:
        if len(calls) == at:
            simulator.go_wrong(fault)
        calls.append(asked.path)
        return await answer(asked)

    simulator._answer = breaking  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - as above
    return await adapter.connect(msgspec.structs.replace(simulator.account(), **changes), MemoryWire(simulator)), calls


class ConnectingSuite:
    """Subclass with `calls`, `refused` where it is not plain, and the fixtures `adapter` and `simulator`."""

    calls: ClassVar[int] = 2
    """How many calls connecting takes."""
    refused: ClassVar[tuple[type, ...]] = PAST_THE_TOKEN

    @pytest.mark.parametrize(
        "fault", [Fault.RATE_LIMITED, Fault.SERVER_ERROR, Fault.NONSENSE, Fault.CUT, Fault.CREDENTIALS_REFUSED]
    )
    async def test_whichever_call_goes_wrong_its_end_is_told(
        self, fault: Fault, adapter: Channel, simulator: PlatformSimulator
    ) -> None:
        """Tried again, or told."""
        ends = {Fault.CREDENTIALS_REFUSED: self.refused, Fault.NONSENSE: (Retry, Rejected)}.get(fault, (Retry,))
        for at in range(self.calls):
            ended, calls = await connected(adapter, type(simulator)(simulator.manifest), at, fault)
            assert isinstance(ended, ends), (at, ended)
            assert len(calls) == at + 1

    async def test_connecting_twice_is_connecting(self, adapter: Channel, simulator: PlatformSimulator) -> None:
        """The same end."""
        wire = MemoryWire(simulator)
        first, second = [await adapter.connect(simulator.account(), wire) for _ in range(2)]
        assert isinstance(first, Connected)
        assert first == second

    async def test_disconnecting_leaves_nothing_that_raises(self, adapter: Channel, simulator: PlatformSimulator) -> None:
        """Whether it was connected or not."""
        await adapter.disconnect(simulator.account(), MemoryWire(simulator))
