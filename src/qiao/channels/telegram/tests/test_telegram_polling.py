"""Polling: each update is ours before the provider may forget it, and nothing comes twice after a restart."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from qiao.channels.registry import read_manifest
from qiao.channels.telegram.adapter import Adapter
from qiao.channels.telegram.simulator import Simulator
from qiao.kit.errors import Unavailable
from qiao.ports.channel import Account, RawReceipt
from qiao.ports.testing.odd_wires import SayingWire
from qiao.ports.testing.simulating import Fault
from qiao.ports.testing.wire import MemoryWire

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")


@pytest.fixture
def adapter() -> Adapter:
    return Adapter(MANIFEST)


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(MANIFEST)


@pytest.fixture
def account(simulator: Simulator) -> Account:
    return msgspec.structs.replace(simulator.account(), settings={"delivery": "polling"})


@pytest.fixture
async def wire(adapter, simulator, account) -> MemoryWire:
    wire = MemoryWire(simulator)
    await adapter.connect(account, wire)
    return wire


class Stored:
    """Keeps receipts until it has as many as it is to have; one more than that breaks it."""

    def __init__(self, count: int) -> None:
        self.receipts: list[RawReceipt] = []
        self.full = asyncio.Event()
        self._count = count

    async def __call__(self, receipt: RawReceipt) -> None:
        self.receipts.append(receipt)
        if len(self.receipts) == self._count:
            self.full.set()

    async def breaking(self, receipt: RawReceipt) -> None:
        if len(self.receipts) == self._count:
            raise RuntimeError("the disk is full")
        self.receipts.append(receipt)


async def heard(adapter, account, wire, count: int) -> list[str]:
    """What is said until so many updates were stored."""
    stored = Stored(count)
    listening = asyncio.create_task(adapter.listen(account, wire, stored))
    await asyncio.wait_for(stored.full.wait(), 2)
    await asyncio.sleep(0)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    for receipt in stored.receipts:
        assert adapter.verify(receipt, account) is None
    return [one.text for receipt in stored.receipts for one in adapter.parse(receipt, account)]


async def test_connecting_takes_the_webhook_away(simulator, wire):
    assert simulator.hook == {}


async def test_what_was_written_is_heard_in_order_and_once(adapter, simulator, account, wire):
    for text in ("一", "二", "三"):
        await simulator.customer_writes("5001", text)
    assert await heard(adapter, account, wire, 3) == ["一", "二", "三"]
    await simulator.customer_writes("5001", "四")
    assert await heard(adapter, account, wire, 1) == ["四"]
    assert simulator.delivered == []


async def test_another_bot_in_the_same_inbox_is_heard_from_its_own_beginning(adapter, simulator, account, wire):
    await simulator.customer_writes("5001", "一")
    assert await heard(adapter, account, wire, 1) == ["一"]
    other = Simulator(MANIFEST)
    other.secrets = {"token": "77:another-bot"}
    wire.memory["offset:4200000001"] = "999999999999"
    wire.request = MemoryWire(other).request
    account = msgspec.structs.replace(account, secrets=other.secrets)
    await adapter.connect(account, wire)
    await other.customer_writes("5001", "二")
    assert await heard(adapter, account, wire, 1) == ["二"]


async def test_what_comes_while_waiting_is_heard_at_once(adapter, simulator, account, wire):
    hearing = asyncio.create_task(heard(adapter, account, wire, 1))
    await asyncio.sleep(0.02)
    await simulator.customer_writes("5001", "在吗")
    assert await hearing == ["在吗"]


async def test_an_update_that_was_not_stored_comes_again(adapter, simulator, account, wire):
    for text in ("一", "二"):
        await simulator.customer_writes("5001", text)
    stored = Stored(1)
    with pytest.raises(RuntimeError):
        await adapter.listen(account, wire, stored.breaking)
    assert len(stored.receipts) == 1
    assert await heard(adapter, account, wire, 1) == ["二"]


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.SERVER_ERROR, Fault.NONSENSE, Fault.RATE_LIMITED, Fault.CREDENTIALS_REFUSED])
async def test_a_broken_line_ends_the_listening_and_loses_nothing(fault, adapter, simulator, account, wire):
    await simulator.customer_writes("5001", "还在吗")
    simulator.go_wrong(fault)
    with pytest.raises(Unavailable) as ended:
        await asyncio.wait_for(adapter.listen(account, wire, Stored(1)), 1)
    assert ended.value.message
    assert await heard(adapter, account, wire, 1) == ["还在吗"]


@pytest.mark.parametrize("body", [{"ok": True, "result": {}}, {"ok": True, "result": 5}, {"ok": True}])
async def test_updates_that_make_no_sense_end_the_listening(body, adapter, account):
    with pytest.raises(Unavailable, match="no sense"):
        await adapter.listen(account, SayingWire(200, body), Stored(1))


async def test_a_bot_that_another_has_fetched_from_is_left_alone_for_a_while(adapter, simulator, account, wire):
    simulator.hook = {"url": "https://other.example/in"}
    with pytest.raises(Unavailable, match="webhook is active"):
        await adapter.listen(account, wire, Stored(1))


async def test_where_the_provider_calls_us_nothing_is_fetched(adapter, simulator, wire):
    before = len(simulator.asked)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(adapter.listen(simulator.account(), wire, Stored(1)), 0.02)
    assert len(simulator.asked) == before
