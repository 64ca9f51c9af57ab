"""Connecting tries what was entered, tells what is wrong with it, and can be repeated; strangers get nothing from the platform."""

from pathlib import Path

import msgspec
import pytest

from qiao.channels.line_oa.adapter import Adapter
from qiao.channels.line_oa.simulator import Simulator
from qiao.channels.registry import read_manifest
from qiao.ports.channel import Connected, NeedsReauth, Rejected, Retry, WireRequest
from qiao.ports.testing.simulating import Answered, Fault
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


async def test_line_is_told_our_address_and_the_admin_what_is_left():
    ended, simulator, calls = await connected(webhook_url="https://desk.example/in/abc")
    assert simulator.endpoint == "https://desk.example/in/abc"
    assert [one.rsplit("/", 1)[-1] for one in calls] == ["info", "endpoint"]
    assert set(ended.todo) == {"zh", "en"}


async def test_an_address_that_line_does_not_take_is_told():
    simulator = Simulator(MANIFEST)

    async def refusing(asked):
        return Answered(status=400, body=b'{"message": "Invalid webhook endpoint URL"}')

    simulator._set_endpoint = refusing
    ended = await Adapter(MANIFEST).connect(simulator.account(), MemoryWire(simulator))
    assert ended == Rejected("Invalid webhook endpoint URL")


@pytest.mark.parametrize("secrets", [{}, {"access_token": ""}, {"access_token": "another"}])
async def test_a_token_that_is_not_the_accounts_is_told(secrets):
    ended, simulator, _ = await connected(secrets=secrets)
    assert ended == NeedsReauth("the channel access token is not accepted")
    assert simulator.endpoint == ""


@pytest.mark.parametrize("path", ["/v2/bot/message/push", "/v2/bot/message/reply"])
async def test_the_platform_takes_nothing_from_strangers(path):
    simulator = Simulator(MANIFEST)
    simulator.reply_tokens["t"] = "U1"
    body = {"to": "U1", "replyToken": "t", "messages": [{"type": "text", "text": "x"}]}
    asked = WireRequest(url=f"http://platform.test/api{path}", headers={"authorization": "Bearer another"}, json=body)
    assert (await MemoryWire(simulator).request(asked)).status == 401
    assert simulator.phones == {}
