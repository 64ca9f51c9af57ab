"""Followers of an Official Account by their union id: asked only where it can be compared, missed without harm."""

import pytest

from qiao.channels.registry import load_channel
from qiao.channels.wechat_oa.simulator import Simulator
from qiao.ports.channel import Proof, Retry, Sender
from qiao.ports.testing.simulating import said
from qiao.ports.testing.wire import MemoryWire

HER = Sender(address="oYutong1")


@pytest.fixture
def adapter():
    return load_channel("wechat_oa")


@pytest.fixture
def simulator(adapter):
    return Simulator(adapter.manifest)


@pytest.fixture
def wire(simulator):
    return MemoryWire(simulator)


async def test_a_follower_is_known_by_the_union_id(adapter, simulator, wire):
    await simulator.customer_writes(HER.address, "在吗")
    told = await adapter.introduce(HER, {}, simulator.account(), wire)
    assert told == Sender(address=HER.address, proofs=(Proof("union:lanting", f"union-{HER.address}"),))
    asked = wire.asked[-1]
    assert (asked.method, asked.query["openid"]) == ("GET", HER.address)


async def test_without_a_subject_nobody_is_asked(adapter, simulator, wire):
    await simulator.customer_writes(HER.address, "在吗")
    assert await adapter.introduce(HER, {}, simulator.account(settings={"app_id": "wx1"}), wire) is None
    assert wire.asked == []


async def test_who_does_not_follow_has_none(adapter, simulator, wire):
    await simulator.customer_writes(HER.address, "在吗")
    await simulator.customer_does(HER.address, "unsubscribe")
    assert await adapter.introduce(HER, {}, simulator.account(), wire) is None


@pytest.mark.parametrize("answer", [{"subscribe": 1, "openid": "o"}, {"errcode": 0}, {"unionid": ""}])
async def test_an_account_that_is_bound_to_nothing_tells_none(adapter, simulator, wire, monkeypatch, answer):
    monkeypatch.setattr(simulator, "follower", lambda _: said(answer))
    assert await adapter.introduce(HER, {}, simulator.account(), wire) is None


@pytest.mark.parametrize(("code", "again"), [(-1, True), (45009, True), (48001, False), (40003, False), (50002, False)])
async def test_a_refusal_is_taken_and_what_passes_is_asked_again(adapter, simulator, wire, monkeypatch, code, again):
    monkeypatch.setattr(simulator, "follower", lambda _: simulator.refusing(code))
    told = await adapter.introduce(HER, {}, simulator.account(), wire)
    assert isinstance(told, Retry) if again else told is None


async def test_a_stale_token_is_fetched_again(adapter, simulator, wire):
    await simulator.customer_writes(HER.address, "在吗")
    await adapter.introduce(HER, {}, simulator.account(), wire)
    simulator.valid = "another"
    assert (await adapter.introduce(HER, {}, simulator.account(), wire)).proofs


async def test_a_stranger_with_the_right_name_is_told_apart(adapter, simulator, wire):
    """The id is the platform's answer for this very openid, never a word of the message."""
    await simulator.customer_writes(HER.address, "unionid=union-somebody")
    told = await adapter.introduce(HER, {}, simulator.account(), wire)
    assert [one.value for one in told.proofs] == [f"union-{HER.address}"]
