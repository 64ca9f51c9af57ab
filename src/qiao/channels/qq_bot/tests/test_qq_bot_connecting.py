"""Connecting tries what was entered, tells what is wrong with it, and can be repeated; strangers get nothing from the platform."""

from pathlib import Path

import msgspec
import pytest

from qiao.channels.qq_bot.adapter import Adapter
from qiao.channels.qq_bot.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.ports.channel import Connected, NeedsReauth, Rejected, Retry
from qiao.ports.testing.simulating import Fault
from qiao.ports.testing.wire import MemoryWire

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
ENDS = {
    Fault.RATE_LIMITED: Retry,
    Fault.SERVER_ERROR: Retry,
    Fault.NONSENSE: (Retry, Rejected),
    Fault.CUT: Retry,
    Fault.CREDENTIALS_REFUSED: (NeedsReauth, Rejected),  # past the token such a code is only a refusal
}


async def connected(at=None, fault=None, **changes):
    """How connecting ends when its call number `at` goes wrong."""
    simulator = Simulator(MANIFEST)
    wire, answer, calls = MemoryWire(simulator), simulator._answer, []

    async def breaking(asked):
        if len(calls) == at:
            simulator.go_wrong(fault)
        calls.append(asked.path)
        return await answer(asked)

    simulator._answer = breaking
    ended = await Adapter(MANIFEST).connect(msgspec.structs.replace(simulator.account(), **changes), wire)
    return ended, simulator, calls


@pytest.mark.parametrize("fault", ENDS)
@pytest.mark.parametrize("at", range(2))
async def test_whichever_call_goes_wrong_its_end_is_told(at, fault):
    ended, _, calls = await connected(at, fault)
    assert isinstance(ended, ENDS[fault]), ended
    assert len(calls) == at + 1


async def test_connecting_twice_is_connecting():
    simulator = Simulator(MANIFEST)
    wire, adapter = MemoryWire(simulator), Adapter(MANIFEST)
    first, second = [await adapter.connect(simulator.account(), wire) for _ in range(2)]
    assert isinstance(first, Connected)
    assert first == second


async def test_disconnecting_leaves_nothing_that_raises():
    simulator = Simulator(MANIFEST)
    assert await Adapter(MANIFEST).disconnect(simulator.account(), MemoryWire(simulator)) is None


@pytest.mark.parametrize("changes", [{"secrets": {}}, {"secrets": {"app_secret": "another"}}, {"settings": {"app_id": "1"}}])
async def test_credentials_that_are_not_the_bots_are_told(changes):
    ended, _, _ = await connected(**changes)
    assert ended == NeedsReauth("100016 simulated")


async def test_the_admin_is_told_what_is_left():
    ended, _, calls = await connected()
    assert [one.rsplit("/", 1)[-1] for one in calls] == ["getAppAccessToken", "@me"]
    assert all("8443" in text for text in ended.todo.values())
