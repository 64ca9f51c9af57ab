"""Lines that we hold with a platform: what must hold of every channel that does. Its simulator holds the other end in `lines`."""

# ruff: noqa: S101 - these are tests, written once for several channels

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any, ClassVar

import msgspec
import pytest

from qiao.kit.errors import Refused
from qiao.ports.channel import Account, Channel, RawReceipt, WireFailed
from qiao.ports.testing.odd_wires import SayingWire
from qiao.ports.testing.simulating import Fault
from qiao.ports.testing.wire import MemoryWire

SECONDS = 5
Receipts = list[RawReceipt]


async def listen(adapter: Channel, account: Account, wire: MemoryWire, stored: Receipts) -> None:
    """Hold one line until it ends; what it brings is stored."""

    async def deliver(receipt: RawReceipt) -> None:
        stored.append(receipt)

    await adapter.listen(account, wire, deliver)


@contextlib.asynccontextmanager
async def listening(
    adapter: Channel, account: Account, simulator: Any, stored: Receipts, wire: MemoryWire | None = None
) -> "AsyncGenerator[asyncio.Task[None]]":
    """For as long as the block lasts a line is held."""
    holding = asyncio.create_task(listen(adapter, account, wire or MemoryWire(), stored))
    try:
        await asyncio.wait_for(simulator.lines.connected(), SECONDS)
        yield holding
    finally:
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)


async def answered(simulator: Any, name: str) -> Any:
    """The answer to a frame, when it is there."""
    return await asyncio.wait_for(simulator.lines.answered(name), SECONDS)


class Sending(SayingWire):
    """The platform sends us somewhere; the operator's rule, which is asked, forbids it."""

    def __init__(self, said: object) -> None:
        super().__init__(200, said)
        self.judged: list[tuple[str, int]] = []

    async def address(self, host: str, port: int) -> str:
        """The operator's rule."""
        self.judged.append((host, port))
        raise WireFailed("refused")


class LineSuite:
    """Subclass with what is told below; `account` is a fixture of the channel's, whose inbox is set to hold a line."""

    hosts: ClassVar[dict[str, str]]
    """The platform's own."""
    customer: ClassVar[str]
    by_calls: ClassVar[tuple[dict[str, Any], ...]]
    """Changes of the account with which no line is held: the platform calls us, or nothing is entered yet."""
    trouble: ClassVar[tuple[Fault, ...]] = (Fault.SERVER_ERROR, Fault.NONSENSE, Fault.CUT)

    @staticmethod
    def sent_to(url: str) -> object:
        """What the platform says where it sends us to this address."""
        raise AssertionError(url)

    async def test_what_could_not_be_stored_is_not_answered(self, adapter: Channel, account: Account, simulator: Any) -> None:
        """So that it is delivered again."""

        async def failing(_receipt: RawReceipt) -> None:
            raise ConnectionError("the database is away")

        holding = asyncio.create_task(adapter.listen(account, MemoryWire(), failing))
        await asyncio.wait_for(simulator.lines.connected(), SECONDS)
        await simulator.customer_writes(self.customer, "在吗")
        with pytest.raises(ConnectionError, match="the database is away"):
            await asyncio.wait_for(holding, SECONDS)
        assert set(simulator.lines.answers) <= {"ping"}

    async def test_a_platform_in_trouble_says_nothing_of_the_account(
        self, adapter: Channel, account: Account, simulator: Any, stored: Receipts
    ) -> None:
        """Another try may work."""
        for fault in self.trouble:
            simulator.go_wrong(fault)
            await listen(adapter, account, MemoryWire(), stored)
            assert stored == [], fault

    @pytest.mark.parametrize(
        ("url", "judged"),
        [
            ("wss://lines.platform.example/link?ticket=1", [("lines.platform.example", 443)]),
            ("wss://10.0.0.1:8443/link", [("10.0.0.1", 8443)]),
            ("wss://[::1]:99/link", [("::1", 99)]),
            ("ws://lines.platform.example/link", []),
            ("http://169.254.169.254/", []),
            ("file:///etc/passwd", []),
            ("wss://[::1/link", []),
            ("wss://x:notaport/", []),
            ("nonsense", []),
            ("", []),
        ],
    )
    async def test_no_line_is_made_that_the_operators_rule_forbids(
        self, url: str, judged: list[tuple[str, int]], adapter: Channel, account: Account, stored: Receipts
    ) -> None:
        """Wherever the platform sends us."""
        wire = Sending(self.sent_to(url))
        await listen(adapter, msgspec.structs.replace(account, hosts=self.hosts), wire, stored)
        assert (wire.judged, stored) == (judged, [])

    async def test_where_the_platform_calls_us_no_line_is_held(
        self, adapter: Channel, account: Account, simulator: Any, stored: Receipts
    ) -> None:
        """Nor where nothing is entered yet; and nothing spins."""
        for changes in self.by_calls:
            resting = asyncio.create_task(listen(adapter, msgspec.structs.replace(account, **changes), MemoryWire(), stored))
            await asyncio.sleep(0.02)
            assert not resting.done(), changes
            resting.cancel()
            await asyncio.gather(resting, return_exceptions=True)
        assert simulator.asked == []

    async def test_only_our_own_line_marks_what_it_brought(self, adapter: Channel, account: Account, simulator: Any) -> None:
        """A stranger who marks something so is not believed; nor is another body, nor another inbox's mark."""
        brought: asyncio.Queue[RawReceipt] = asyncio.Queue()
        holding = asyncio.create_task(adapter.listen(account, MemoryWire(), brought.put))
        await asyncio.wait_for(simulator.lines.connected(), SECONDS)
        await simulator.customer_writes(self.customer, "在吗")
        genuine = await asyncio.wait_for(brought.get(), SECONDS)
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)
        assert adapter.verify(genuine, account) is None
        another = msgspec.structs.replace(account, signing_key=b"another inbox's key")
        touched = msgspec.structs.replace(genuine, body=genuine.body + b" ")
        marked = [msgspec.structs.replace(genuine, headers=dict.fromkeys(genuine.headers, mark)) for mark in ("", "0" * 64, "é")]
        for receipt, inbox in ((touched, account), (genuine, another), *((one, account) for one in marked)):
            with pytest.raises(Refused):
                adapter.verify(receipt, inbox)
