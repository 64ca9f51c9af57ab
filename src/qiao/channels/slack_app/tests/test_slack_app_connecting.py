"""Connecting tries what was entered, tells what is wrong with it, and can be repeated; strangers get nothing from the platform."""

from pathlib import Path

import msgspec
import pytest

from qiao.channels.registry import read_manifest
from qiao.channels.slack_app.adapter import Adapter
from qiao.channels.slack_app.simulator import Simulator
from qiao.ports.channel import Connected, NeedsReauth, Rejected, Retry, WireRequest
from qiao.ports.testing.simulating import Fault
from qiao.ports.testing.wire import MemoryWire

MANIFEST = read_manifest(Path(__file__).parents[1] / "manifest.toml")
ENDS = {
    Fault.RATE_LIMITED: Retry,
    Fault.SERVER_ERROR: Retry,
    Fault.NONSENSE: (Retry, Rejected),
    Fault.CUT: Retry,
    Fault.CREDENTIALS_REFUSED: NeedsReauth,
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
@pytest.mark.parametrize("at", range(1))
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


@pytest.mark.parametrize("secrets", [{}, {"bot_token": ""}, {"bot_token": "xoxp-a-person"}])
async def test_a_token_that_is_not_the_bots_is_told(secrets):
    ended, _, _ = await connected(secrets=secrets)
    assert ended == NeedsReauth("invalid_auth")


async def test_the_admin_is_told_what_is_left():
    ended, _, calls = await connected()
    assert calls == ["/api/auth.test"]
    assert all("message.im" in text and "app_mention" in text for text in ended.todo.values())


@pytest.mark.parametrize("method", ["auth.test", "chat.postMessage", "chat.delete", "conversations.history"])
async def test_the_platform_takes_nothing_from_strangers(method):
    simulator = Simulator(MANIFEST)
    asked = WireRequest(
        url=f"http://platform.test/api/{method}", headers={"authorization": "Bearer another"}, json={"channel": "D1"}
    )
    answer = await MemoryWire(simulator).request(asked)
    assert msgspec.json.decode(answer.body) == {"ok": False, "error": "invalid_auth"}
    assert simulator.posted == []


async def test_a_file_is_not_shown_to_who_has_no_token():
    simulator = Simulator(MANIFEST)
    asked = WireRequest(method="GET", url="http://platform.test/files/files-pri/F000001")
    assert (await MemoryWire(simulator).request(asked)).status == 302
